-- The numbers behind the pages of operators. Nothing here names a job, a batch or an owner.

create or replace function api.monitoring_system(p_caller api.credentials) returns api.answer
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
      'waiting', (select count(*) from queue.waiting),
      'running', (select count(*) from queue.lease l where l.begun_at is not null),
      'dead', (select count(*) from queue.dead d where d.cause is null)),
    'jobs', jsonb_build_object(
      'created', telemetry.counted('tts_jobs_created_total'),
      'completed', telemetry.counted('tts_jobs_completed_total'),
      'failed', telemetry.counted('tts_jobs_failed_total')),
    'sign_ins', (select jsonb_build_object('succeeded_10m', s.succeeded, 'failed_10m', s.failed, 'alarm', s.alarm)
      from account.sign_ins() s)));
end
$$;

-- The workers of the last day, those that live first.
create or replace function api.monitoring_workers(p_caller api.credentials) returns api.answer
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
      'running', (select count(*) from queue.lease h where h.worker_id = w.id and h.begun_at is not null),
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

create or replace function api.monitoring_queue(p_caller api.credentials) returns api.answer
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
      'running', (select count(*) from queue.lease h where h.batch_key = l.queue and h.priority = l.priority and h.begun_at is not null),
      'paused', exists (select from queue.pause p where p.batch_key = l.queue),
      'cost_per_second', (select t.cost_per_second from queue.throughput t where t.batch_key = l.queue)
    ) order by l.queue, l.priority), '[]')
    into items from telemetry.lanes() l;
  return api.ok(caller, 200, jsonb_build_object(
    'measured_at', api.wire_time(clock_timestamp()), 'items', items,
    'scheduled', (select count(*) from queue.later), 'waiting', (select count(*) from queue.waiting),
    'dead', (select count(*) from queue.dead d where d.cause is null)));
end
$$;

grant execute on function api.monitoring_system, api.monitoring_workers, api.monitoring_queue to kiskadee_ops;
