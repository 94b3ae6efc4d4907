-- Where the last claims of each lane began, in rows that are only added: under a transaction held open for minutes, the newest is one
-- index read away, while a row that is updated so often would be read through all of its versions.
create table queue.head (
  batch_key text collate "C" not null,
  priority smallint not null,
  n bigint generated always as identity,
  vtime bigint not null,
  at timestamptz not null default clock_timestamp(),
  primary key (batch_key, priority, n)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

grant select, insert, delete on queue.head to kiskadee_worker;

-- The order of lanes tells more.
drop function if exists queue.lane_heads(text[], text[], int, boolean);

-- By the lane's hash: an owner's last place in a lane is looked for in every enqueue, and where the index of claims could serve as
-- well, it was taken now and then, which reads past everybody else's jobs.
drop index queue.ready_by_owner;
create index ready_by_owner on queue.ready (owner, hashtextextended(batch_key, priority), vtime, job_id);

-- The same of jobs: what looks for one by its id alone took this index where few jobs live among many dead rows, and read all of it.
drop index queue.job_by_owner;
create index job_by_owner on queue.job (owner, uuid_send(id));
