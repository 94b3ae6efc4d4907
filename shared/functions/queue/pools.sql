-- Pools of workers: what each can do, what waits for it and is held by it, and how many workers that asks for.
--
-- A pool is what its workers call it; what it can do is what they told when they came. That is kept when the last of them has gone, so that
-- work for a pool of none still asks for one.

-- A worker of the pool claims from these lanes.
create or replace function queue.note_pool(p_pool text, p_lanes text[]) returns void
language sql as $$
  insert into queue.pool_lane as l (pool, batch_key) select p_pool, lane from unnest(p_lanes) lane group by lane order by lane
  on conflict (pool, batch_key) do update set seen_at = excluded.seen_at
$$;

-- What nobody of a pool has claimed from for a week, while others of the pool are alive, it can do no more.
create or replace function queue.forget_pool_lanes() returns void
language sql as $$
  delete from queue.pool_lane l
  where l.seen_at < clock_timestamp() - interval '7 days'
    and exists (select from queue.worker w where w.pool = l.pool and w.expires_at > clock_timestamp())
    and not exists (select from queue.worker w
      where w.pool = l.pool and w.expires_at > clock_timestamp() and l.batch_key = any(w.lanes))
$$;

-- The lanes of a pool. A pool of which no worker is known yet is taken to be for what no pool is known to do, or its first worker
-- would never be asked for.
create or replace function queue.lanes_of_pool(p_pool text) returns setof text
language plpgsql stable as $$
begin
  return query select l.batch_key from queue.pool_lane l where l.pool = p_pool;
  if not found and not exists (select from queue.worker w where w.pool = p_pool) then
    return query
      select k.batch_key from (select l.batch_key from queue.lane l union select d.batch_key from queue.depth d) k
      where not exists (select from queue.pool_lane l where l.batch_key = k.batch_key);
  end if;
end
$$;

-- What waits in a lane at one priority, from its first p_rows rows. Where there are more, each owner among them has as much again as lies
-- between the last of its rows here and its last of all, for stamps of an owner lie as far apart as its jobs cost, over its weight; who
-- is not among them is not counted.
create or replace function queue.count_lane(
  p_batch_key text, p_priority smallint, p_rows int, out jobs bigint, out cost bigint, out oldest_at timestamptz
) language plpgsql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  mark bigint := (select w.previous from queue.watermark w where w.batch_key = p_batch_key and w.priority = p_priority);
begin
  with head as materialized (
    select r.owner, r.vtime, r.cost, r.ready_at from queue.ready r
    where r.batch_key = p_batch_key and r.priority = p_priority and r.vtime >= coalesce(mark, 0)
    order by r.vtime, r.job_id limit p_rows
  ), whole as (
    select count(*) < p_rows as so from head h
  ), owned as (
    select h.owner, count(*) as jobs, sum(h.cost) as cost, min(h.vtime) as first, max(h.vtime) as last, min(h.ready_at) as oldest_at
    from head h group by h.owner
  ), counted as (
    select o.*, case when w.so then 0 else greatest(coalesce((
        select r.vtime from queue.ready r
        where r.owner = o.owner and hashtextextended(r.batch_key, r.priority) = hashtextextended(p_batch_key, p_priority)
          and r.vtime >= o.last
        order by r.vtime desc limit 1), o.last) - o.last, 0)
      -- One row alone tells no weight; 1 is the usual one.
      * case when o.last > o.first then (o.cost - o.cost / o.jobs) / (o.last - o.first) else 1 end end as further
    from owned o, whole w
  )
  select coalesce(sum(c.jobs + c.further * c.jobs / c.cost), 0)::bigint, coalesce(sum(c.cost + c.further), 0)::bigint, min(c.oldest_at)
  into jobs, cost, oldest_at from counted c;
end
$$;

-- The work of a pool by lane: what waits, due scheduled jobs that nobody has promoted among it, and what its workers hold; and the cost that
-- one of its workers does there in a second. The leader's count while it is fresh; a lane where that has nothing is looked at here, and
-- where nobody leads, all are. A paused lane asks for nobody. What the leases of a worker that has gone are worth, they are to the lane's pool.
create or replace function queue.pool_work(p_pool text)
returns table (batch_key text, waiting_jobs bigint, waiting_cost bigint, urgent_at timestamptz, held_jobs bigint, held_cost bigint,
  cost_per_second double precision)
language plpgsql stable
set jit = off
set plan_cache_mode = force_generic_plan as $$
declare
  served constant text[] := array(select queue.lanes_of_pool(p_pool));
  usual constant double precision := (select s.cost_per_second from queue.setting s);
begin
  return query
  with kept as materialized (
    select d.batch_key, d.priority, d.jobs, d.cost, d.oldest_at from queue.depth d
    where d.batch_key = any(served) and d.jobs > 0 and d.measured_at > clock_timestamp() - interval '10 seconds'
  ), counted as (
    select k.* from kept k
    union all
    select l.batch_key, p.priority, c.jobs, c.cost, c.oldest_at
    from unnest(served) l(batch_key)
    cross join (values (0::smallint), (1::smallint), (2::smallint)) p(priority)
    cross join lateral queue.count_lane(l.batch_key, p.priority, 200) c
    where not exists (select from kept k where k.batch_key = l.batch_key and k.priority = p.priority) and c.jobs > 0
    union all
    select d.batch_key, d.priority, 1, d.cost, d.run_at from queue.due_jobs(200) d where d.batch_key = any(served)
  ), waiting as (
    select c.batch_key, sum(c.jobs)::bigint as jobs, sum(c.cost)::bigint as cost,
      min(c.oldest_at) filter (where c.priority = 0) as urgent_at
    from counted c where not exists (select from queue.pause x where x.batch_key = c.batch_key) group by c.batch_key
  ), held as (
    select l.batch_key, count(*) as jobs, sum(l.cost)::bigint as cost
    from queue.lease l left join queue.worker w on w.id = l.worker_id
    where case when w.id is null then l.batch_key = any(served) else w.pool = p_pool end
    group by l.batch_key
  )
  select coalesce(w.batch_key, h.batch_key), coalesce(w.jobs, 0), coalesce(w.cost, 0), w.urgent_at, coalesce(h.jobs, 0), coalesce(h.cost, 0),
    coalesce(
      (select avg((o.rates ->> coalesce(w.batch_key, h.batch_key))::double precision) from queue.worker o
        where o.pool = p_pool and o.expires_at > clock_timestamp()
          and (o.rates ->> coalesce(w.batch_key, h.batch_key))::double precision > 0),
      (select t.cost_per_second from queue.throughput t
        where t.batch_key = coalesce(w.batch_key, h.batch_key) and t.cost_per_second > 0),
      usual)
  from waiting w full join held h on h.batch_key = w.batch_key;
end
$$;

-- The first scheduled jobs whose time has come, and who they are.
create or replace function queue.due_jobs(p_rows int)
returns table (batch_key text, priority smallint, cost bigint, run_at timestamptz)
language plpgsql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
begin
  return query
  select j.batch_key, j.priority, j.cost::bigint, d.run_at
  from (select l.run_at, l.job_id from queue.later l where l.run_at <= clock_timestamp() order by l.run_at limit p_rows) d
  cross join lateral (select * from queue.job j where j.id = d.job_id offset 0) j;
end
$$;

-- How many workers a pool should have so that its work is done within p_target_seconds, and why:
--   workers              the figure, never null
--   alive                workers of the pool whose heartbeat is current
--   waiting_*, held_*    jobs and cost that wait, and that its workers hold
--   cost_per_second      what one worker does, over all of that
--   interactive_seconds  the longest wait of interactive work; null where none waits
--   lanes                [{"queue", "waiting_jobs", "waiting_cost", "held_jobs", "held_cost", "cost_per_second"}]
-- One at least while anything waits or runs; no more than jobs, for a job is one worker's; and one more while interactive work has waited
-- for over 5 s.
create or replace function queue.scaling(
  p_pool text, p_target_seconds int default 60, out workers int, out alive int, out waiting_jobs bigint, out waiting_cost bigint,
  out held_jobs bigint, out held_cost bigint, out cost_per_second double precision, out interactive_seconds double precision, out lanes jsonb
) language plpgsql stable
security definer set search_path = pg_catalog, pg_temp as $$
declare
  pool constant text := coalesce(p_pool, 'default');
  target constant int := greatest(coalesce(p_target_seconds, 60), 1);
  seconds double precision;
begin
  select coalesce(sum(w.waiting_jobs), 0), coalesce(sum(w.waiting_cost), 0), coalesce(sum(w.held_jobs), 0), coalesce(sum(w.held_cost), 0),
    coalesce(sum((w.waiting_cost + w.held_cost) / w.cost_per_second), 0),
    case when min(w.urgent_at) is not null then greatest(extract(epoch from clock_timestamp() - min(w.urgent_at)), 0) end,
    coalesce(jsonb_agg(jsonb_build_object('queue', w.batch_key, 'waiting_jobs', w.waiting_jobs, 'waiting_cost', w.waiting_cost,
      'held_jobs', w.held_jobs, 'held_cost', w.held_cost, 'cost_per_second', w.cost_per_second) order by w.batch_key), '[]')
  into waiting_jobs, waiting_cost, held_jobs, held_cost, seconds, interactive_seconds, lanes
  from queue.pool_work(pool) w;
  cost_per_second := (waiting_cost + held_cost) / nullif(seconds, 0);
  alive := (select count(*) from queue.worker w where w.pool = coalesce(p_pool, 'default') and w.expires_at > clock_timestamp());
  workers := least(greatest(ceil(seconds / target), sign(waiting_jobs + held_jobs)), waiting_jobs + held_jobs, 1000000)
    + (interactive_seconds > 5 is true)::int;
end
$$;

-- The figure alone, as scalers ask for it.
create or replace function queue.wanted_workers(p_pool text, p_target_seconds int default 60) returns int
language plpgsql stable
security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (queue.scaling(p_pool, p_target_seconds)).workers;
end
$$;

grant execute on function queue.note_pool, queue.forget_pool_lanes to kiskadee_worker;

grant execute on function queue.scaling, queue.wanted_workers to kiskadee_scaler;
