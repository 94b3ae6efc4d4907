-- Jobs that wait for other jobs, and groups of jobs that a last job closes.

-- What a job comes after, jobs or batches, in the order given. Edges that are soft let it run however those end.
alter table queue.job add column after uuid[], add column soft boolean;

alter type queue.new_job add attribute after uuid[];
alter type queue.new_job add attribute soft boolean;

-- The sixth place: jobs before which some other must end. Its row is the lock of such a job: who lets it in or ends it holds that
-- row, and rows of several jobs are taken in the order of their ids.
create table queue.waiting (
  job_id uuid not null primary key,
  -- How many must still end.
  left_open int not null check (left_open > 0),
  -- Its own time, where it came with one.
  run_at timestamptz,
  -- For its stamp in the lane, which it gets when it is let in.
  weight real not null,
  owner uuid not null,
  -- What it counts for admission until then; 0 for what is never refused.
  backlog int not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index waiting_by_owner on queue.waiting (owner);

-- What has not ended yet, a job or a batch, and who waits for it. A row goes with the end of `before`. So every row is of
-- something live, and there is nothing to forget later; one whose `after` has been cancelled meanwhile tells nobody anything.
create table queue.edge (
  before uuid not null,
  after uuid not null,
  soft boolean not null,
  primary key (before, after)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A job that ended because `cause` is dead lies beside it: it counts as cancelled, keeps its facts, and lives again with it.
alter table queue.dead add column cause uuid;
create index dead_by_cause on queue.dead (cause) where cause is not null;

-- Why a job was cancelled, where it was not by somebody's wish.
alter table queue.done add column reason text;

-- The job because of which an attempt that was never begun has ended.
alter type queue.ended add attribute cause uuid;

-- What a group of jobs is to its family: which job closes it, and how its end is told.
create table queue.group_kind (
  kind text primary key,
  family text not null,
  -- The job that waits for all others and makes of them what the group is for; none: the group ends with its jobs.
  closing_kind text,
  closing_batch_key text,
  -- Its cost, to which each job of the group adds one.
  closing_cost int not null default 1 check (closing_cost > 0),
  -- `batch` of `batch.completed`.
  event_prefix text not null,
  -- Where what the closing job made can be had, with `{batch}` in place of the id.
  download_path text,
  check ((closing_kind is null) = (closing_batch_key is null))
);

alter table queue.batch add column kind text not null default 'tts';

grant select on queue.group_kind to kiskadee_worker;
grant select, insert, update, delete on queue.waiting, queue.edge to kiskadee_worker;

drop function if exists queue.conclude(queue.ended[]);
drop function if exists queue.close_batch(uuid);
drop function if exists queue.enqueue_batch(uuid, real, bigint, queue.new_job[], text, text);

-- A job with predecessors, on its way to its place.
create type queue.gated as (job_id uuid, run_at timestamptz, weight real, backlog int);

-- What the end of `before` means to a job that waits for it: one less to wait for, or the end.
create type queue.passed as (job_id uuid, before uuid, opens boolean);
