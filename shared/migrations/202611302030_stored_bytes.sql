-- How much of the storage each owner has in use, and how much it may.

-- Bytes of results and files; null: no quota.
alter table account."user" add column storage_quota bigint default 107374182400 check (storage_quota > 0);

-- Results by the day on which they were finished, for they go by days. A settlement adds a row to `result_delta`, where nobody waits
-- for another; the leader adds those up.
create table storage.result_bytes (
  owner uuid not null,
  day date not null,
  bytes bigint not null,
  primary key (owner, day)
) with (fillfactor = 50);

create table storage.result_delta (
  owner uuid not null,
  day date not null,
  bytes bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

grant insert on storage.result_delta to kiskadee_worker;

insert into storage.result_bytes (owner, day, bytes)
select d.owner, (d.finished_at at time zone 'UTC')::date, sum((d.result ->> 'bytes')::bigint)
from queue.done d where d.result ->> 'key' like 'results/%' and jsonb_typeof(d.result -> 'bytes') = 'number' group by 1, 2;

-- Whoever has more already keeps it, and has no bound until one is set.
update account."user" u set storage_quota = null
where (select sum(r.bytes) from storage.result_bytes r where r.owner = u.id) > u.storage_quota;

insert into telemetry.metric (name, kind, help) values
  ('storage_result_bytes', 'gauge', 'Bytes of the results of all owners that are kept.'),
  ('worker_storage_free_bytes', 'gauge', 'Free space in the directory to which a worker writes results.'),
  ('worker_loop_age_seconds', 'gauge', 'Seconds by which the last turn of the slowest loop of a worker is past its time.');
