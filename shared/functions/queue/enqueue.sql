-- Enqueue: idempotent by unique key, admitted by the owner's backlog, stamped for fairness. Plain statements inside the
-- caller's transaction: no trigger, no notification.

-- Where the claims of a lane are.
create or replace function queue.lane_mark(p_batch_key text, p_priority smallint) returns bigint
language plpgsql stable as $$
begin
  return greatest(
    (select w.vtime from queue.watermark w where w.batch_key = p_batch_key and w.priority = p_priority),
    (select h.vtime from queue.head h where h.batch_key = p_batch_key and h.priority = p_priority order by h.n desc limit 1),
    0);
end
$$;

-- The virtual clock of a lane (a batch key at a priority), and the owner's last place in it.
create or replace function queue.lane_clock(
  p_owner uuid, p_batch_key text, p_priority smallint,
  out mark bigint, out last bigint
) language plpgsql stable as $$
begin
  mark := queue.lane_mark(p_batch_key, p_priority);
  select r.vtime into last
  from queue.ready r
  where r.owner = p_owner and hashtextextended(r.batch_key, r.priority) = hashtextextended(p_batch_key, p_priority) and r.vtime >= mark
  order by r.vtime desc
  limit 1;
  last := coalesce(last, mark);
end
$$;

-- Whether so many more jobs would pass the cap of the whole queue: by the leader's last count, or, where nobody leads (a fleet scaled
-- to nothing), counted here. A row takes 80 bytes at least, so while the table is small against the cap nothing need be counted.
create or replace function queue.is_full(p_jobs int) returns boolean
language plpgsql stable as $$
declare
  cap constant bigint := (select s.cap_jobs from queue.setting s);
  counted record;
begin
  select coalesce(sum(d.jobs), 0) as jobs, max(d.measured_at) as at into counted from queue.depth d;
  if counted.at > clock_timestamp() - interval '10 seconds' then
    return counted.jobs + p_jobs > cap;
  end if;
  return pg_relation_size('queue.ready') / 80 + p_jobs > cap
    and (select count(*) from (select from queue.ready limit cap) r) + p_jobs > cap;
end
$$;

-- Refuses what would pass a cap. An owner's queued cost is the distance from the clock to its last place, times its
-- weight, in each of its lanes: an index read for each, no counter to lock. A null cap admits
-- all: work that follows from admitted work (the archive of a batch) is never refused.
create or replace function queue.admit_cost(p_owner uuid, p_weight real, p_cap bigint, p_jobs queue.new_job[]) returns void
language plpgsql as $$
declare
  backlog double precision;
begin
  if p_cap is null then
    return;
  end if;
  if queue.is_full(cardinality(p_jobs)) then
    raise exception 'the queue is full' using errcode = 'KQ503';
  end if;
  -- In all lanes that it has had work in. No call for each of them: this is in the way of every enqueue.
  select coalesce(sum(coalesce((
      select r.vtime from queue.ready r
      where r.owner = p_owner and hashtextextended(r.batch_key, r.priority) = hashtextextended(lane.batch_key, lane.priority)
        and r.vtime >= clock.mark
      order by r.vtime desc limit 1), clock.mark) - clock.mark), 0) * p_weight
  into backlog
  from queue.owner_lane lane
  cross join lateral (select queue.lane_mark(lane.batch_key, lane.priority) as mark offset 0) clock
  where lane.owner = p_owner;
  -- And what waits behind a gate, which has no stamp yet.
  backlog := backlog + (select sum(j.cost) from unnest(p_jobs) j)
    + (select coalesce(sum(w.backlog), 0) from queue.waiting w where w.owner = p_owner);
  if backlog > p_cap then
    raise exception 'the owner has too much queued work' using errcode = 'KQ429';
  end if;
  if exists (
    select from unnest(p_jobs) j
    left join queue.owner_lane o on o.owner = p_owner and o.batch_key = j.batch_key and o.priority = j.priority
    where o.owner is null
  ) then
    insert into queue.owner_lane (owner, batch_key, priority)
    select distinct p_owner, j.batch_key, j.priority from unnest(p_jobs) j order by 2, 3 on conflict do nothing;
  end if;
end
$$;

-- Enqueues the jobs of one owner and returns their ids in the order given. A job whose unique key belongs to a live job
-- is not enqueued again: its place in the answer holds the id of that one.
--
-- Errors: KQ429 (the owner's cap), KQ503 (the queue's cap), KQ404 (a job to wait for is not there), KQ413 (more
-- than 10,000 of them); nothing is enqueued then. Without a cap (null) nothing is
-- refused: the queue's own work must get in when it is full, else what it holds could not end.
create or replace function queue.enqueue(p_owner uuid, p_weight real, p_cap bigint, p_jobs queue.new_job[]) returns uuid[]
language plpgsql as $$
declare
  -- A microsecond for each job: the ids of a call are in the order given, and a job takes longer than that to store, so a
  -- later call begins behind them.
  now_us bigint := queue.microseconds(clock_timestamp());
  ids uuid[];
  gated queue.gated[];
begin
  perform queue.admit_cost(p_owner, p_weight, p_cap, p_jobs);
  if exists (select from unnest(p_jobs) j where j.after <> '{}') then
    now_us := greatest(now_us, queue.begin_behind(p_owner, p_jobs));
  end if;
  with item as materialized (
    select queue.uuid7_of(now_us + j.place) as id, j.*
    from unnest(p_jobs) with ordinality as j(
      kind, batch_key, priority, cost, args, batch_id, batch_index, max_attempts, timeout_s, unique_key, webhook_url,
      trace, run_at, after, soft, start_before, place)
  ), named as (
    insert into queue.unique_job as u (owner, unique_key, job_id)
    select p_owner, i.unique_key, i.id from item i where i.unique_key is not null
    on conflict (owner, unique_key) do update set job_id = u.job_id
    returning u.unique_key, u.job_id
  ), fresh as (
    select i.*, i.after <> '{}' is true as gated
    from item i left join named n using (unique_key) where n.job_id is null or n.job_id = i.id
  -- Materialized: joined to each job, its clock would be read for each.
  ), lane as materialized (
    select l.batch_key, l.priority, greatest(clock.last, clock.mark) as start
    from (select distinct f.batch_key, f.priority from fresh f where not f.gated) l,
      queue.lane_clock(p_owner, l.batch_key, l.priority) clock
  ), stored as (
    insert into queue.job (id, owner, batch_id, cost, timeout_s, batch_index, priority, max_attempts, max_crashes,
      kind, batch_key, args, unique_key, webhook_url, trace, after, soft)
    select f.id, p_owner, f.batch_id, f.cost, coalesce(f.timeout_s, k.timeout_s, 600), f.batch_index, f.priority,
      coalesce(f.max_attempts, k.max_attempts, 5), 4, f.kind, f.batch_key, f.args, f.unique_key, f.webhook_url, f.trace,
      nullif(f.after, '{}'), case when f.gated then coalesce(f.soft, false) end
    from fresh f left join queue.kind k on k.kind = f.kind
  ), postponed as (
    insert into queue.later (run_at, job_id)
    select f.run_at, f.id from fresh f where f.run_at > statement_timestamp() and not f.gated
  ), queued as (
    insert into queue.ready (batch_key, priority, vtime, job_id, owner, cost)
    select f.batch_key, f.priority,
      l.start + ceil(sum(f.cost) over (partition by f.batch_key, f.priority order by f.place) / p_weight)::bigint,
      f.id, p_owner, f.cost
    from fresh f join lane l on l.batch_key = f.batch_key and l.priority = f.priority
    where (f.run_at is null or f.run_at <= statement_timestamp()) and not f.gated
  )
  select array_agg(coalesce(n.job_id, i.id) order by i.place), array_agg(
      row(i.id, i.run_at, p_weight, case when p_cap is null then 0 else i.cost end)::queue.gated
    ) filter (where i.after <> '{}' and coalesce(n.job_id, i.id) = i.id)
  into ids, gated
  from item i left join named n using (unique_key);
  if exists (select from unnest(p_jobs) j where j.start_before is not null) then
    perform queue.limit_starts(ids, p_jobs);
  end if;
  if gated is not null then
    perform queue.conclude_shut(queue.place_gated(gated));
  end if;
  return ids;
end
$$;

-- Seconds until work of these costs would be done: what waits before it (its priority and the more urgent ones), and
-- itself, at the rate that live workers measure now or had last. Null when a lane was never measured.
create or replace function queue.estimate(p_jobs queue.new_job[]) returns int
language sql stable as $$
  select case when bool_and(lane.rate > 0)
    then greatest(1, ceil(max((lane.cost + lane.waiting) / lane.rate))) end::int
  from (
    select wanted.cost,
      coalesce((select sum(d.cost) from queue.depth d
        where d.batch_key = wanted.batch_key and d.priority <= wanted.priority), 0) as waiting,
      coalesce(
        (select sum((w.rates ->> wanted.batch_key)::double precision) from queue.worker w
          where w.expires_at > clock_timestamp() and (w.rates ->> wanted.batch_key)::double precision > 0),
        (select t.cost_per_second from queue.throughput t where t.batch_key = wanted.batch_key)) as rate
    from (
      select j.batch_key, j.priority, sum(j.cost) as cost from unnest(p_jobs) j group by j.batch_key, j.priority
    ) wanted
  ) lane
$$;

-- The doorbell, rung after a commit: those who find another ringing skip, so notifiers never queue behind each other.
create or replace function queue.ring() returns void
language sql as $$
  select pg_notify('kiskadee_ready', '') where pg_try_advisory_xact_lock(hashtext('kiskadee_ready'))
$$;

grant execute on function queue.lane_mark, queue.lane_clock, queue.admit_cost, queue.enqueue, queue.ring
  to kiskadee_worker;
