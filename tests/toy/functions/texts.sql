-- Texts whose words are to be counted, over HTTP.

-- Takes a text in: a row of its own, and the job that counts.
--
-- p_request: {"text", "seconds"}, which are the job's arguments; p_malformed names what is wrong with its form.
create or replace function api.count_text(
  p_caller api.credentials, p_request jsonb, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  chars int := length(p_request ->> 'text');
  job uuid;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  job := (queue.enqueue(caller.user_id, caller.weight, caller.queue_cap, array[row(
    'toy', 'toy:count', 0, chars, p_request,
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1];
  insert into toy.text (job_id, owner, chars) values (job, caller.user_id, chars);
  return api.ok(caller, 202, jsonb_build_object('job_id', api.wire_id('job', job),
    'status_url', '/api/v1/jobs/' || api.wire_id('job', job),
    'text_url', '/api/v1/toy/texts/' || api.wire_id('job', job)));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(caller, sqlstate);
end
$$;

-- A text, which goes by the id of its job.
create or replace function api.get_text(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_text toy.text;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into found_text from toy.text t
  where t.job_id = p_job and (t.owner = caller.user_id or caller.role = 'admin');
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such text.');
  end if;
  return api.ok(caller, 200, jsonb_build_object('job_id', api.wire_id('job', found_text.job_id),
    'chars', found_text.chars, 'taken_at', api.wire_time(found_text.taken_at),
    'outcome', found_text.outcome, 'words', found_text.words, 'counted_at', api.wire_time(found_text.counted_at)));
end
$$;

grant execute on function api.count_text, api.get_text to kiskadee_toy;
