-- Jobs of every kind and batches of every family belong to a component of their own, which lists them by filters.

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made it already.
do $$
begin
  create role kiskadee_jobs nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema api to kiskadee_jobs;
grant usage on type api.credentials, api.answer to kiskadee_jobs;

-- An owner's jobs of the kinds that are rare beside single texts, and those that were cancelled: without these a list of
-- them would read all that the owner ever had. Speaking, the bulk of all work, writes neither.
create index job_by_owner_and_rare_kind on queue.job (owner, kind, id) where kind not in ('speech', 'archive');
create index done_by_owner_and_rare_kind on queue.done (owner, kind, job_id) where kind not in ('speech', 'archive');
create index done_cancelled_by_owner on queue.done (owner, job_id) where outcome = 'cancelled';
-- Most batches complete; this finds the others.
create index batch_progress_by_rare_status on queue.batch_progress (status, batch_id) where status <> 'completed';

-- What a list of jobs is narrowed to; null is no filter. Times are compared in the milliseconds that `created_at` shows.
create type speech.job_filter as (
  kind text, status text, batch_id uuid, created_after timestamptz, created_before timestamptz
);

-- The conditions of a list on a table, by its alias and the name of its id. $1 is the owner; $2 and $3 are the ids from and
-- before which to look; the others are of the filter: the kind, the jobs of the batch, and the times.
create function speech.job_conditions(p_alias text, p_id text, p_owner uuid, p_filter speech.job_filter) returns text
language sql immutable as $$
  select replace(concat_ws(' and ', '@.' || p_id || ' >= $2', '@.' || p_id || ' < $3', '@.kind <> ''archive''',
    case when p_owner is not null then '@.owner = $1' end,
    case when p_filter.kind is not null then '@.kind = $4' end,
    case when p_filter.batch_id is not null then '@.' || p_id || ' = any($5)' end,
    case when p_filter.created_after is not null then 'date_trunc(''milliseconds'', @.created_at) > $6' end,
    case when p_filter.created_before is not null then 'date_trunc(''milliseconds'', @.created_at) < $7' end), '@', p_alias)
$$;

-- Which tables a list looks at, as statements that give ids. A finished job lies in `done`, every other one in `job`.
create function speech.job_sources(p_owner uuid, p_filter speech.job_filter) returns text[]
language sql immutable as $$
  select array_remove(array[
    case when p_filter.status is null or p_filter.status in ('queued', 'running', 'failed') then
      'select j.id from queue.job j where ' || speech.job_conditions('j', 'id', p_owner, p_filter)
      || case p_filter.status
        when 'running' then ' and exists (select from queue.lease l where l.job_id = j.id)'
        when 'failed' then ' and exists (select from queue.dead x where x.job_id = j.id)'
        when 'queued' then ' and not exists (select from queue.lease l where l.job_id = j.id)'
          ' and not exists (select from queue.dead x where x.job_id = j.id)'
        else '' end end,
    case when p_filter.status is null or p_filter.status in ('completed', 'cancelled') then
      'select d.job_id as id from queue.done d where ' || speech.job_conditions('d', 'job_id', p_owner, p_filter)
      || case when p_filter.status is not null then format(' and d.outcome = %L', p_filter.status) else '' end end
  ], null)
$$;

drop function api.list_jobs(api.credentials, int, uuid);
drop function speech.page_of_jobs(uuid, uuid, int);
drop function speech.page_of_all_jobs(uuid, int);

-- The ids of one page, newest first, of an owner or, without one, of everybody. Written for the filters that are given, so
-- that each is planned by the index that serves it.
create function speech.page_of_jobs(p_owner uuid, p_before uuid, p_limit int, p_filter speech.job_filter) returns uuid[]
language plpgsql stable
set enable_seqscan = off as $$
declare
  -- Ids begin with the time, a moment beside `created_at`: the days outside of the two times are not even looked at.
  slack constant interval := '1 minute';
  first_id uuid := queue.uuid7_floor(greatest(coalesce(p_filter.created_after, 'epoch') - slack, 'epoch'));
  end_id uuid := least(coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), case
    when p_filter.created_before is not null
      then queue.uuid7_floor(greatest(p_filter.created_before + slack, 'epoch')) end);
  of_batch uuid[] := (select b.job_ids from queue.batch b
    where b.id = p_filter.batch_id and (p_owner is null or b.owner = p_owner));
  page uuid[];
begin
  execute (
    select format('select array_agg(p.id order by p.id desc) from (%s order by id desc limit $8) p',
      string_agg(format('select s.id from (%s order by id desc limit $8) s', source), ' union all '))
    from unnest(speech.job_sources(p_owner, p_filter)) source
  ) into page
  using p_owner, first_id, end_id, p_filter.kind, coalesce(of_batch, '{}'), p_filter.created_after,
    p_filter.created_before, p_limit;
  return page;
end
$$;

-- The body of a page. Stable, so the jobs that pass the filter are shown as they were when they passed it.
create function speech.job_page(p_owner uuid, p_before uuid, p_limit int, p_filter speech.job_filter) returns jsonb
language plpgsql stable as $$
declare
  ids uuid[] := speech.page_of_jobs(p_owner, p_before, p_limit + 1, p_filter);
  body jsonb;
begin
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.job_body(s) order by s.job_id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('job', ids[p_limit]) end) into body
  from speech.job_states(ids[:p_limit]) s;
  return body;
end
$$;

-- The caller's jobs, newest first; p_before is the last id of the page before. An admin sees everybody's.
create function api.list_jobs(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_kind text default null, p_status text default null,
  p_batch uuid default null, p_created_after timestamptz default null, p_created_before timestamptz default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, speech.job_page(
    case when caller.role <> 'admin' then caller.user_id end, p_before, p_limit,
    row(p_kind, p_status, p_batch, p_created_after, p_created_before)::speech.job_filter));
end
$$;

-- A result without where its files lie: members named `key` or `…_key` are the fleet's own.
create function speech.public_result(p_result jsonb) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(p_result) m
  where m.key <> 'key' and m.key not like '%\_key'
$$;

-- As before; and what a job of any other kind made is shown as it is.
create or replace function speech.result_body(p_state speech.job_state) returns jsonb
language sql stable as $$
  select case
    when p_state.status <> 'completed' then null
    when p_state.kind = 'speech' then
      jsonb_build_object('audio_url', format('/api/v1/jobs/%s/audio', api.wire_id('job', p_state.job_id)))
        || (p_state.result - 'key' - 'timestamps_key')
        || case when p_state.result ? 'timestamps_key' then jsonb_build_object(
          'timestamps_url', format('/api/v1/jobs/%s/timestamps', api.wire_id('job', p_state.job_id)),
          'subtitles_url', format('/api/v1/jobs/%s/subtitles', api.wire_id('job', p_state.job_id))) else '{}' end
        || speech.licence_of_result(p_state.result)
    when p_state.kind = 'stream' then p_state.result || speech.licence_of_result(p_state.result)
    when jsonb_typeof(p_state.result) = 'object' then speech.public_result(p_state.result) end
$$;

-- The conditions of a list of batches by status. A batch whose first job runs is shown as processing before its counters
-- say so.
create function speech.batch_condition(p_status text) returns text
language sql immutable as $$
  select case p_status
    when 'queued' then 's.status = ''queued'' and not ' || runs
    when 'processing' then '(s.status = ''processing'' or s.status = ''queued'' and ' || runs || ')'
    else format('s.status = %L', p_status) end
  from (select 'exists (select from queue.lease l where l.job_id = any(b.job_ids))'::text as runs) condition
$$;

-- Some batches of an owner or, without one, of everybody, newest first.
create function speech.page_of_batches(p_owner uuid, p_before uuid, p_limit int, p_status text) returns uuid[]
language plpgsql stable
set enable_seqscan = off as $$
declare
  page uuid[];
begin
  execute format('select array_agg(p.id order by p.id desc) from (
      select b.id from queue.batch b join queue.batch_progress s on s.batch_id = b.id
      where %s order by b.id desc limit $3) p',
    concat_ws(' and ', 'b.id < $2', case when p_owner is not null then 'b.owner = $1' end,
      case when p_status is not null then speech.batch_condition(p_status) end))
  into page
  using p_owner, coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), p_limit;
  return page;
end
$$;

-- A batch in a list: its status answer without the items.
create function speech.batch_summary(p_batch queue.batch, p_progress queue.batch_progress) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'batch_id', api.wire_id('batch', p_batch.id), 'total_jobs', p_batch.total, 'completed', p_progress.completed,
    'failed', p_progress.failed, 'cancelled', p_progress.cancelled, 'pending', p_progress.pending,
    'progress', (p_batch.total - p_progress.pending) * 100 / p_batch.total,
    'status', case
      when p_progress.status = 'queued' and exists (select from queue.lease l where l.job_id = any(p_batch.job_ids))
        then 'processing' else p_progress.status end,
    'created_at', api.wire_time(p_batch.created_at), 'finished_at', api.wire_time(p_progress.finished_at))
$$;

create function speech.batch_page(p_owner uuid, p_before uuid, p_limit int, p_status text) returns jsonb
language plpgsql stable as $$
declare
  ids uuid[] := speech.page_of_batches(p_owner, p_before, p_limit + 1, p_status);
  body jsonb;
begin
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.batch_summary(b, s) order by b.id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('batch', ids[p_limit]) end) into body
  from queue.batch b join queue.batch_progress s on s.batch_id = b.id
  where b.id = any(ids[:p_limit]);
  return body;
end
$$;

-- The caller's batches, newest first; p_before is the last id of the page before. An admin sees everybody's.
create function api.list_batches(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_status text default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, speech.batch_page(
    case when caller.role <> 'admin' then caller.user_id end, p_before, p_limit, p_status));
end
$$;

revoke execute on function api.get_job, api.cancel_job, api.job_audio, api.job_events, api.job_timestamps,
  api.batch_status, api.batch_download, api.batch_cancel from kiskadee_speech;
grant execute on function api.list_jobs, api.get_job, api.cancel_job, api.job_audio, api.job_events, api.job_timestamps,
  api.list_batches, api.batch_status, api.batch_download, api.batch_cancel to kiskadee_jobs;
