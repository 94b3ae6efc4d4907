-- The jobs of the queue. A job is in exactly one of `ready`, `later`, `lease`, `done` and `dead`.
--
-- What is hot is narrow and lives briefly; what is wide is written once. Rows of `ready` are deleted on claim, so a claim
-- costs the same with millions of finished jobs.

-- The immutable facts of a live job. The row goes when the job is done, and the text to be spoken goes with it; a dead
-- job keeps it, for a redrive. No partitions here: a claim joins this table and should not open thirty of them.
create table queue.job (
  id uuid not null primary key,
  owner uuid not null,
  batch_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  cost int not null check (cost > 0),
  timeout_s int not null,
  batch_index int,
  priority smallint not null,
  max_attempts smallint not null,
  max_crashes smallint not null,
  kind text not null,
  batch_key text collate "C" not null,
  args jsonb not null,
  unique_key text,
  webhook_url text,
  trace text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

create index job_by_owner on queue.job (owner, id);

-- What can run now. The primary key is the order of claims: one index scan from the watermark finds the next rows.
create table queue.ready (
  batch_key text collate "C" not null,
  priority smallint not null,
  vtime bigint not null,
  job_id uuid not null,
  owner uuid not null,
  cost int not null,
  isolate boolean not null default false,
  ready_at timestamptz not null default clock_timestamp(),
  primary key (batch_key, priority, vtime, job_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- An owner's last place in the order, found backwards; and the row of a job that is cancelled.
create index ready_by_owner on queue.ready (owner, batch_key, priority, vtime, job_id);

-- What waits for its time: scheduled jobs and retries.
create table queue.later (
  run_at timestamptz not null,
  job_id uuid not null,
  isolate boolean not null default false,
  primary key (run_at, job_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index later_by_job on queue.later (job_id);

-- The fencing token: from one sequence, so a later claim always has the larger one.
create sequence queue.token;

-- What runs. Heartbeats go to the worker's row, not here; only progress is updated in place.
create table queue.lease (
  job_id uuid not null primary key,
  token bigint not null,
  worker_id uuid not null,
  claimed_at timestamptz not null,
  deadline_at timestamptz not null,
  vtime bigint not null,
  cost int not null,
  priority smallint not null,
  progress smallint not null default 0,
  isolate boolean not null,
  cancel_requested boolean not null default false,
  batch_key text collate "C" not null,
  owner uuid not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Every failed attempt: the error chain of a job. Most jobs have no row here.
create table queue.failure (
  job_id uuid not null,
  token bigint not null,
  at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('error', 'crash', 'timeout')),
  worker_id uuid,
  message text not null,
  primary key (job_id, token)
);

-- What is over. Ids are UUIDv7, so a range of ids is a day: old days are dropped, never deleted from.
create table queue.done (
  job_id uuid not null primary key,
  owner uuid not null,
  batch_id uuid,
  token bigint,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz not null default clock_timestamp(),
  batch_index int,
  attempts int not null,
  kind text not null,
  batch_key text collate "C" not null,
  outcome text not null check (outcome in ('completed', 'cancelled')),
  result jsonb
) partition by range (job_id);

create index done_by_owner on queue.done (owner, job_id);
create table queue.done_default partition of queue.done default;

-- Jobs that failed for good, until they are redriven or their day is dropped.
create table queue.dead (
  job_id uuid not null primary key,
  reason text not null,
  started_at timestamptz,
  finished_at timestamptz not null default clock_timestamp()
);

create table queue.batch (
  id uuid not null primary key,
  owner uuid not null,
  total int not null,
  created_at timestamptz not null default clock_timestamp(),
  job_ids uuid[] not null,
  webhook_url text,
  trace text
);

create index batch_by_owner on queue.batch (owner, id);

-- The counters of a batch, apart because they change: one row, updated in place by each flush of completions.
create table queue.batch_progress (
  batch_id uuid not null primary key references queue.batch on delete cascade,
  pending int not null,
  completed int not null default 0,
  failed int not null default 0,
  cancelled int not null default 0,
  archive_job uuid,
  archive_key text,
  finished_at timestamptz,
  status text not null default 'queued'
    check (status in ('queued', 'processing', 'completed', 'completed_with_errors', 'failed', 'cancelled'))
) with (fillfactor = 50);

-- An owner's names for its live jobs: the same name twice is the same job.
create table queue.unique_job (
  owner uuid not null,
  unique_key text not null,
  job_id uuid not null,
  primary key (owner, unique_key)
);

-- The partitions of today and the next three days, until somebody leads and calls queue.rotate_partitions.
do $$
declare
  starts timestamptz;
  today timestamptz := date_trunc('day', clock_timestamp(), 'UTC');
begin
  for starts in select generate_series(today, today + interval '3 days', interval '1 day') loop
    execute format('create table queue.%I partition of queue.done for values from (%L) to (%L)',
      'done_' || to_char(starts at time zone 'UTC', 'YYYYMMDD'),
      queue.uuid7_floor(starts), queue.uuid7_floor(starts + interval '1 day'));
  end loop;
end
$$;
