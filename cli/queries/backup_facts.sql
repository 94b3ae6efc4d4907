-- What is known of the moment that this transaction sees, which other sessions may see by its name.
select pg_export_snapshot() as snapshot, clock_timestamp() as taken_at,
  case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as lsn,
  (select max(version) from _sqlx_migrations where success) as schema,
  (select coalesce(array_agg(r.rolname::text order by r.rolname), '{}') from pg_roles r
    where r.rolname like 'kiskadee\_%' and not r.rolcanlogin) as roles
