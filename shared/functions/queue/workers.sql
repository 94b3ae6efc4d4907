-- Workers' registrations, and who leads.

-- Registers a worker under a new id. An id is never used twice: a process that was fenced off comes back as another.
create or replace function queue.register_worker(p_id uuid, p_info jsonb, p_ttl_ms int) returns void
language plpgsql as $$
declare
  pool constant text := coalesce(p_info ->> 'pool', 'default');
  lanes constant text[] := array(select lane from jsonb_array_elements_text(coalesce(p_info -> 'lanes', '[]')) lane);
begin
  insert into queue.worker (id, expires_at, name, host, version, slots, engines, devices, pool, lanes)
  values (p_id, clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0),
    coalesce(p_info ->> 'name', ''), coalesce(p_info ->> 'host', ''), coalesce(p_info ->> 'version', ''),
    coalesce((p_info ->> 'slots')::int, 1), coalesce(p_info -> 'engines', '[]'), coalesce(p_info -> 'devices', '[]'), pool, lanes);
  perform queue.note_pool(pool, lanes);
end
$$;

-- Keeps the fleet's rate for each batch key from what one worker reports of itself.
create or replace function queue.note_rates(p_rates jsonb) returns void
language sql as $$
  insert into queue.throughput as t (batch_key, cost_per_second)
  select r.key, r.value::double precision from jsonb_each_text(p_rates) r where r.value::double precision > 0
  order by r.key
  on conflict (batch_key) do update
    set cost_per_second = excluded.cost_per_second, measured_at = clock_timestamp()
    where t.measured_at < clock_timestamp() - interval '10 seconds'
$$;

-- By how much the clock of a worker is ahead, as the heartbeat tells the worker's time: its way here takes milliseconds.
create or replace function queue.clock_skew(p_info jsonb) returns jsonb
language sql volatile as $$
  select case when jsonb_typeof(p_info -> 'clock') = 'number' then jsonb_build_object('clock_skew_seconds',
    round((p_info ->> 'clock')::numeric - extract(epoch from clock_timestamp()), 3)) else '{}' end
$$;

-- Renews a worker's registration, and so all of its leases, in one statement; notes the progress of its jobs (0 to 100, and
-- {"stage", "detail"} in words and figures) and answers
-- what it must know of them: `cancel` (somebody asked) or `lost` (the lease is another's now).
--
-- Errors: KQ410 when the registration has expired: the worker must drop everything and register anew.
create or replace function queue.heartbeat(
  p_worker uuid, p_ttl_ms int, p_info jsonb, p_jobs uuid[], p_tokens bigint[], p_progress smallint[],
  p_details jsonb[] default null
) returns table (job_id uuid, token bigint, verdict text)
language plpgsql as $$
begin
  update queue.worker w
  set expires_at = clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0),
    storage_ok = coalesce((p_info ->> 'storage_ok')::boolean, w.storage_ok),
    slots = coalesce((p_info ->> 'slots')::int, w.slots),
    resident = coalesce((select array_agg(r) from jsonb_array_elements_text(p_info -> 'resident') r), w.resident),
    devices = coalesce(p_info -> 'devices', w.devices),
    load = coalesce(p_info -> 'load', w.load) || queue.clock_skew(p_info),
    rates = coalesce(p_info -> 'rates', w.rates)
  where w.id = p_worker and w.expires_at > clock_timestamp();
  if not found then
    raise exception 'worker % is not alive', p_worker using errcode = 'KQ410';
  end if;
  perform queue.note_rates(coalesce(p_info -> 'rates', '{}'));
  -- Those that are just being settled or cancelled are passed over: who waited for them, while they wait for a row that is held
  -- here, would wait in a circle.
  with held as materialized (
    select l.ctid as place, h.progress, h.detail
    from unnest(p_jobs, p_tokens, p_progress, p_details) h(job_id, token, progress, detail)
    join queue.lease l on l.job_id = h.job_id and l.token = h.token
    where (l.progress, l.detail) is distinct from (h.progress, h.detail)
      -- Read by everybody who looks at the job; a worker that says more is not listened to.
      and coalesce(octet_length(h.detail::text), 0) <= 2048
    for update of l skip locked
  )
  update queue.lease l set progress = h.progress, detail = h.detail from held h where l.ctid = h.place;
  return query
    select h.job_id, h.token, case when l.job_id is null then 'lost' else 'cancel' end
    from unnest(p_jobs, p_tokens) h(job_id, token)
    left join queue.lease l on l.job_id = h.job_id and l.token = h.token
    where l.job_id is null or l.cancel_requested;
end
$$;

-- These attempts run: from now on their time counts, which did not while they waited in the worker for a slot. In an order, for
-- others lock leases, too.
create or replace function queue.begin(p_jobs uuid[], p_tokens bigint[]) returns void
language sql as $$
  with found as materialized (
    select x.job_id from queue.lease x
    join unnest(p_jobs, p_tokens) b(job_id, token) on b.job_id = x.job_id and b.token = x.token
    where x.begun_at is null
    order by x.job_id
    for update of x
  ), unlimited as (
    delete from queue.start_limit s using found f where s.job_id = f.job_id
  )
  update queue.lease l
  set begun_at = clock_timestamp(), deadline_at = clock_timestamp() + (l.deadline_at - l.claimed_at)
  from found f
  where l.job_id = f.job_id
$$;

-- Whether those who write results have no room left for more: a worker that has says so as `load.storage.full`.
create or replace function queue.storage_is_full() returns boolean
language sql stable as $$
  select coalesce(bool_or((w.load #>> '{storage,full}')::boolean) and not bool_or(w.storage_ok), false)
  from queue.worker w where w.expires_at > clock_timestamp()
$$;

-- Ends a registration. Leases that it still has are rescued at once.
create or replace function queue.retire_worker(p_worker uuid) returns void
language sql as $$
  with gone as (
    delete from queue.worker w where w.id = p_worker returning w.pool, w.lanes
  )
  select queue.note_pool(g.pool, g.lanes) from gone g
$$;

-- Takes or keeps the lead for a while. Nobody leads for longer than it is registered, so the lead of a worker that stands still
-- is free no later than its leases. Answers 0 to who leads now, and to others in how many milliseconds the lead will be
-- free if it is not renewed: who asks then takes over at once. Those others only read. Works behind a transaction-mode
-- pooler.
create or replace function queue.lead(p_worker uuid, p_ttl_ms int) returns int
language plpgsql as $$
declare
  lapses_at timestamptz;
  before uuid := (select l.worker_id from queue.leader l);
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
  if not found then
    return p_ttl_ms;  -- another was faster, and has it for as long
  end if;
  if before is distinct from p_worker then
    perform telemetry.count('queue_leader_changes_total', '{}');
  end if;
  return 0;
end
$$;

grant execute on function queue.register_worker, queue.note_rates, queue.clock_skew, queue.heartbeat, queue.begin, queue.retire_worker, queue.lead
  to kiskadee_worker;
