-- What the queue is told of each kind of job by the family that has it: families write their rows in
-- shared/functions/<family>/kinds.sql, and the queue's own functions name no family.

-- A kind without a row is a job like any other: it is shown, nothing is called when it ends, and nobody counts it.
--
-- Functions are kept by name, for a database with columns of the type regprocedure cannot be taken over by pg_upgrade.
create table queue.kind (
  kind text primary key,
  family text not null,
  -- Work of the queue's own, which nobody asked for and nobody is shown.
  hidden boolean not null default false,
  -- f(queue.concluded[]) returns void, called in the settling transaction with the jobs of such kinds that have ended.
  on_concluded text check (on_concluded ~ '^[a-z_]+\.[a-z0-9_]+$'),
  -- f(queue.job_state[]) returns table (job_id uuid, result jsonb): results as they are shown, of a whole page in one call.
  -- Without it, all but what `queue.public_result` leaves out.
  present text check (present ~ '^[a-z_]+\.[a-z0-9_]+$'),
  -- Where what a completed job made can be had: {name: path}, with `{job}` in place of the job's id.
  links jsonb not null default '{}' check (jsonb_typeof(links) = 'object'),
  -- What of the result goes into the event that tells of the end, beside the links.
  event_fields text[] not null default '{}',
  -- For jobs that come without.
  max_attempts smallint check (max_attempts > 0),
  timeout_s int check (timeout_s > 0),
  -- The counters of jobs that completed, and of those that failed for good.
  completed_metric text references telemetry.metric,
  failed_metric text references telemetry.metric
);

-- The lanes that are known although nothing may ever have waited in them, so that their gauges read zero.
create table queue.lane (
  batch_key text collate "C" primary key
);

insert into queue.lane (batch_key) select 'speech:' || e.name from speech.engine e;

grant select on queue.kind, queue.lane to kiskadee_worker;

-- The job that ends a batch bears no place in it.
alter type queue.concluded add attribute batch_index int;

-- Everything that is known of some jobs, whichever table each is in.
create type queue.job_state as (
  job_id uuid, owner uuid, kind text, status text, progress smallint, attempts int, created_at timestamptz,
  started_at timestamptz, finished_at timestamptz, error text, result jsonb, batch_id uuid
);

-- What every family needs has moved: jobs to `queue`, answers to `api`.
drop function if exists speech.job_body(speech.job_state);
drop function if exists speech.result_body(speech.job_state);
drop function if exists speech.visible_job(api.caller, uuid);
drop function if exists speech.job_states(uuid[]);
drop type speech.job_state;
drop function if exists speech.no_job(api.caller);
drop function if exists speech.page_of_jobs(uuid, uuid, int);
drop function if exists speech.page_of_all_jobs(uuid, int);
drop function if exists speech.estimate(queue.new_job[]);
drop function if exists speech.ok(api.caller, int, text);
drop function if exists speech.refusal(api.caller, jsonb, jsonb);
drop function if exists speech.not_admitted(api.caller, text);
drop function if exists speech.fault(text, text);
