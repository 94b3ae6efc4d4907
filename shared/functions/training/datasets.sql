-- Datasets over HTTP. One is named by its id or by its name; where older clients send a folder, its last part is the name.

create or replace function training.id_of(p_prefix text, p_text text) returns uuid
language sql immutable as $$
  select case when p_text ~ ('^' || p_prefix || '_[0-9a-f]{32}$') then right(p_text, 32)::uuid end
$$;

-- The caller's dataset of an id or a name; all null where there is none.
create or replace function training.own_dataset(p_caller api.caller, p_ref text) returns training.dataset
language sql stable as $$
  select d.* from training.dataset d, regexp_replace(rtrim(p_ref, '/'), '^.*/', '') as last
  where d.owner = p_caller.user_id and (d.name = last or d.id = training.id_of('dataset', last))
  order by d.name = last limit 1
$$;

create or replace function training.no_dataset(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such dataset.')
$$;

-- What a dataset is, with what lies in it.
create or replace function training.dataset_body(p_dataset training.dataset) returns jsonb
language sql stable as $$
  select jsonb_build_object('dataset_id', api.wire_id('dataset', p_dataset.id), 'name', p_dataset.name,
    'language', p_dataset.language, 'rights', p_dataset.rights, 'consent', p_dataset.consent - 'trace',
    'webhook_url', p_dataset.webhook_url,
    'step', case when p_dataset.step is not null then jsonb_build_object('name', p_dataset.step,
      'job_id', api.wire_id('job', p_dataset.step_job), 'status_url', '/api/v1/jobs/' || api.wire_id('job', p_dataset.step_job)) end,
    'last_step', p_dataset.last_step,
    'files', (select jsonb_build_object('total', count(*), 'ready', count(*) filter (where f.state = 'ready'),
        'pending', count(*) filter (where f.state = 'pending'), 'refused', count(*) filter (where f.state = 'refused'))
      from training.file f where f.dataset_id = p_dataset.id),
    'segments', (select jsonb_build_object('accepted', count(*) filter (where s.state = 'accepted'),
        'rejected', count(*) filter (where s.state = 'rejected'), 'pending', count(*) filter (where s.state = 'pending'))
      from training.segment s where s.dataset_id = p_dataset.id),
    'accepted_seconds', round(training.accepted_seconds(p_dataset.id)::numeric, 3),
    'created_at', api.wire_time(p_dataset.created_at), 'updated_at', api.wire_time(p_dataset.updated_at))
$$;

-- Speech that a run could learn from, in seconds.
create or replace function training.accepted_seconds(p_dataset uuid) returns double precision
language sql stable as $$
  select coalesce(sum(s.end_seconds - s.start_seconds), 0) from training.segment s
  where s.dataset_id = p_dataset and s.state = 'accepted'
$$;

-- What is wrong with the name of a dataset, or null. p_but: the one that has it already.
create or replace function training.name_fault(p_caller api.caller, p_name text, p_but uuid) returns jsonb
language sql stable as $$
  select api.fault('name', format('%s has this name already', api.wire_id('dataset', d.id)))
  from training.dataset d where d.owner = p_caller.user_id and d.name = p_name and d.id is distinct from p_but
$$;

create or replace function training.consent_of(p_statement text, p_trace text) returns jsonb
language sql stable as $$
  select case when p_statement is not null then jsonb_build_object('statement', p_statement,
    'given_at', api.wire_time(clock_timestamp()), 'trace', p_trace) end
$$;

-- Makes a dataset.
--
-- p_dataset: {"name", "language", "consent"?, "rights"?, "webhook_url"?}; p_malformed as everywhere.
create or replace function api.create_dataset(
  p_caller api.credentials, p_dataset jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text,
  p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  dataset training.dataset;
  fault jsonb;
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
  insert into training.dataset (id, owner, name, language, rights, consent, webhook_url)
  values (queue.uuid7(), caller.user_id, p_dataset ->> 'name', p_dataset ->> 'language', p_dataset ->> 'rights',
    training.consent_of(p_dataset ->> 'consent', p_trace), p_dataset ->> 'webhook_url')
  on conflict (owner, name) do nothing returning * into dataset;
  if dataset.id is null then
    fault := training.name_fault(caller, p_dataset ->> 'name', null);
    answer := api.problem(caller, 409, 'conflict', 'A dataset of yours has this name already.', jsonb_build_array(fault));
  else
    answer := api.ok(caller, 201, training.dataset_body(dataset));
  end if;
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The caller's datasets, newest first.
create or replace function api.list_datasets(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_datasets training.dataset[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  found_datasets := array(
    select d from training.dataset d
    where d.owner = caller.user_id and d.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by d.id desc limit p_limit + 1);
  select jsonb_build_object('items', coalesce(jsonb_agg(training.dataset_body(d) order by d.id desc), '[]'),
    'next_cursor', case when cardinality(found_datasets) > p_limit
      then api.wire_id('dataset', found_datasets[p_limit].id) end) into body
  from unnest(found_datasets[:p_limit]) d;
  return api.ok(caller, 200, body);
end
$$;

create or replace function api.get_dataset(p_caller api.credentials, p_dataset text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  dataset training.dataset;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  dataset := training.own_dataset(caller, p_dataset);
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  return api.ok(caller, 200, training.dataset_body(dataset));
end
$$;

-- Changes what is told of a dataset.
--
-- p_changes: {"name"?, "language"?, "consent"?, "rights"?, "webhook_url"?}; what is null stays.
create or replace function api.change_dataset(
  p_caller api.credentials, p_dataset text, p_changes jsonb, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  dataset training.dataset;
  fault jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  dataset := training.own_dataset(caller, p_dataset);
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  fault := training.name_fault(caller, p_changes ->> 'name', dataset.id);
  if fault is not null then
    return api.problem(caller, 409, 'conflict', 'Another dataset of yours has this name.', jsonb_build_array(fault));
  end if;
  update training.dataset d set name = coalesce(p_changes ->> 'name', d.name),
    language = coalesce(p_changes ->> 'language', d.language), rights = coalesce(p_changes ->> 'rights', d.rights),
    webhook_url = coalesce(p_changes ->> 'webhook_url', d.webhook_url),
    consent = coalesce(training.consent_of(p_changes ->> 'consent', p_trace), d.consent), updated_at = clock_timestamp()
  where d.id = dataset.id returning * into dataset;
  return api.ok(caller, 200, training.dataset_body(dataset));
exception when unique_violation then
  return api.problem(caller, 409, 'conflict', 'Another dataset of yours has this name.');
end
$$;

-- Deletes a dataset with its recordings. Where a step is under way or runs stand on it, p_cascade ends and deletes those, too.
create or replace function api.delete_dataset(p_caller api.credentials, p_dataset text, p_cascade boolean) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  dataset training.dataset;
  runs int;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  dataset := training.own_dataset(caller, p_dataset);
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  select count(*) into runs from training.run r where r.dataset_id = dataset.id;
  if not p_cascade and dataset.step is not null then
    return training.is_busy(caller, dataset);
  elsif not p_cascade and runs > 0 then
    return api.problem(caller, 409, 'in_use', format('%s stand on this dataset. With `cascade=true` they go with it, and what they left: '
      || 'checkpoints, and the voices that speak with them.', case runs when 1 then '1 run' else runs || ' runs' end));
  end if;
  perform training.forget_dataset(dataset);
  return api.ok(caller, 204, null);
end
$$;

-- Deletes a dataset, with all that was made of it.
create or replace function training.forget_dataset(p_dataset training.dataset) returns void
language plpgsql as $$
begin
  -- The jobs before the rows, as a settlement takes them.
  perform queue.cancel_job(p_dataset.owner, p_dataset.step_job);
  perform training.forget_exports(p_dataset);
  perform training.forget_runs_of(p_dataset.id);
  perform from training.dataset d where d.id = p_dataset.id for update;
  perform speech.forget_voices_of_dataset(p_dataset.id);
  perform storage.discard(array(
    select f.key from training.file f where f.dataset_id = p_dataset.id and f.key is not null
    union select s.key from training.segment s where s.dataset_id = p_dataset.id
    union select o.key from training.version_object o join training.version v on v.id = o.version_id
      where v.dataset_id = p_dataset.id
    union select k from training.step_note n, unnest(n.keys) k where n.job_id = p_dataset.step_job
    union select d.step_key from training.dataset d where d.id = p_dataset.id and d.step_key is not null));
  delete from training.dataset d where d.id = p_dataset.id;
end
$$;

grant execute on function api.create_dataset, api.list_datasets, api.get_dataset, api.change_dataset, api.delete_dataset
  to kiskadee_training;
