-- Claim: a whole batch that a device can run at once, in the order of priority and fair virtual time, within the caps of owners.
--
-- The statements of the hot path stand in plpgsql functions, which keep their plans; a function in plain SQL that is not
-- inlined is planned anew at every call.

-- The first row of each lane that the worker serves, in the order to try them: by priority; within one priority the
-- models in memory first, unless another lane's head has waited longer than loading its model takes. p_aged: what has waited
-- for ten seconds behind more urgent work comes first, the longest wait before all.
--
-- The first row is looked for where the last claim began (`seen`), for under a transaction that is held open all that was claimed before
-- is still in the index. Once a second, and where nothing is found, from the watermark: what was committed behind is found there.
create or replace function queue.lane_heads(p_keys text[], p_resident text[], p_load_ms int, p_aged boolean)
returns table (batch_key text, priority smallint, vtime bigint, isolate boolean, seen bigint, is_due boolean)
language plpgsql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
begin
  return query
  select k.batch_key, p.priority, head.vtime, head.isolate, last.n, m.is_due
  from unnest(p_keys) k(batch_key)
  cross join (values (0::smallint), (1::smallint), (2::smallint)) p(priority)
  cross join lateral (
    select coalesce(w.previous, 0) as mark,
      coalesce(w.moved_at, '-infinity') < clock_timestamp() - interval '1 second' as is_due
    from (select) one left join queue.watermark w on w.batch_key = k.batch_key and w.priority = p.priority
  ) m
  left join lateral (
    select h.n, h.vtime from queue.head h where h.batch_key = k.batch_key and h.priority = p.priority order by h.n desc limit 1
  ) last on true
  cross join lateral (
    (select r.vtime, r.isolate, r.ready_at
      from queue.ready r
      where not m.is_due and r.batch_key = k.batch_key and r.priority = p.priority and r.vtime >= greatest(last.vtime, m.mark)
      order by r.vtime, r.job_id limit 1)
    union all
    -- Not begun where the first gives a row.
    (select r.vtime, r.isolate, r.ready_at
      from queue.ready r
      where r.batch_key = k.batch_key and r.priority = p.priority and r.vtime >= m.mark
      order by r.vtime, r.job_id limit 1)
    limit 1
  ) head
  where not exists (select from queue.pause x where x.batch_key = k.batch_key)
  order by
    case when p_aged and p.priority > 0 and head.ready_at < clock_timestamp() - interval '10 seconds' then head.ready_at end,
    p.priority,
    k.batch_key = any(p_resident) or head.ready_at < clock_timestamp() - make_interval(secs => p_load_ms / 1000.0) desc,
    head.ready_at;
end
$$;

-- Takes up to p_max_jobs rows of one lane whose cost fits the budget (the first always fits) and the room of their owners,
-- and leases them. A row that is to run alone is taken alone.
create or replace function queue.take(
  p_worker uuid, p_batch_key text, p_priority smallint, p_mark bigint, p_isolate boolean, p_max_jobs int, p_max_cost int,
  p_rooms queue.room[], p_full uuid[]
) returns setof queue.claimed
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
begin
  return query
  with candidate as materialized (
    select r.ctid as place, r.vtime, r.job_id, r.owner, r.cost
    from queue.ready r
    where r.batch_key = p_batch_key and r.priority = p_priority and r.vtime >= p_mark and r.isolate = p_isolate
      and r.owner <> all(p_full)
      -- It ends unbegun. As a value, which is looked up row by row.
      and (select s.start_before from queue.start_limit s where s.job_id = r.job_id) <= clock_timestamp() is not true
    order by r.vtime, r.job_id
    limit case when p_isolate then 1 else p_max_jobs end
    for update skip locked
  ), budgeted as (
    select c.*, sum(c.cost) over (order by c.vtime, c.job_id) as running_cost from candidate c
  ), fitting as (
    select b.place from budgeted b where (b.running_cost <= p_max_cost or b.running_cost = b.cost)
      and not exists (
        select from unnest(p_rooms) room where room.owner = b.owner and room.cost <= (
          select coalesce(sum(before.cost), 0) from budgeted before
          where before.owner = b.owner and (before.vtime, before.job_id) < (b.vtime, b.job_id)))
  ), taken as (
    -- By physical place: the rows are locked, so it cannot change, and no index is searched again.
    delete from queue.ready r
    where r.ctid = any(array(select f.place from fitting f))
    returning r.vtime, r.isolate, r.job_id, r.ready_at
  ), facts as materialized (
    select nextval('queue.token') as token, t.vtime, t.isolate, t.ready_at, j.*
    from taken t
    -- `offset 0` pins the order of the join: the few rows that were taken look up theirs, whatever the planner believes
    -- of a table that was empty when it was last analysed.
    cross join lateral (select * from queue.job j where j.id = t.job_id offset 0) j
  ), leased as (
    insert into queue.lease (job_id, token, worker_id, claimed_at, deadline_at, vtime, cost, priority, isolate,
      batch_key, owner)
    select f.id, f.token, p_worker, now.at, now.at + make_interval(secs => f.timeout_s), f.vtime,
      f.cost, f.priority, f.isolate, f.batch_key, f.owner
    from facts f, (select clock_timestamp() as at) now
  )
  select f.id, f.token, f.kind, f.batch_key, f.owner, f.priority, f.cost, f.isolate,
    1 + (select count(*) from queue.failure x where x.job_id = f.id)::int,
    f.args, f.batch_id, f.batch_index, f.trace, f.timeout_s * 1000, f.created_at, limit_of.start_in_ms,
    least(greatest(date_part('epoch', clock_timestamp() - f.ready_at) * 1000, 0), 2147483647)::int
  from facts f
  left join lateral (
    select least(greatest(date_part('epoch', s.start_before - clock_timestamp()) * 1000, 0), 2147483647)::int as start_in_ms
    from queue.start_limit s where s.job_id = f.id offset 0
  ) limit_of on true
  order by f.vtime, f.id;
end
$$;

-- Claims one batch for a live worker: jobs of one batch key and one priority. No row means nothing to do now.
--
-- Errors: KQ410 when the worker is not registered or its registration has expired; it must fence itself off.
create or replace function queue.claim(
  p_worker uuid, p_keys text[], p_resident text[], p_max_jobs int, p_max_cost int, p_load_ms int
) returns setof queue.claimed
language plpgsql as $$
declare
  lane record;
  rooms queue.room[];
  full_owners uuid[] := '{}';
begin
  perform from queue.worker w where w.id = p_worker and w.expires_at > clock_timestamp();
  if not found then
    raise exception 'worker % is not alive', p_worker using errcode = 'KQ410';
  end if;
  rooms := queue.rooms();
  if rooms is not null then
    full_owners := array(select room.owner from unnest(rooms) room where room.cost <= 0);
  end if;
  -- One claim in five is for those who would else wait for as long as anybody more urgent comes.
  for lane in select * from queue.lane_heads(p_keys, p_resident, p_load_ms, random() < 0.2) loop
    return query select * from queue.take(p_worker, lane.batch_key, lane.priority, lane.vtime, lane.isolate, p_max_jobs,
      p_max_cost, rooms, full_owners);
    if not found and cardinality(full_owners) > 0 then
      -- The head, which says whether to take one alone, may be of an owner without room.
      return query select * from queue.take(p_worker, lane.batch_key, lane.priority, lane.vtime, not lane.isolate, p_max_jobs,
        p_max_cost, rooms, full_owners);
    end if;
    if found then
      perform queue.advance_watermark(lane.batch_key, lane.priority, lane.vtime);
      perform queue.note_head(lane.batch_key, lane.priority, lane.vtime, lane.seen, lane.is_due);
      return;
    end if;
  end loop;
end
$$;

-- Moves the watermark of a lane up to the head that a claim found, at most once a second; nobody waits for it.
create or replace function queue.advance_watermark(p_batch_key text, p_priority smallint, p_vtime bigint) returns void
language plpgsql as $$
declare
  mark queue.watermark;
begin
  select * into mark from queue.watermark w where w.batch_key = p_batch_key and w.priority = p_priority;
  if not found then
    insert into queue.watermark (batch_key, priority, vtime, previous)
    values (p_batch_key, p_priority, p_vtime, 0) on conflict do nothing;
  elsif p_vtime > mark.vtime and mark.moved_at < clock_timestamp() - interval '1 second' then
    perform from queue.watermark w
    where w.batch_key = p_batch_key and w.priority = p_priority and w.moved_at = mark.moved_at
    for update skip locked;
    if found then
      update queue.watermark w
      set previous = w.vtime, vtime = p_vtime, moved_at = clock_timestamp()
      where w.batch_key = p_batch_key and w.priority = p_priority;
    end if;
  end if;
end
$$;

-- Notes where a claim began: every 20 ms, and when it has looked for what was committed behind. p_seen: the last note that it knew of;
-- one who knew less than another keeps silent, lest what that one found behind be passed over.
create or replace function queue.note_head(p_batch_key text, p_priority smallint, p_vtime bigint, p_seen bigint, p_is_due boolean)
returns void language plpgsql as $$
declare
  last queue.head;
begin
  select * into last from queue.head h where h.batch_key = p_batch_key and h.priority = p_priority order by h.n desc limit 1;
  if last.n is not distinct from p_seen and last.vtime is distinct from p_vtime
    and (p_is_due or last.at is null or last.at < clock_timestamp() - interval '20 milliseconds')
  then
    insert into queue.head (batch_key, priority, vtime) values (p_batch_key, p_priority, p_vtime);
  end if;
end
$$;

grant execute on function queue.lane_heads, queue.take, queue.claim, queue.advance_watermark, queue.note_head to kiskadee_worker;
