-- What the queue knows of its workers, its lanes and its owners.

create table queue.worker (
  id uuid not null primary key,
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  slots int not null default 1,
  storage_ok boolean not null default true,
  name text not null,
  host text not null,
  version text not null,
  resident text[] not null default '{}',
  engines jsonb not null default '[]',
  devices jsonb not null default '[]',
  load jsonb not null default '{}',
  rates jsonb not null default '{}'
) with (fillfactor = 50);

create table queue.leader (
  only_row boolean primary key default true check (only_row),
  worker_id uuid not null,
  expires_at timestamptz not null
);

-- Batch keys that nobody may claim from now.
create table queue.pause (
  batch_key text collate "C" primary key,
  paused_at timestamptz not null default clock_timestamp(),
  reason text
);

-- Where the scan of a claim begins. Under a transaction held open for minutes, deleted rows stay in the index; starting
-- behind them keeps a claim cheap. Enqueue stamps from `vtime`, claims begin at `previous`, one move behind: a row that
-- commits while the mark moves is still found. Longer stragglers are found by queue.lower_watermarks.
create table queue.watermark (
  batch_key text collate "C" not null,
  priority smallint not null,
  vtime bigint not null,
  previous bigint not null,
  moved_at timestamptz not null default clock_timestamp(),
  primary key (batch_key, priority)
) with (fillfactor = 50);

-- The depth of the queue as the leader last counted it: for admission, estimates and dashboards.
create table queue.depth (
  batch_key text collate "C" not null,
  priority smallint not null,
  jobs bigint not null,
  cost bigint not null,
  oldest_at timestamptz,
  measured_at timestamptz not null default clock_timestamp(),
  primary key (batch_key, priority)
) with (fillfactor = 50);

-- The last rate that the fleet had, kept for estimates while no worker is alive.
create table queue.throughput (
  batch_key text collate "C" primary key,
  cost_per_second double precision not null,
  measured_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

create table queue.setting (
  only_row boolean primary key default true check (only_row),
  cap_jobs bigint not null default 1000000,
  retention_days int not null default 30
);

insert into queue.setting default values;

grant select, insert, update, delete on all tables in schema queue to kiskadee_worker;
grant usage on all sequences in schema queue to kiskadee_worker;

-- How much of an owner's work may run at once, for owners that would otherwise fill the fleet with work whose turn it is.
-- Workers only read it.
create table queue.owner_cap (
  owner uuid primary key,
  -- The cost of all its leases together. Its jobs start while what runs costs less, so the last one may go beyond.
  in_flight bigint not null check (in_flight > 0)
);

grant select on queue.owner_cap to kiskadee_worker;
