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

-- Takes back the leases that no live worker holds, and those past their hard deadline, which one that has not begun has
-- none of. The anti-join is what makes it
-- safe: a registration that was pruned leaves its leases without a worker, not hidden. Returns how many.
create or replace function queue.rescue(p_limit int) returns int
language plpgsql as $$
declare
  ended queue.ended[];
  keys text[];
begin
  with orphan as (
    select l.job_id, w.id is null as crashed
    from queue.lease l
    left join queue.worker w on w.id = l.worker_id and w.expires_at > clock_timestamp()
    where w.id is null or l.begun_at is not null and l.deadline_at + interval '5 seconds' < clock_timestamp()
    limit p_limit
    for update of l skip locked
  ), lost as (
    delete from queue.lease l using orphan o where l.job_id = o.job_id returning l.*, o.crashed
  )
  select array_agg(row(l.job_id, l.token, l.worker_id, l.claimed_at, l.vtime, l.isolate,
      case when l.cancel_requested then 'cancelled' when l.crashed then 'crash' else 'timeout' end,
      null,
      case when l.crashed then 'the worker died while it ran this job' else 'the job ran past its deadline' end,
      null, null)::queue.ended),
    array_agg(l.batch_key)
  into ended, keys
  from lost l;
  if ended is not null then
    perform queue.conclude(ended);
    perform queue.count_attempts(keys, array(select e.outcome from unnest(ended) e));
    perform telemetry.count('queue_rescues_total', jsonb_build_object('reason', r.outcome), r.jobs)
    from (select e.outcome, count(*) as jobs from unnest(ended) e group by e.outcome order by e.outcome) r;
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

-- Forgets where claims began some time ago, but for the last ones.
create or replace function queue.forget_heads() returns void
language sql
set enable_seqscan = off as $$
  delete from queue.head h
  using (select l.batch_key, l.priority, max(l.n) as n from queue.head l group by 1, 2) last
  where h.batch_key = last.batch_key and h.priority = last.priority and h.n < last.n
    and h.at < clock_timestamp() - interval '10 seconds'
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

-- What ended before is forgotten.
create or replace function queue.horizon() returns timestamptz
language sql stable as $$
  select date_trunc('day', clock_timestamp(), 'UTC') - make_interval(days => s.retention_days) from queue.setting s
$$;

-- Makes the partitions of today and the next seven days, and drops whole days of finished jobs that are past retention. What
-- was accepted in those days and has ended within the retention is kept: it goes over to the default partition. With its
-- owner's rights, for it makes and drops tables; and it gives up soon
-- when somebody reads `done` for long, for whoever settles would wait behind it: so nothing else is done here.
create or replace function queue.rotate_partitions(p_retention_days int) returns void
language plpgsql
security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  today timestamptz := date_trunc('day', clock_timestamp(), 'UTC');
  horizon timestamptz := today - make_interval(days => p_retention_days);
  starts timestamptz;
  old record;
begin
  for starts in select generate_series(today, today + interval '7 days', interval '1 day') loop
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
      and to_date(right(c.relname, 8), 'YYYYMMDD') < horizon at time zone 'UTC'
  loop
    perform queue.drop_day(old.relname, horizon);
  end loop;
end
$$;

-- Drops a day of finished jobs but for those that ended after the horizon. All of it is read before the lock is taken that holds
-- up whoever settles; what came in between stands behind what was read, for nothing in a day is ever updated or deleted.
create or replace function queue.drop_day(p_day text, p_horizon timestamptz) returns void
language plpgsql as $$
declare
  late uuid[];
  seen tid;
begin
  execute format('select array_agg(job_id) filter (where finished_at >= %L), max(ctid) from queue.%I', p_horizon, p_day)
  into late, seen;
  execute format('alter table queue.done detach partition queue.%I', p_day);
  execute format('insert into queue.done select * from queue.%I where job_id = any($1)', p_day) using late;
  execute format('insert into queue.done select * from queue.%I where ctid > $1', p_day) using coalesce(seen, '(0,0)');
  execute format('drop table queue.%I', p_day);
end
$$;

-- Forgets up to p_limit rows of each kind of what ended before the retention: the dead, the chains of errors, batches, and
-- finished jobs whose day is gone. What waits is never forgotten, however long ago it was accepted. Returns the most that was
-- found of one kind: when it is p_limit, there is more.
create or replace function queue.forget(p_retention_days int, p_limit int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  horizon timestamptz := date_trunc('day', clock_timestamp(), 'UTC') - make_interval(days => p_retention_days);
  -- Nothing that was accepted later can have ended before: what the indexes by id are good for.
  oldest uuid := queue.uuid7_floor(horizon);
  found_rows int;
  most int;
  early record;
begin
  delete from queue.done_default d where d.job_id in (
    select o.job_id from queue.done_default o where o.job_id < oldest and o.finished_at < horizon limit p_limit);
  get diagnostics most = row_count;
  with old as (
    select d.job_id from queue.dead d where d.job_id < oldest and d.finished_at < horizon
    order by d.job_id limit p_limit for update skip locked
  ), forgotten as (
    delete from queue.dead d using old o where d.job_id = o.job_id returning d.job_id
  )
  delete from queue.job j using forgotten f where j.id = f.job_id;
  get diagnostics found_rows = row_count;
  most := greatest(most, found_rows);
  delete from queue.failure f where f.ctid = any(array(
    select o.ctid from queue.failure o
    where o.job_id < oldest and not exists (select from queue.job j where j.id = o.job_id) limit p_limit));
  get diagnostics found_rows = row_count;
  most := greatest(most, found_rows);
  -- One that is not over stays, for its closing job waits for it.
  delete from queue.batch b where b.id in (
    select o.id from queue.batch o join queue.batch_progress p on p.batch_id = o.id
    where o.id < oldest and p.pending = 0 and coalesce(p.finished_at, o.created_at) < horizon limit p_limit);
  get diagnostics found_rows = row_count;
  most := greatest(most, found_rows);
  perform queue.forget_pool_lanes();
  for early in select * from account.short_retentions(p_retention_days) loop
    most := greatest(most, queue.forget_early(early.owner, early.days, p_limit));
  end loop;
  return most;
end
$$;

grant execute on function queue.promote, queue.rescue, queue.lower_watermarks, queue.forget_heads, queue.measure_depth,
  queue.rotate_partitions, queue.forget to kiskadee_worker;
