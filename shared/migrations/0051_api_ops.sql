-- What operators and their tools read: readiness, metrics and the numbers behind the dashboards. Nothing here names a job,
-- a batch or an owner.

-- What waits, by queue and priority. The leader's count while it is fresh; counted here when nobody leads, for then the
-- kept count is of the past. A queue that is known but empty has a row too, so that its gauge reads zero.
create function telemetry.lanes() returns table (queue text, priority smallint, jobs bigint, cost bigint, oldest_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with fresh as materialized (
    select exists (select from queue.depth d where d.measured_at > clock_timestamp() - interval '10 seconds') as so
  ), counted as (
    select d.batch_key as queue, d.priority, d.jobs, d.cost, d.oldest_at from queue.depth d, fresh where fresh.so
    union all
    select r.batch_key, r.priority, count(*), sum(r.cost)::bigint, min(r.ready_at)
    from queue.ready r where not (select fresh.so from fresh) group by 1, 2
  ), known as (
    select 'speech:' || e.name as queue from speech.engine e
    union select 'archive:zip'
    union select d.batch_key from queue.depth d
    union select p.batch_key from queue.pause p
  )
  select c.queue, c.priority, c.jobs, c.cost, c.oldest_at from counted c
  union all
  select k.queue, 1, 0, 0, null from known k where not exists (select from counted c where c.queue = k.queue)
$$;

-- The accelerators of live workers. A worker reports `devices` as
--   [{"kind": "cuda", "name": "cuda:0", "memory_used_bytes", "memory_total_bytes", "utilization_percent"?}]
-- and may list its CPU with the kind `cpu`, which is no accelerator. Two registrations of one name (a restart) are one
-- series.
create function telemetry.accelerators() returns table (worker text, device text, memory_bytes float8, utilization float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select w.name, d.item ->> 'name', max((d.item ->> 'memory_used_bytes')::float8), max((d.item ->> 'utilization_percent')::float8)
  from queue.worker w,
    jsonb_array_elements(case when jsonb_typeof(w.devices) = 'array' then w.devices else '[]' end) as d(item)
  where w.expires_at > clock_timestamp() and d.item ->> 'kind' <> 'cpu'
  group by 1, 2
$$;

create function telemetry.gauges() returns table (name text, labels jsonb, value float8)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with lanes as materialized (
    select l.queue, sum(l.jobs) as jobs, min(l.oldest_at) as oldest_at from telemetry.lanes() l group by l.queue
  )
  select 'queue_depth', jsonb_build_object('queue', l.queue), l.jobs::float8 from lanes l
  union all
  select 'queue_oldest_job_seconds', jsonb_build_object('queue', l.queue),
    greatest(coalesce(extract(epoch from clock_timestamp() - l.oldest_at), 0), 0)::float8
  from lanes l
  union all
  select 'queue_running_jobs', jsonb_build_object('queue', k.queue), count(h.job_id)::float8
  from (select l.queue from lanes l union select h.batch_key from queue.lease h) as k
  left join queue.lease h on h.batch_key = k.queue group by k.queue
  union all
  select 'queue_dead_jobs', '{}', count(*)::float8 from queue.dead
  union all
  select 'workers_alive', '{}', count(*)::float8 from queue.worker w where w.expires_at > clock_timestamp()
  union all
  select 'gpu_memory_usage_bytes', jsonb_build_object('worker', a.worker, 'device', a.device), a.memory_bytes
  from telemetry.accelerators() a where a.memory_bytes is not null
  union all
  select 'gpu_utilization_percent', jsonb_build_object('worker', a.worker, 'device', a.device), a.utilization
  from telemetry.accelerators() a where a.utilization is not null
$$;

-- Every metric with its samples, as JSON; the component writes the exposition format. A counter or histogram without
-- labels is there from the first scrape on, with zero, because `rate()` cannot see a series appear. Compiling this costs
-- more than running it.
create function api.metrics() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with sample as (
    select c.name, c.labels, c.value::float8 as value, c.counts from telemetry.current c
    union all
    select g.name, g.labels, g.value, null from telemetry.gauges() g
    union all
    select m.name, '{}', 0, case when m.kind = 'histogram' then array_fill(0::bigint, array[cardinality(m.buckets) + 1]) end
    from telemetry.metric m
    where m.kind <> 'gauge' and m.labels = '{}' and not exists (select from telemetry.current c where c.name = m.name)
  ), family as (
    select s.name, jsonb_agg(jsonb_build_object('labels', s.labels, 'value', s.value, 'counts', s.counts) order by s.labels) as samples
    from sample s group by s.name
  )
  select jsonb_agg(jsonb_build_object('name', m.name, 'kind', m.kind, 'help', m.help, 'bounds', m.buckets,
    'samples', coalesce(f.samples, '[]')) order by m.name)::text
  from telemetry.metric m left join family f on f.name = m.name
$$;

-- Whether the deployment can take work and finish it. Storage is vouched for by the workers, which write to it.
create function api.ready() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object(
    'workers', count(*) > 0,
    'storage', coalesce(bool_or(w.storage_ok), false),
    'models', coalesce(bool_or(jsonb_array_length(w.engines) > 0), false),
    'gpu', exists (select from telemetry.accelerators()))::text
  from queue.worker w where w.expires_at > clock_timestamp()
$$;

create function api.admit_admin(p_caller api.credentials) returns api.caller
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is null and caller.role <> 'admin' then
    caller.status := 403;
    caller.code := 'forbidden';
    caller.detail := 'This is for administrators.';
  end if;
  return caller;
end
$$;

create function telemetry.counted(p_name text) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(c.value), 0)::bigint from telemetry.current c where c.name = p_name
$$;

create function api.monitoring_system(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin(p_caller);
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, jsonb_build_object(
    'measured_at', api.wire_time(clock_timestamp()),
    'checks', api.ready()::jsonb || '{"database": true}',
    'database', jsonb_build_object(
      'version', current_setting('server_version'),
      'started_at', api.wire_time(pg_postmaster_start_time()),
      'size_bytes', pg_database_size(current_database()),
      'connections', (select count(*) from pg_stat_activity a where a.datname = current_database()),
      'max_connections', current_setting('max_connections')::int,
      'oldest_transaction_seconds', (select floor(extract(epoch from clock_timestamp() - min(a.xact_start)))
        from pg_stat_activity a where a.datname = current_database())),
    'workers', (select jsonb_build_object('alive', count(*), 'slots', coalesce(sum(w.slots), 0),
        'accelerators', (select count(*) from telemetry.accelerators()))
      from queue.worker w where w.expires_at > clock_timestamp()),
    'queue', jsonb_build_object(
      'queued', (select coalesce(sum(l.jobs), 0) from telemetry.lanes() l),
      'scheduled', (select count(*) from queue.later),
      'running', (select count(*) from queue.lease),
      'dead', (select count(*) from queue.dead)),
    'jobs', jsonb_build_object(
      'created', telemetry.counted('tts_jobs_created_total'),
      'completed', telemetry.counted('tts_jobs_completed_total'),
      'failed', telemetry.counted('tts_jobs_failed_total'))));
end
$$;

-- The workers of the last day, those that live first.
create function api.monitoring_workers(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin(p_caller);
  items jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select coalesce(jsonb_agg(s.item), '[]') into items from (
    select jsonb_build_object(
      'name', w.name, 'host', w.host, 'version', w.version,
      'alive', w.expires_at > clock_timestamp(),
      'leader', exists (select from queue.leader l where l.worker_id = w.id and l.expires_at > clock_timestamp()),
      'storage', w.storage_ok, 'slots', w.slots,
      'running', (select count(*) from queue.lease h where h.worker_id = w.id),
      'engines', (select coalesce(jsonb_agg(coalesce(e.item ->> 'name', e.item #>> '{}')), '[]')
        from jsonb_array_elements(w.engines) as e(item)),
      'resident', w.resident, 'devices', w.devices, 'load', w.load, 'cost_per_second', w.rates,
      'started_at', api.wire_time(w.started_at), 'expires_at', api.wire_time(w.expires_at)) as item
    from queue.worker w
    order by w.expires_at > clock_timestamp() desc, w.name, w.started_at desc limit 500
  ) as s;
  return api.ok(caller, 200, jsonb_build_object('measured_at', api.wire_time(clock_timestamp()), 'items', items));
end
$$;

create function api.monitoring_queue(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin(p_caller);
  items jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
      'queue', l.queue,
      'priority', case l.priority when 0 then 'interactive' when 1 then 'batch' else 'background' end,
      'queued', l.jobs, 'queued_cost', l.cost,
      'oldest_job_seconds', greatest(floor(coalesce(extract(epoch from clock_timestamp() - l.oldest_at), 0)), 0),
      'running', (select count(*) from queue.lease h where h.batch_key = l.queue and h.priority = l.priority),
      'paused', exists (select from queue.pause p where p.batch_key = l.queue),
      'cost_per_second', (select t.cost_per_second from queue.throughput t where t.batch_key = l.queue)
    ) order by l.queue, l.priority), '[]')
    into items from telemetry.lanes() l;
  return api.ok(caller, 200, jsonb_build_object(
    'measured_at', api.wire_time(clock_timestamp()), 'items', items,
    'scheduled', (select count(*) from queue.later), 'dead', (select count(*) from queue.dead)));
end
$$;

grant execute on function api.ready(), api.metrics(), api.monitoring_system(api.credentials),
  api.monitoring_workers(api.credentials), api.monitoring_queue(api.credentials) to kiskadee_ops;
