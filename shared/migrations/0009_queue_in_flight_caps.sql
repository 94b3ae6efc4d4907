-- How much of an owner's work may run at once, for owners that would otherwise fill the fleet with work whose turn it is.

create table queue.owner_cap (
  owner uuid primary key,
  -- The cost of all its leases together. Its jobs start while what runs costs less, so the last one may go beyond.
  in_flight bigint not null check (in_flight > 0)
);

grant select on queue.owner_cap to kiskadee_worker;

-- What a capped owner may still start, as a cost; none when it is 0 or less.
create type queue.room as (owner uuid, cost bigint);

-- Null while nobody is capped. Claims that ask go on one after the other until they commit, or two at once would both use the
-- same room; what ends meanwhile only adds to it.
create function queue.rooms() returns queue.room[]
language plpgsql as $$
begin
  if not exists (select from queue.owner_cap) then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('queue.owner_cap', 0));
  return array(
    select row(c.owner, c.in_flight - coalesce(used.cost, 0))::queue.room
    from queue.owner_cap c
    left join (select l.owner, sum(l.cost) as cost from queue.lease l group by l.owner) used using (owner)
  );
end
$$;

-- Sets how much of an owner may run at once; null lifts the cap.
create function queue.cap_owner(p_owner uuid, p_in_flight bigint) returns void
language plpgsql as $$
begin
  if p_in_flight is null then
    delete from queue.owner_cap c where c.owner = p_owner;
  else
    insert into queue.owner_cap (owner, in_flight) values (p_owner, p_in_flight)
    on conflict (owner) do update set in_flight = excluded.in_flight;
  end if;
end
$$;

drop function queue.take;

-- Takes up to p_max_jobs rows of one lane whose cost fits the budget (the first always fits) and the room of their owners,
-- and leases them. A row that is to run alone is taken alone.
create function queue.take(
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
    returning r.vtime, r.isolate, r.job_id
  ), facts as materialized (
    select nextval('queue.token') as token, t.vtime, t.isolate, j.*
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
    f.args, f.batch_id, f.batch_index, f.trace, f.timeout_s * 1000, f.created_at
  from facts f
  order by f.vtime, f.id;
end
$$;

-- As before, within the caps of owners.
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
  for lane in select * from queue.lane_heads(p_keys, p_resident, p_load_ms) loop
    return query select * from queue.take(p_worker, lane.batch_key, lane.priority, lane.mark, lane.isolate, p_max_jobs,
      p_max_cost, rooms, full_owners);
    if not found and cardinality(full_owners) > 0 then
      -- The head, which says whether to take one alone, may be of an owner without room.
      return query select * from queue.take(p_worker, lane.batch_key, lane.priority, lane.mark, not lane.isolate, p_max_jobs,
        p_max_cost, rooms, full_owners);
    end if;
    if found then
      perform queue.advance_watermark(lane.batch_key, lane.priority, lane.vtime);
      return;
    end if;
  end loop;
end
$$;

grant execute on function queue.rooms, queue.take to kiskadee_worker;
