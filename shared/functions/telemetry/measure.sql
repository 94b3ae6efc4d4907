-- What the leader measures: figures that would cost a scrape too much, or that only one should ask for. A scrape reads what was found.

-- Figures of the server and of this database. What a role may not see is left out; `grant pg_monitor` to the owner of the schema shows all.
create or replace function telemetry.postgres_figures() returns table (name text, labels jsonb, value float8)
language sql volatile set search_path = pg_catalog, pg_temp as $$
  with session as materialized (
    select a.pid, a.state, a.xact_start, a.backend_xmin from pg_stat_activity a
    where a.datname = current_database() and a.backend_type = 'client backend'
  ), counted as materialized (
    select d.* from pg_stat_database d where d.datname = current_database()
  )
  select 'postgres_connections', jsonb_build_object('state', coalesce(s.state, 'unknown')), count(*)::float8 from session s group by 2
  union all
  select f.name, '{}', f.value
  from counted d cross join lateral (values
    ('postgres_max_connections', current_setting('max_connections')::float8),
    ('postgres_oldest_transaction_seconds', (select coalesce(extract(epoch from clock_timestamp() - min(s.xact_start)), 0)::float8
      from session s where s.pid <> pg_backend_pid())),
    ('postgres_oldest_snapshot_transactions', (select max(held.age)::float8 from (
      select 0 as age
      union all select age(a.backend_xmin) from pg_stat_activity a where a.pid <> pg_backend_pid()
      union all select greatest(age(r.xmin), age(r.catalog_xmin)) from pg_replication_slots r
      union all select age(p.transaction) from pg_prepared_xacts p) held)),
    ('postgres_frozen_transactions', (select age(b.datfrozenxid)::float8 from pg_database b where b.datname = current_database())),
    ('postgres_database_bytes', pg_database_size(current_database())::float8),
    ('postgres_wal_bytes_total', pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8),
    ('postgres_block_hits_total', d.blks_hit::float8),
    ('postgres_block_reads_total', d.blks_read::float8),
    ('postgres_deadlocks_total', d.deadlocks::float8),
    ('postgres_temporary_bytes_total', d.temp_bytes::float8),
    ('postgres_started_timestamp_seconds', extract(epoch from pg_postmaster_start_time())::float8)) f(name, value)
  union all
  select 'postgres_transactions_total', jsonb_build_object('end', e.word), e.value
  from counted d cross join lateral (values ('commit', d.xact_commit::float8), ('rollback', d.xact_rollback::float8)) e(word, value)
  union all
  select f.name, '{}', f.value
  from (select count(*)::float8 as standbys, max(extract(epoch from r.replay_lag))::float8 as seconds,
      max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::float8 as bytes from pg_stat_replication r) r
  -- A standby that is idle has no lag in time; one that is hidden from us has none in bytes either.
  cross join lateral (values ('postgres_replicas', r.standbys),
    ('postgres_replication_lag_seconds', case when r.standbys = 0 or r.bytes is not null then coalesce(r.seconds, 0) end),
    ('postgres_replication_lag_bytes', case when r.standbys = 0 then 0 else r.bytes end)) f(name, value)
$$;

-- The tables that change all the time; those whose size tells how much is kept.
create or replace function telemetry.table_figures() returns table (name text, labels jsonb, value float8)
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select f.name, jsonb_build_object('table', format('%s.%s', t.schemaname, t.relname)), f.value
  from pg_stat_user_tables t cross join lateral (values
    ('postgres_dead_rows', t.n_dead_tup::float8),
    ('postgres_live_rows', t.n_live_tup::float8),
    ('postgres_vacuum_age_seconds', extract(epoch from clock_timestamp() - greatest(t.last_vacuum, t.last_autovacuum))::float8),
    ('postgres_table_bytes', pg_total_relation_size(t.relid)::float8)) f(name, value)
  where (t.schemaname, t.relname) in (('queue', 'ready'), ('queue', 'later'), ('queue', 'lease'), ('queue', 'job'),
    ('queue', 'failure'), ('queue', 'dead'), ('queue', 'worker'), ('queue', 'batch_progress'), ('telemetry', 'delta'), ('telemetry', 'total'),
    ('webhook', 'delivery'), ('webhook', 'message'), ('storage', 'object'), ('storage', 'result_bytes'), ('api', 'rate_bucket'))
$$;

-- The migration that was applied last. The table is that of the program that applies them, and lies where its sessions create tables.
create or replace function telemetry.schema_version() returns float8
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  found_version float8;
begin
  if to_regclass('public._sqlx_migrations') is not null then
    execute 'select max(m.version)::float8 from public._sqlx_migrations m where m.success' into found_version;
  end if;
  return found_version;
end
$$;

-- What waits in places that no worker reports.
create or replace function telemetry.waiting_figures() returns table (name text, labels jsonb, value float8)
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select f.name, '{}'::jsonb, f.value
  from (select count(*)::float8 as days,
      extract(epoch from (max(to_date(right(c.relname, 8), 'YYYYMMDD')) + 1)::timestamp at time zone 'UTC')::float8 as until
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'queue.done'::regclass and c.relname ~ '^done_\d{8}$') p
  cross join lateral (values
    ('queue_partitions', p.days),
    ('queue_partitions_until_timestamp_seconds', p.until),
    ('queue_done_default_rows', (select t.n_live_tup::float8 from pg_stat_user_tables t
      where t.schemaname = 'queue' and t.relname = 'done_default')),
    ('queue_scheduled_jobs', (select count(*)::float8 from queue.later)),
    ('webhook_waiting_messages', (select count(*)::float8 from webhook.delivery d where d.status = 'pending')),
    ('webhook_oldest_seconds', (select greatest(coalesce(extract(epoch from clock_timestamp() - min(d.next_at)), 0), 0)::float8
      from webhook.delivery d where d.status = 'pending')),
    ('storage_discarded_objects', (select count(*)::float8 from storage.object o where o.state = 'discarded')),
    ('schema_version', telemetry.schema_version())) f(name, value)
$$;

-- Figures that are found by reading whole tables, and change slowly.
create or replace function telemetry.stock_figures() returns table (name text, labels jsonb, value float8)
language sql volatile set search_path = pg_catalog, pg_temp as $$
  -- Of one snapshot, so a job that moves meanwhile is in one place. The newest are left out: theirs may be another's statement.
  select 'queue_stranded_jobs', '{}'::jsonb, count(*)::float8 from queue.job j
  where j.created_at < clock_timestamp() - interval '1 minute'
    and not exists (select from queue.ready r where r.job_id = j.id) and not exists (select from queue.lease l where l.job_id = j.id)
    and not exists (select from queue.later l where l.job_id = j.id) and not exists (select from queue.waiting w where w.job_id = j.id)
    and not exists (select from queue.dead d where d.job_id = j.id)
  union all
  select f.name, jsonb_build_object('family', o.family), f.value
  from (select o.family, count(*)::float8 as files, sum(o.bytes)::float8 as bytes from storage.object o
    where o.state = 'kept' group by o.family) o
  cross join lateral (values ('storage_files', o.files), ('storage_file_bytes', o.bytes)) f(name, value)
  union all
  select 'storage_uploads_open', '{}', count(*)::float8 from storage.upload u where u.status in ('receiving', 'checking')
  union all
  select 'webhook_parked_messages', '{}', count(*)::float8 from webhook.delivery d where d.status = 'parked'
  union all
  select 'accounts', jsonb_build_object('role', u.role, 'state', case when u.disabled_at is null then 'enabled' else 'disabled' end),
    count(*)::float8 from account."user" u group by 2
  union all
  select 'accounts_active', jsonb_build_object('within', w.word), count(distinct r.owner)::float8
  from (values ('day', 1), ('week', 7), ('month', 30)) w(word, days)
  left join storage.result_bytes r on r.day > (clock_timestamp() at time zone 'UTC')::date - w.days group by w.word
  union all
  select 'api_keys', '{}', count(*)::float8 from account.api_key k
  where k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
$$;

-- Replaces what was measured of a subject: `system`, which the leader asks for every quarter of a minute, or `stock`, every ten minutes.
-- Where two measure at once, the second does nothing.
create or replace function telemetry.measure(p_subject text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
begin
  if not pg_try_advisory_xact_lock(hashtext('telemetry.measure'), hashtext(p_subject)) then
    return;
  end if;
  delete from telemetry.measured m where m.subject = p_subject;
  if p_subject = 'stock' then
    insert into telemetry.measured (subject, name, labels, value)
    select p_subject, f.name, f.labels, f.value from telemetry.stock_figures() f where f.value is not null;
  elsif p_subject = 'system' then
    insert into telemetry.measured (subject, name, labels, value)
    select p_subject, f.name, f.labels, f.value from (
      select * from telemetry.postgres_figures()
      union all select * from telemetry.table_figures()
      union all select * from telemetry.waiting_figures()) f
    where f.value is not null;
  else
    raise invalid_parameter_value using message = format('nothing is measured of %L', p_subject);
  end if;
  insert into telemetry.measurement as m (subject, at) values (p_subject, clock_timestamp())
  on conflict (subject) do update set at = excluded.at;
end
$$;

grant execute on function telemetry.measure to kiskadee_worker;
