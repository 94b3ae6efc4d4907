-- Jobs of every kind over HTTP, but for the kinds that are the queue's own business.

-- Everything that is known of some jobs, whichever table each is in.
create or replace function queue.job_states(p_jobs uuid[]) returns setof queue.job_state
language plpgsql stable
set enable_seqscan = off as $$
declare
  first_id uuid := (select id from unnest(p_jobs) id order by id limit 1);
  last_id uuid := (select id from unnest(p_jobs) id order by id desc limit 1);
begin
  return query
    select d.job_id, d.owner, d.kind, d.outcome, case d.outcome when 'completed' then 100 else 0 end::smallint, d.attempts,
      d.created_at, d.started_at, d.finished_at, d.reason, d.result, d.batch_id, null
    from queue.done d where d.job_id = any(p_jobs) and d.job_id between first_id and last_id
    union all
    select j.id, j.owner, j.kind,
      case when x.cause is not null then 'cancelled' when x.job_id is not null then 'failed'
        when l.begun_at is not null then 'running' else 'queued' end,
      coalesce(l.progress, 0::smallint), past.failures + (l.begun_at is not null)::int, j.created_at,
      coalesce(l.begun_at, x.started_at), x.finished_at, x.reason, null, j.batch_id, l.detail
    from queue.job j
    left join queue.dead x on x.job_id = j.id
    left join queue.lease l on l.job_id = j.id
    cross join lateral (select count(*)::int as failures from queue.failure f where f.job_id = j.id) past
    where j.id = any(p_jobs);
end
$$;

-- Jobs as they look outside.
create or replace function queue.job_bodies(p_states queue.job_state[]) returns table (job_id uuid, body jsonb)
language sql stable as $$
  select s.job_id, jsonb_build_object(
      'job_id', api.wire_id('job', s.job_id), 'kind', s.kind, 'status', s.status,
      'progress', s.progress, 'attempts', s.attempts, 'created_at', api.wire_time(s.created_at),
      'started_at', api.wire_time(s.started_at), 'finished_at', api.wire_time(s.finished_at))
    || jsonb_strip_nulls(jsonb_build_object(
      'batch_id', api.wire_id('batch', s.batch_id),
      'stage', s.detail -> 'stage', 'detail', s.detail -> 'detail',
      'error', case when s.error is not null then jsonb_build_object('message', s.error, 'attempts', s.attempts) end,
      'result', case when k.links <> '{}' then queue.links(k.links, s.job_id) || r.result else r.result end))
  from unnest(p_states) s
  left join queue.kind k on k.kind = s.kind
  left join queue.result_bodies(p_states) r on r.job_id = s.job_id
$$;

create or replace function queue.job_body(p_state queue.job_state) returns jsonb
language sql stable as $$
  select b.body from queue.job_bodies(array[p_state]) b
$$;

-- The job if the caller may see it.
create or replace function queue.visible_job(p_caller api.caller, p_job uuid) returns queue.job_state
language sql stable as $$
  select s from queue.job_states(array[p_job]) s
  where (s.owner = p_caller.user_id or p_caller.role = 'admin')
    and not exists (select from queue.kind k where k.kind = s.kind and k.hidden)
$$;

create or replace function queue.no_job(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such job, or it is older than finished work is kept.')
$$;

create or replace function api.get_job(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state queue.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null then
    return queue.no_job(caller);
  end if;
  return api.ok(caller, 200, queue.job_body(state));
end
$$;

-- A job that runs is asked to stop and ends soon after; the answer is the job as it is now.
create or replace function api.cancel_job(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  state queue.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null then
    return queue.no_job(caller);
  end if;
  perform queue.cancel_job(state.owner, p_job);
  state := queue.visible_job(caller, p_job);
  if state.status in ('completed', 'failed', 'expired') then
    return api.problem(caller, 409, 'conflict', format('The job has %s already.', state.status));
  end if;
  return api.ok(caller, 200, queue.job_body(state));
end
$$;

-- What an event stream needs at each look: the job, and the failures of attempts after a token that was already told.
-- A stream is one request however often it looks, so only the first look (not p_again) counts against the rate.
create or replace function api.job_events(
  p_caller api.credentials, p_job uuid, p_after_token bigint default 0, p_again boolean default false
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := case when p_again then api.identify(p_caller) else api.admit(p_caller, 'read') end;
  state queue.job_state;
  failures jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null then
    return queue.no_job(caller);
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'token', f.token, 'at', api.wire_time(f.at), 'kind', f.kind, 'message', f.message) order by f.token), '[]')
  into failures
  from queue.failure f where f.job_id = p_job and f.token > p_after_token;
  return api.ok(caller, 200, jsonb_build_object('job', queue.job_body(state), 'failures', failures));
end
$$;

-- For each of the jobs, in the order given, a number that changes whenever api.job_events would tell something else: for those
-- who watch many and look only where it did. It says nothing of a job to whoever made its id up.
create or replace function api.job_marks(p_jobs jsonb) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select jsonb_agg(hashtextextended(concat_ws('/', d.job_id, x.job_id, l.token, l.begun_at, l.progress, l.detail,
      l.cancel_requested, f.token), 0) order by i.place)::text
    from jsonb_array_elements_text(p_jobs) with ordinality i(job, place)
    left join lateral (select o.job_id from queue.done o where o.job_id = i.job::uuid) d on true
    left join lateral (select o.job_id from queue.dead o where o.job_id = i.job::uuid) x on true
    left join lateral (select o.* from queue.lease o where o.job_id = i.job::uuid) l on true
    left join lateral (select max(o.token) as token from queue.failure o where o.job_id = i.job::uuid) f on true);
end
$$;

grant execute on function api.job_marks, api.get_job, api.cancel_job, api.job_events to kiskadee_jobs;
