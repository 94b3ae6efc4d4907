-- Batches by the page, newest first.

-- The conditions of a list of batches by status. A batch whose first job runs is shown as processing before its counters
-- say so.
create or replace function queue.batch_condition(p_status text) returns text
language sql immutable as $$
  select case p_status
    when 'queued' then 's.status = ''queued'' and not ' || runs
    when 'processing' then '(s.status = ''processing'' or s.status = ''queued'' and ' || runs || ')'
    else format('s.status = %L', p_status) end
  from (select 'exists (select from queue.lease l where l.job_id = any(b.job_ids) and l.begun_at is not null)'::text as runs) condition
$$;

-- Some batches of an owner or, without one, of everybody, newest first.
create or replace function queue.page_of_batches(
  p_owner uuid, p_before uuid, p_limit int, p_status text, p_created_after timestamptz, p_created_before timestamptz
) returns uuid[]
language plpgsql stable
set enable_seqscan = off as $$
declare
  -- Ids begin with the time, a moment beside `created_at`.
  slack constant interval := '1 minute';
  first_id uuid := queue.uuid7_floor(greatest(coalesce(p_created_after, 'epoch') - slack, 'epoch'));
  end_id uuid := least(coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), case
    when p_created_before is not null then queue.uuid7_floor(greatest(p_created_before + slack, 'epoch')) end);
  page uuid[];
begin
  execute format('select array_agg(p.id order by p.id desc) from (
      select b.id from queue.batch b join queue.batch_progress s on s.batch_id = b.id
      where %s order by b.id desc limit $3) p',
    concat_ws(' and ', 'b.id < $2', 'b.id >= $4',
      case when p_created_after is not null then 'date_trunc(''milliseconds'', b.created_at) > $5' end,
      case when p_created_before is not null then 'date_trunc(''milliseconds'', b.created_at) < $6' end,
      case when p_owner is not null then 'b.owner = $1' end,
      case when p_status is not null then queue.batch_condition(p_status) end))
  into page
  using p_owner, end_id, p_limit, first_id, p_created_after, p_created_before;
  return page;
end
$$;

-- A batch in a list: its status answer without the items.
create or replace function queue.batch_summary(p_batch queue.batch, p_progress queue.batch_progress) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'batch_id', api.wire_id('batch', p_batch.id), 'total_jobs', p_batch.total, 'completed', p_progress.completed,
    'failed', p_progress.failed, 'cancelled', p_progress.cancelled, 'expired', p_progress.expired, 'pending', p_progress.pending,
    'progress', (p_batch.total - p_progress.pending) * 100 / p_batch.total,
    'status', case
      when p_progress.status = 'queued'
        and exists (select from queue.lease l where l.job_id = any(p_batch.job_ids) and l.begun_at is not null)
        then 'processing' else p_progress.status end,
    'created_at', api.wire_time(p_batch.created_at), 'finished_at', api.wire_time(p_progress.finished_at))
$$;

create or replace function queue.batch_page(
  p_owner uuid, p_before uuid, p_limit int, p_status text, p_created_after timestamptz, p_created_before timestamptz
) returns jsonb
language plpgsql stable as $$
declare
  ids uuid[] := queue.page_of_batches(p_owner, p_before, p_limit + 1, p_status, p_created_after, p_created_before);
  body jsonb;
begin
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(queue.batch_summary(b, s) order by b.id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('batch', ids[p_limit]) end) into body
  from queue.batch b join queue.batch_progress s on s.batch_id = b.id
  where b.id = any(ids[:p_limit]);
  return body;
end
$$;

-- The caller's batches, newest first; p_before is the last id of the page before. An admin sees everybody's.
create or replace function api.find_batches(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_status text default null,
  p_created_after timestamptz default null, p_created_before timestamptz default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, queue.batch_page(
    case when caller.role <> 'admin' then caller.user_id end, p_before, p_limit, p_status, p_created_after, p_created_before));
end
$$;

-- The same for edges of the release before, which know no times.
create or replace function api.list_batches(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_status text default null
) returns api.answer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select f.* from api.find_batches(p_caller, p_limit, p_before, p_status, null, null) f
$$;

grant execute on function api.find_batches, api.list_batches to kiskadee_jobs;
-- Its path is also the one to which speech takes in batches.
grant execute on function api.find_batches to kiskadee_speech;
