-- Single speech and jobs of every kind over HTTP. Packing an archive is the batch's own business and is not shown as a job.

create function api.create_speech(
  p_caller api.credentials, p_item jsonb, p_webhook_url text, p_idempotency_key text, p_request_hash bytea,
  p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := speech.take_one(caller, p_item, p_webhook_url, p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create function speech.take_one(
  p_caller api.caller, p_item jsonb, p_webhook_url text, p_trace text, p_malformed jsonb
) returns api.answer
language plpgsql as $$
declare
  work record;
  refusal api.answer;
  seconds int;
  job_id text;
begin
  work := speech.plan(p_caller, jsonb_build_array(p_item), 0::smallint, p_webhook_url, p_trace);
  refusal := speech.refusal(p_caller, p_malformed, work.errors);
  if refusal.status is not null then
    return refusal;
  end if;
  seconds := speech.estimate(work.jobs);
  job_id := api.wire_id('job',
    (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, work.jobs))[1]);
  perform speech.count_created(work.jobs);
  return api.ok(p_caller, 202, jsonb_build_object(
    'job_id', job_id, 'status_url', '/api/v1/jobs/' || job_id, 'estimated_time', seconds));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return speech.not_admitted(p_caller, sqlstate);
end
$$;

-- Everything that is known of some jobs, whichever table each is in.
create type speech.job_state as (
  job_id uuid, owner uuid, kind text, status text, progress smallint, attempts int, created_at timestamptz,
  started_at timestamptz, finished_at timestamptz, error text, result jsonb, batch_id uuid
);

create function speech.job_states(p_jobs uuid[]) returns setof speech.job_state
language plpgsql stable
set enable_seqscan = off as $$
declare
  first_id uuid := (select id from unnest(p_jobs) id order by id limit 1);
  last_id uuid := (select id from unnest(p_jobs) id order by id desc limit 1);
begin
  return query
    select d.job_id, d.owner, d.kind, d.outcome, case d.outcome when 'completed' then 100 else 0 end::smallint, d.attempts,
      d.created_at, d.started_at, d.finished_at, null, d.result, d.batch_id
    from queue.done d where d.job_id = any(p_jobs) and d.job_id between first_id and last_id
    union all
    select j.id, j.owner, j.kind,
      case when x.job_id is not null then 'failed' when l.job_id is not null then 'running' else 'queued' end,
      coalesce(l.progress, 0::smallint), past.failures + (l.job_id is not null)::int, j.created_at,
      coalesce(l.claimed_at, x.started_at), x.finished_at, x.reason, null, j.batch_id
    from queue.job j
    left join queue.dead x on x.job_id = j.id
    left join queue.lease l on l.job_id = j.id
    cross join lateral (select count(*)::int as failures from queue.failure f where f.job_id = j.id) past
    where j.id = any(p_jobs);
end
$$;

-- What a finished speech job made, without where it lies.
create function speech.result_body(p_state speech.job_state) returns jsonb
language sql immutable as $$
  select case when p_state.kind = 'speech' and p_state.status = 'completed' then
    jsonb_build_object('audio_url', format('/api/v1/jobs/%s/audio', api.wire_id('job', p_state.job_id)))
      || (p_state.result - 'key') end
$$;

create function speech.job_body(p_state speech.job_state) returns jsonb
language sql stable as $$
  select jsonb_build_object(
      'job_id', api.wire_id('job', p_state.job_id), 'kind', p_state.kind, 'status', p_state.status,
      'progress', p_state.progress, 'attempts', p_state.attempts, 'created_at', api.wire_time(p_state.created_at),
      'started_at', api.wire_time(p_state.started_at), 'finished_at', api.wire_time(p_state.finished_at))
    || jsonb_strip_nulls(jsonb_build_object(
      'batch_id', api.wire_id('batch', p_state.batch_id),
      'error', case when p_state.status = 'failed' then
        jsonb_build_object('message', p_state.error, 'attempts', p_state.attempts) end,
      'result', speech.result_body(p_state)))
$$;

-- The job if the caller may see it.
create function speech.visible_job(p_caller api.caller, p_job uuid) returns speech.job_state
language sql stable as $$
  select s from speech.job_states(array[p_job]) s
  where (s.owner = p_caller.user_id or p_caller.role = 'admin') and s.kind <> 'archive'
$$;

create function speech.no_job(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such job, or it is older than finished work is kept.')
$$;

create function api.get_job(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state speech.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := speech.visible_job(caller, p_job);
  if state.job_id is null then
    return speech.no_job(caller);
  end if;
  return api.ok(caller, 200, speech.job_body(state));
end
$$;

-- The ids of one page, newest first. Live jobs and finished ones lie in two tables, each indexed by owner and id.
create function speech.page_of_jobs(p_owner uuid, p_before uuid, p_limit int) returns uuid[]
language sql stable
set enable_seqscan = off as $$
  select array_agg(page.id) from (
    (select j.id from queue.job j
      where j.owner = p_owner and j.id < p_before and j.kind <> 'archive' order by j.id desc limit p_limit)
    union all
    (select d.job_id from queue.done d
      where d.owner = p_owner and d.job_id < p_before and d.kind <> 'archive' order by d.job_id desc limit p_limit)
    order by id desc
    limit p_limit
  ) page
$$;

-- The same over all owners, for admins.
create function speech.page_of_all_jobs(p_before uuid, p_limit int) returns uuid[]
language sql stable
set enable_seqscan = off as $$
  select array_agg(page.id) from (
    (select j.id from queue.job j where j.id < p_before and j.kind <> 'archive' order by j.id desc limit p_limit)
    union all
    (select d.job_id from queue.done d
      where d.job_id < p_before and d.kind <> 'archive' order by d.job_id desc limit p_limit)
    order by id desc
    limit p_limit
  ) page
$$;

-- The caller's jobs, newest first; p_before is the last id of the page before. An admin sees everybody's.
create function api.list_jobs(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ids uuid[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  ids := case when caller.role = 'admin' then speech.page_of_all_jobs(before, p_limit + 1)
    else speech.page_of_jobs(caller.user_id, before, p_limit + 1) end;
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.job_body(s) order by s.job_id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('job', ids[p_limit]) end) into body
  from speech.job_states(ids[:p_limit]) s;
  return api.ok(caller, 200, body);
end
$$;

-- A job that runs is asked to stop and ends soon after; the answer is the job as it is now.
create function api.cancel_job(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  state speech.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := speech.visible_job(caller, p_job);
  if state.job_id is null then
    return speech.no_job(caller);
  end if;
  perform queue.cancel_job(state.owner, p_job);
  state := speech.visible_job(caller, p_job);
  if state.status in ('completed', 'failed') then
    return api.problem(caller, 409, 'conflict', format('The job has %s already.', state.status));
  end if;
  return api.ok(caller, 200, speech.job_body(state));
end
$$;

-- Where the audio lies: {"key", "content_type", "filename"}, for the edge; it streams the bytes.
create function api.job_audio(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state speech.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := speech.visible_job(caller, p_job);
  if state.job_id is null then
    return speech.no_job(caller);
  elsif state.kind = 'speech' and state.status = 'completed' then
    return api.ok(caller, 200, jsonb_build_object(
      'key', state.result ->> 'key', 'content_type', state.result ->> 'content_type',
      'filename', api.wire_id('job', p_job) || '.' || substring(state.result ->> 'key' from '[^.]+$')));
  elsif state.status in ('queued', 'running') then
    return api.problem(caller, 409, 'conflict', format('The audio is not there yet: the job is %s.', state.status), null, 1);
  end if;
  return api.problem(caller, 409, 'conflict', format('The job has no audio: it is %s.', state.status));
end
$$;

-- What an event stream needs at each look: the job, and the failures of attempts after a token that was already told.
-- A stream is one request however often it looks, so only the first look (not p_again) counts against the rate.
create function api.job_events(
  p_caller api.credentials, p_job uuid, p_after_token bigint default 0, p_again boolean default false
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := case when p_again then api.identify(p_caller) else api.admit(p_caller, 'read') end;
  state speech.job_state;
  failures jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := speech.visible_job(caller, p_job);
  if state.job_id is null then
    return speech.no_job(caller);
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'token', f.token, 'at', api.wire_time(f.at), 'kind', f.kind, 'message', f.message) order by f.token), '[]')
  into failures
  from queue.failure f where f.job_id = p_job and f.token > p_after_token;
  return api.ok(caller, 200, jsonb_build_object('job', speech.job_body(state), 'failures', failures));
end
$$;

grant execute on function api.create_speech, api.get_job, api.list_jobs, api.cancel_job, api.job_audio, api.job_events
  to kiskadee_speech;
