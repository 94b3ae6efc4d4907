-- The numbers that are read off the tables when somebody asks. Nothing here names a job, a batch or an owner.

-- What waits, by queue and priority. The leader's count while it is fresh; counted here when nobody leads, for then the
-- kept count is of the past. A queue that is known but empty has a row too, so that its gauge reads zero.
create or replace function telemetry.lanes() returns table (queue text, priority smallint, jobs bigint, cost bigint, oldest_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with fresh as materialized (
    select exists (select from queue.depth d where d.measured_at > clock_timestamp() - interval '10 seconds') as so
  ), counted as (
    select d.batch_key as queue, d.priority, d.jobs, d.cost, d.oldest_at from queue.depth d, fresh where fresh.so
    union all
    select r.batch_key, r.priority, count(*), sum(r.cost)::bigint, min(r.ready_at)
    from queue.ready r where not (select fresh.so from fresh) group by 1, 2
  ), known as (
    select l.batch_key as queue from queue.lane l
    union select d.batch_key from queue.depth d
    union select p.batch_key from queue.pause p
  )
  select c.queue, c.priority, c.jobs, c.cost, c.oldest_at from counted c
  union all
  select k.queue, 1, 0, 0, null from known k where not exists (select from counted c where c.queue = k.queue)
$$;

-- The accelerators of live workers. A worker reports `devices` as
--   [{"kind": "cuda", "name": "cuda:0", "memory_used_bytes", "memory_total_bytes", "utilization_percent"?, "power_watts"?,
--     "temperature_celsius"?, "sm_clock_hertz"?, "ecc_errors"?, "throttled"?: {reason: 0 or 1}}]
-- and may list its CPU with the kind `cpu`, which is no accelerator. Two registrations of one name (a restart) are one
-- series.
create or replace function telemetry.devices() returns table (
  worker text, device text, memory_bytes float8, memory_total_bytes float8, utilization float8, told jsonb)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select w.name, d.item ->> 'name', max((d.item ->> 'memory_used_bytes')::float8), max((d.item ->> 'memory_total_bytes')::float8),
    max((d.item ->> 'utilization_percent')::float8), (array_agg(d.item))[1]
  from queue.worker w,
    jsonb_array_elements(case when jsonb_typeof(w.devices) = 'array' then w.devices else '[]' end) as d(item)
  where w.expires_at > clock_timestamp() and d.item ->> 'kind' <> 'cpu'
  group by 1, 2
$$;

create or replace function telemetry.accelerators() returns table (worker text, device text, memory_bytes float8, utilization float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select d.worker, d.device, d.memory_bytes, d.utilization from telemetry.devices() d
$$;

-- What was measured and is not too old: figures of a system that nobody has looked at for minutes are of the past.
create or replace function telemetry.fresh_measurements() returns table (name text, labels jsonb, value float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select m.name, m.labels, m.value from telemetry.measured m join telemetry.measurement t on t.subject = m.subject
  where t.at > clock_timestamp() - case t.subject when 'system' then interval '2 minutes' else interval '30 minutes' end
$$;

-- More of what live workers tell of themselves.
create or replace function telemetry.worker_gauges() returns table (name text, labels jsonb, value float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with alive as materialized (
    select w.* from queue.worker w where w.expires_at > clock_timestamp()
  )
  select 'worker_slots', '{}'::jsonb, coalesce(sum(a.slots), 0)::float8 from alive a
  union all
  select 'build_info', jsonb_build_object('component', 'worker', 'version', a.version), count(*)::float8 from alive a group by a.version
  union all
  select 'build_info', jsonb_build_object('component', 'postgres', 'version', split_part(current_setting('server_version'), ' ', 1)), 1
  union all
  select s.name, jsonb_build_object('worker', a.name), max(s.value::float8)
  from alive a cross join lateral (values ('worker_load_average', a.load ->> 'load_average'),
    ('worker_clock_skew_seconds', a.load ->> 'clock_skew_seconds')) s(name, value)
  where s.value is not null group by 1, a.name
  union all
  select 'queue_cost_per_second', jsonb_build_object('queue', r.key), sum(r.value::float8)
  from alive a cross join lateral jsonb_each_text(a.rates) r group by r.key
  union all
  select 'gpu_memory_total_bytes', jsonb_build_object('worker', d.worker, 'device', d.device), d.memory_total_bytes
  from telemetry.devices() d where d.memory_total_bytes is not null
  union all
  select s.name, jsonb_build_object('worker', d.worker, 'device', d.device), s.value::float8
  from telemetry.devices() d cross join lateral (values ('gpu_power_watts', d.told ->> 'power_watts'),
    ('gpu_temperature_celsius', d.told ->> 'temperature_celsius'), ('gpu_sm_clock_hertz', d.told ->> 'sm_clock_hertz'),
    ('gpu_ecc_errors_total', d.told ->> 'ecc_errors')) s(name, value)
  where s.value is not null
  union all
  select 'gpu_throttled', jsonb_build_object('worker', d.worker, 'device', d.device, 'reason', t.key), t.value::float8
  from telemetry.devices() d cross join lateral jsonb_each_text(d.told -> 'throttled') t
$$;

create or replace function telemetry.gauges() returns table (name text, labels jsonb, value float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with lanes as materialized (
    select l.queue, sum(l.jobs) as jobs, sum(l.cost) as cost, min(l.oldest_at) as oldest_at from telemetry.lanes() l group by l.queue
  )
  select 'queue_depth', jsonb_build_object('queue', l.queue), l.jobs::float8 from lanes l
  union all
  select 'queue_cost_waiting', jsonb_build_object('queue', l.queue), l.cost::float8 from lanes l
  union all
  select 'queue_paused', jsonb_build_object('queue', l.queue), count(p.batch_key)::float8
  from lanes l left join queue.pause p on p.batch_key = l.queue group by l.queue
  union all
  select 'queue_oldest_job_seconds', jsonb_build_object('queue', l.queue),
    greatest(coalesce(extract(epoch from clock_timestamp() - l.oldest_at), 0), 0)::float8
  from lanes l
  union all
  select 'queue_running_jobs', jsonb_build_object('queue', k.queue), count(h.job_id)::float8
  from (select l.queue from lanes l union select h.batch_key from queue.lease h) as k
  left join queue.lease h on h.batch_key = k.queue and h.begun_at is not null group by k.queue
  union all
  -- Not by queue: that would read the facts of every job behind a gate.
  select 'queue_waiting_jobs', '{}', count(*)::float8 from queue.waiting
  union all
  select 'queue_dead_jobs', '{}', count(*)::float8 from queue.dead d where d.cause is null
  union all
  select 'storage_result_bytes', '{}', coalesce(sum(r.bytes), 0)::float8 from storage.result_bytes r
  union all
  select s.name, jsonb_build_object('worker', w.name), max(s.value::float8)
  from queue.worker w cross join lateral (values ('worker_storage_free_bytes', w.load #>> '{storage,free_bytes}'),
    ('worker_loop_age_seconds', w.load ->> 'loop_age_seconds')) s(name, value)
  where w.expires_at > clock_timestamp() and s.value is not null group by 1, w.name
  union all
  select b.name, '{}', b.value::float8
  from (select max(taken_at) as taken, max(verified_at) as verified from storage.backup) as o
  cross join lateral (values ('backup_last_success_timestamp_seconds', extract(epoch from o.taken)),
    ('backup_size_bytes', (select n.bytes from storage.backup n order by n.taken_at desc limit 1)),
    ('backup_verified_timestamp_seconds', extract(epoch from o.verified))) b(name, value)
  where b.value is not null
  union all
  select 'sign_in_alarm', '{}', s.alarm::int::float8 from account.sign_ins() s
  union all
  select 'workers_alive', '{}', count(*)::float8 from queue.worker w where w.expires_at > clock_timestamp()
  union all
  select 'workers_wanted', jsonb_build_object('pool', p.pool), queue.wanted_workers(p.pool)::float8
  from (select l.pool from queue.pool_lane l union select w.pool from queue.worker w) p
  union all
  select 'gpu_memory_usage_bytes', jsonb_build_object('worker', a.worker, 'device', a.device), a.memory_bytes
  from telemetry.accelerators() a where a.memory_bytes is not null
  union all
  select 'gpu_utilization_percent', jsonb_build_object('worker', a.worker, 'device', a.device), a.utilization
  from telemetry.accelerators() a where a.utilization is not null
  union all
  select 'fleet_measured_timestamp_seconds', '{}', coalesce((select extract(epoch from t.at) from telemetry.measurement t
    where t.subject = 'system'), 0)::float8
  union all
  select * from telemetry.worker_gauges()
  union all
  select * from telemetry.fresh_measurements()
$$;
