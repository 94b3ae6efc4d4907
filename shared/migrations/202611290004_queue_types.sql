-- What the functions of the queue take and return.

-- A job to enqueue.
create type queue.new_job as (
  kind text,
  batch_key text,
  priority smallint,
  cost int,
  args jsonb,
  batch_id uuid,
  batch_index int,
  max_attempts smallint,
  timeout_s int,
  unique_key text,
  webhook_url text,
  trace text,
  run_at timestamptz
);

-- What a worker gets to know of a job that it has claimed.
create type queue.claimed as (
  job_id uuid,
  token bigint,
  kind text,
  batch_key text,
  owner uuid,
  priority smallint,
  cost int,
  isolate boolean,
  attempt int,
  args jsonb,
  batch_id uuid,
  batch_index int,
  trace text,
  deadline_ms int,
  created_at timestamptz
);

-- An attempt that has ended, as whoever ended it tells of it.
create type queue.ended as (
  job_id uuid,
  token bigint,
  worker_id uuid,
  started_at timestamptz,
  vtime bigint,
  isolate boolean,
  outcome text,  -- completed, cancelled, error, failed, snoozed, released, crash, timeout
  result jsonb,
  message text,
  delay_ms int
);

-- What became of a job whose attempt ended.
create type queue.concluded as (
  job_id uuid, owner uuid, kind text, batch_id uuid, fate text, outcome text, result jsonb, message text, webhook_url text
);

-- What a capped owner may still start, as a cost; none when it is 0 or less.
create type queue.room as (owner uuid, cost bigint);
