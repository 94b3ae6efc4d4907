-- Jobs that are worth nothing when they begin too late: not begun by their time, they end as `expired`.

alter type queue.new_job add attribute start_before timestamptz;

-- The jobs that have such a time and have not begun. A row goes when its job begins or ends, so what waits beyond its time is found
-- without looking at what has none.
create table queue.start_limit (
  job_id uuid not null primary key,
  start_before timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index start_limit_by_time on queue.start_limit (start_before);

grant select, insert, update, delete on queue.start_limit to kiskadee_worker;

-- How long a job that was claimed may wait in its worker; null where it has no such time.
alter type queue.claimed add attribute start_in_ms int;

-- Not validated: a day of finished jobs is large, and nothing has ended so before.
alter table queue.done drop constraint done_outcome_check;
alter table queue.done add constraint done_outcome_check check (outcome in ('completed', 'cancelled', 'expired')) not valid;
create index done_expired_by_owner on queue.done (owner, job_id) where outcome = 'expired';

alter table queue.batch_progress add column expired int not null default 0;
