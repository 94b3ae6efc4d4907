-- Jobs by the page, newest first, without the kinds that are the queue's own business.

create or replace function queue.hidden_kinds() returns text[]
language sql stable as $$
  select array(select k.kind from queue.kind k where k.hidden)
$$;

-- The conditions of a list on a table, by its alias and the name of its id. $1 is the owner; $2 and $3 are the ids from and
-- before which to look; $4 to $7 are of the filter: the kind, the jobs of the batch, and the times; $9 are the hidden kinds.
create or replace function queue.job_conditions(p_alias text, p_id text, p_owner uuid, p_filter queue.job_filter) returns text
language sql immutable as $$
  select replace(concat_ws(' and ', '@.' || p_id || ' >= $2', '@.' || p_id || ' < $3', '@.kind <> all($9)',
    case when p_owner is not null then '@.owner = $1' end,
    case when p_filter.kind is not null then '@.kind = $4' end,
    case when p_filter.batch_id is not null then '@.' || p_id || ' = any($5)' end,
    case when p_filter.created_after is not null then 'date_trunc(''milliseconds'', @.created_at) > $6' end,
    case when p_filter.created_before is not null then 'date_trunc(''milliseconds'', @.created_at) < $7' end), '@', p_alias)
$$;

-- The order of a list, newest first. Those of an owner by the form of the id that the index of owners knows.
create or replace function queue.job_order(p_owner uuid) returns text
language sql immutable as $$
  select case when p_owner is null then ' order by j.id desc'
    else ' and uuid_send(j.id) >= uuid_send($2) and uuid_send(j.id) < uuid_send($3) order by uuid_send(j.id) desc' end
$$;

-- Which tables a list looks at, as statements that give ids. A finished job lies in `done`, every other one in `job`.
create or replace function queue.job_sources(p_owner uuid, p_filter queue.job_filter) returns text[]
language sql immutable as $$
  select array_remove(array[
    case when p_filter.status is null or p_filter.status in ('queued', 'running', 'failed') then
      'select j.id from queue.job j where ' || queue.job_conditions('j', 'id', p_owner, p_filter)
      || case p_filter.status
        when 'running' then ' and exists (select from queue.lease l where l.job_id = j.id and l.begun_at is not null)'
        when 'failed' then ' and exists (select from queue.dead x where x.job_id = j.id and x.cause is null)'
        when 'queued' then ' and not exists (select from queue.lease l where l.job_id = j.id and l.begun_at is not null)'
          ' and not exists (select from queue.dead x where x.job_id = j.id)'
        else '' end || queue.job_order(p_owner) end,
    -- What ended because of another job lies among the dead, for a redrive of that one.
    case when p_filter.status = 'cancelled' then
      'select j.id from queue.job j where ' || queue.job_conditions('j', 'id', p_owner, p_filter)
      || ' and exists (select from queue.dead x where x.job_id = j.id and x.cause is not null)' || queue.job_order(p_owner) end,
    case when p_filter.status is null or p_filter.status in ('completed', 'cancelled', 'expired') then
      'select d.job_id as id from queue.done d where ' || queue.job_conditions('d', 'job_id', p_owner, p_filter)
      || case when p_filter.status is not null then format(' and d.outcome = %L', p_filter.status) else '' end || ' order by id desc' end
  ], null)
$$;

-- The ids of one page, newest first, of an owner or, without one, of everybody. Written for the filters that are given, so
-- that each is planned by the index that serves it.
create or replace function queue.page_of_jobs(p_owner uuid, p_before uuid, p_limit int, p_filter queue.job_filter) returns uuid[]
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
      string_agg(format('select s.id from (%s limit $8) s', source), ' union all '))
    from unnest(queue.job_sources(p_owner, p_filter)) source
  ) into page
  using p_owner, first_id, end_id, p_filter.kind, coalesce(of_batch, '{}'), p_filter.created_after,
    p_filter.created_before, p_limit, queue.hidden_kinds();
  return page;
end
$$;

-- The body of a page. Stable, so the jobs that pass the filter are shown as they were when they passed it.
create or replace function queue.job_page(p_owner uuid, p_before uuid, p_limit int, p_filter queue.job_filter) returns jsonb
language plpgsql stable as $$
declare
  ids uuid[] := queue.page_of_jobs(p_owner, p_before, p_limit + 1, p_filter);
  body jsonb;
begin
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(b.body order by b.job_id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('job', ids[p_limit]) end) into body
  from queue.job_bodies(array(select s from queue.job_states(ids[:p_limit]) s)) b;
  return body;
end
$$;

-- The caller's jobs, newest first; p_before is the last id of the page before. An admin sees everybody's.
create or replace function api.list_jobs(
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
  return api.ok(caller, 200, queue.job_page(
    case when caller.role <> 'admin' then caller.user_id end, p_before, p_limit,
    row(p_kind, p_status, p_batch, p_created_after, p_created_before)::queue.job_filter));
end
$$;

grant execute on function api.list_jobs to kiskadee_jobs;
