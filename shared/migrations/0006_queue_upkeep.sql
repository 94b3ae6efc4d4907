-- Workers' registrations, and the chores of the one worker that leads.

-- Registers a worker under a new id. An id is never used twice: a process that was fenced off comes back as another.
create function queue.register_worker(p_id uuid, p_info jsonb, p_ttl_ms int) returns void
language sql as $$
  insert into queue.worker (id, expires_at, name, host, version, slots, engines, devices)
  values (p_id, clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0),
    coalesce(p_info ->> 'name', ''), coalesce(p_info ->> 'host', ''), coalesce(p_info ->> 'version', ''),
    coalesce((p_info ->> 'slots')::int, 1), coalesce(p_info -> 'engines', '[]'), coalesce(p_info -> 'devices', '[]'))
$$;

-- Keeps the fleet's rate for each batch key from what one worker reports of itself.
create function queue.note_rates(p_rates jsonb) returns void
language sql as $$
  insert into queue.throughput as t (batch_key, cost_per_second)
  select r.key, r.value::double precision from jsonb_each_text(p_rates) r where r.value::double precision > 0
  order by r.key
  on conflict (batch_key) do update
    set cost_per_second = excluded.cost_per_second, measured_at = clock_timestamp()
    where t.measured_at < clock_timestamp() - interval '10 seconds'
$$;

-- Renews a worker's registration, and so all of its leases, in one statement; notes the progress of its jobs and answers
-- what it must know of them: `cancel` (somebody asked) or `lost` (the lease is another's now).
--
-- Errors: KQ410 when the registration has expired: the worker must drop everything and register anew.
create function queue.heartbeat(
  p_worker uuid, p_ttl_ms int, p_info jsonb, p_jobs uuid[], p_tokens bigint[], p_progress smallint[]
) returns table (job_id uuid, token bigint, verdict text)
language plpgsql as $$
begin
  update queue.worker w
  set expires_at = clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0),
    storage_ok = coalesce((p_info ->> 'storage_ok')::boolean, w.storage_ok),
    slots = coalesce((p_info ->> 'slots')::int, w.slots),
    resident = coalesce((select array_agg(r) from jsonb_array_elements_text(p_info -> 'resident') r), w.resident),
    devices = coalesce(p_info -> 'devices', w.devices),
    load = coalesce(p_info -> 'load', w.load),
    rates = coalesce(p_info -> 'rates', w.rates)
  where w.id = p_worker and w.expires_at > clock_timestamp();
  if not found then
    raise exception 'worker % is not alive', p_worker using errcode = 'KQ410';
  end if;
  perform queue.note_rates(coalesce(p_info -> 'rates', '{}'));
  update queue.lease l set progress = h.progress
  from unnest(p_jobs, p_tokens, p_progress) h(job_id, token, progress)
  where l.job_id = h.job_id and l.token = h.token and l.progress <> h.progress;
  return query
    select h.job_id, h.token, case when l.job_id is null then 'lost' else 'cancel' end
    from unnest(p_jobs, p_tokens) h(job_id, token)
    left join queue.lease l on l.job_id = h.job_id and l.token = h.token
    where l.job_id is null or l.cancel_requested;
end
$$;

-- Ends a registration. Leases that it still has are rescued at once.
create function queue.retire_worker(p_worker uuid) returns void
language sql as $$
  delete from queue.worker w where w.id = p_worker
$$;

-- Takes or keeps the lead for a while. Nobody leads for longer than it is registered, so the lead of a worker that stands still
-- is free no later than its leases. Answers 0 to who leads now, and to others in how many milliseconds the lead will be
-- free if it is not renewed: who asks then takes over at once. Those others only read. Works behind a transaction-mode
-- pooler.
create function queue.lead(p_worker uuid, p_ttl_ms int) returns int
language plpgsql as $$
declare
  lapses_at timestamptz;
begin
  select least(l.expires_at, w.expires_at) into lapses_at
  from queue.leader l join queue.worker w on w.id = l.worker_id
  where l.worker_id <> p_worker;
  if lapses_at > clock_timestamp() then
    return 1 + floor(date_part('epoch', lapses_at - clock_timestamp()) * 1000)::int;
  end if;
  insert into queue.leader as l (worker_id, expires_at)
  values (p_worker, clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0))
  on conflict (only_row) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < clock_timestamp()
      or not exists (select from queue.worker w where w.id = l.worker_id and w.expires_at > clock_timestamp());
  -- Not found: another was faster, and has it for as long.
  return case when found then 0 else p_ttl_ms end;
end
$$;

-- Brings jobs whose time has come to the front of their lanes; they have waited already. Returns how many.
create function queue.promote(p_limit int) returns int
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
create function queue.rescue(p_limit int) returns int
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
    null)::queue.ended) into ended
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
create function queue.lower_watermarks() returns void
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
create function queue.measure_depth() returns void
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
create function queue.rotate_partitions(p_retention_days int) returns void
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
  delete from queue.batch b where b.id < oldest;
end
$$;

select queue.rotate_partitions(30);
