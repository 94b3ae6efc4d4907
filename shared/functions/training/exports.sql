-- A dataset as other programs read it: the accepted segments with their words, in a ZIP that a job packs.

-- Begins to pack.
--
-- p_form: {"dataset", "format"}; p_malformed as everywhere.
create or replace function api.export_dataset(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text,
  p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := training.begin_export(caller, p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function training.begin_export(p_caller api.caller, p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  dataset training.dataset := training.own_dataset(p_caller, p_form ->> 'dataset');
  answer api.answer := storage.refusal(p_caller);
  clips jsonb;
begin
  if dataset.id is null then
    return training.no_dataset(p_caller);
  elsif answer.status is not null then
    return answer;
  end if;
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', s.key, 'text', s.text, 'speaker', f.speaker)) order by s.id) into clips
  from training.segment s join training.file f on f.id = s.file_id where s.dataset_id = dataset.id and s.state = 'accepted';
  if clips is null then
    return api.problem(p_caller, 422, 'no_segments', 'No segment with words is accepted, so there is nothing to export.');
  end if;
  return api.ok(p_caller, 202, training.step_body(dataset, training.enqueue(p_caller, 'dataset_export',
    100 + jsonb_array_length(clips), jsonb_build_object('dataset_id', api.wire_id('dataset', dataset.id),
      'language', dataset.language, 'format', p_form ->> 'format', 'clips', clips), p_trace)));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Gives up what was packed of a dataset, and what is being packed.
create or replace function training.forget_exports(p_dataset training.dataset) returns void
language plpgsql as $$
declare
  name text := api.wire_id('dataset', p_dataset.id);
begin
  perform queue.cancel_job(p_dataset.owner, j.id) from queue.job j
  where j.owner = p_dataset.owner and j.kind = 'dataset_export' and j.args ->> 'dataset_id' = name;
  perform queue.erase_done(array(select d.job_id from queue.done d
    where d.owner = p_dataset.owner and d.kind = 'dataset_export' and d.result ->> 'dataset_id' = name));
end
$$;

-- Where the ZIP lies that a job packed.
create or replace function api.dataset_export(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state queue.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null or state.kind <> 'dataset_export' then
    return queue.no_job(caller);
  elsif state.status <> 'completed' then
    return api.problem(caller, 409, 'conflict', format('The ZIP is not there: the job is %s.', state.status), null,
      case when state.status in ('queued', 'running') then 1 end);
  end if;
  return api.ok(caller, 200, jsonb_build_object('key', state.result ->> 'key', 'content_type', 'application/zip',
    'filename', 'dataset.zip'));
end
$$;

grant execute on function api.export_dataset, api.dataset_export to kiskadee_training;
