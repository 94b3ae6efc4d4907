-- The chores of the one worker that leads.

-- Brings jobs whose time has come to the front of their lanes; they have waited already. Returns how many.
create or replace function queue.promote(p_limit int) returns int
language sql
set enable_seqscan = off as $$
  with due as (
    delete from queue.later l
    where (l.run_at, l.job_id) in (
      select d.run_at, d.job_id from queue.later d where d.run_at <= clock_timestamp()
      order by d.run_at limit p_limit for update skip locked)
    returning l.job_id, l.isolate
  ), moved as (
    insert into queue.ready (batch_key, priority, vtime, job_id, owner, cost, isolate)
    select j.batch_key, j.priority, clock.mark, j.id, j.owner, j.cost, d.isolate
    from due d join queue.job j on j.id = d.job_id, queue.lane_clock(j.owner, j.batch_key, j.priority) clock
    returning 1
  )
  select count(*)::int from moved
$$;

-- Takes back the leases that no live worker holds, and those past their hard deadline. The anti-join is what makes it
-- safe: a registration that was pruned leaves its leases without a worker, not hidden. Returns how many.
create or replace function queue.rescue(p_limit int) returns int
language plpgsql as $$
declare
  ended queue.ended[];
begin
  with orphan as (
    select l.job_id, w.id is null as crashed
    from queue.lease l
    left join queue.worker w on w.id = l.worker_id and w.expires_at > clock_timestamp()
    where w.id is null or l.deadline_at + interval '5 seconds' < clock_timestamp()
    limit p_limit
    for update of l skip locked
  ), lost as (
    delete from queue.lease l using orphan o where l.job_id = o.job_id returning l.*, o.crashed
  )
  select array_agg(row(l.job_id, l.token, l.worker_id, l.claimed_at, l.vtime, l.isolate,
    case when l.cancel_requested then 'cancelled' when l.crashed then 'crash' else 'timeout' end,
    null,
    case when l.crashed then 'the worker died while it ran this job' else 'the job ran past its deadline' end,
    null, null)::queue.ended) into ended
  from lost l;
  if ended is not null then
    perform queue.conclude(ended);
  end if;
  delete from queue.worker w
  where w.expires_at < clock_timestamp() - interval '1 day'
    and not exists (select from queue.lease l where l.worker_id = w.id);
  return coalesce(cardinality(ended), 0);
end
$$;

-- Finds rows that were committed behind the watermark by a transaction held open for longer than two moves of it. A scan
-- of the whole index, so it is for the leader, every quarter of a minute.
create or replace function queue.lower_watermarks() returns void
language sql
set enable_seqscan = off as $$
  update queue.watermark w
  set vtime = least(w.vtime, first.vtime), previous = least(w.previous, first.vtime)
  from queue.watermark lane cross join lateral (
    select r.vtime from queue.ready r
    where r.batch_key = lane.batch_key and r.priority = lane.priority
    order by r.vtime, r.job_id limit 1
  ) first
  where w.batch_key = lane.batch_key and w.priority = lane.priority and first.vtime < w.previous
$$;

-- Counts the queue for admission, estimates and dashboards. A lane once seen stays, with zero, so that its gauge falls to
-- zero rather than vanish.
create or replace function queue.measure_depth() returns void
language sql as $$
  with counted as (
    select r.batch_key, r.priority, count(*) as jobs, sum(r.cost) as cost, min(r.ready_at) as oldest_at
    from queue.ready r group by 1, 2
  ), emptied as (
    update queue.depth d set jobs = 0, cost = 0, oldest_at = null, measured_at = clock_timestamp()
    where not exists (select from counted c where c.batch_key = d.batch_key and c.priority = d.priority)
  )
  insert into queue.depth (batch_key, priority, jobs, cost, oldest_at)
  select c.batch_key, c.priority, c.jobs, c.cost, c.oldest_at from counted c
  on conflict (batch_key, priority) do update
    set jobs = excluded.jobs, cost = excluded.cost, oldest_at = excluded.oldest_at, measured_at = clock_timestamp()
$$;

-- Makes the partitions of today and the next three days, and drops what is past retention: whole days of finished jobs,
-- and the dead and the batches of those days. With its owner's rights, for it makes and drops tables; and it gives up soon
-- when somebody reads `done` for long, for whoever settles would wait behind it.
create or replace function queue.rotate_partitions(p_retention_days int) returns void
language plpgsql
security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  today timestamptz := date_trunc('day', clock_timestamp(), 'UTC');
  oldest uuid := queue.uuid7_floor(today - make_interval(days => p_retention_days));
  starts timestamptz;
  old record;
begin
  for starts in select generate_series(today, today + interval '3 days', interval '1 day') loop
    begin
      execute format('create table if not exists queue.%I partition of queue.done for values from (%L) to (%L)',
        'done_' || to_char(starts at time zone 'UTC', 'YYYYMMDD'),
        queue.uuid7_floor(starts), queue.uuid7_floor(starts + interval '1 day'));
    exception when check_violation then
      null;  -- rows of that day went to the default partition while nobody led; they stay there
    end;
  end loop;
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'queue.done'::regclass and c.relname ~ '^done_\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < (today - make_interval(days => p_retention_days)) at time zone 'UTC'
  loop
    execute format('drop table queue.%I', old.relname);
  end loop;
  delete from queue.done_default d where d.job_id < oldest;
  with forgotten as (delete from queue.dead d where d.job_id < oldest returning d.job_id)
  delete from queue.job j using forgotten f where j.id = f.job_id;
  delete from queue.failure f where f.job_id < oldest and not exists (select from queue.job j where j.id = f.job_id);
  -- One that is not over stays, for its closing job waits for it.
  delete from queue.batch b using queue.batch_progress p where b.id < oldest and p.batch_id = b.id and p.pending = 0;
end
$$;

grant execute on function queue.promote, queue.rescue, queue.lower_watermarks, queue.measure_depth,
  queue.rotate_partitions to kiskadee_worker;
