-- phase: expand
-- What programs must know of a database, and the database of programs: from which release on they can read it, and which edges run.

create table kiskadee.schema (
  only_row boolean primary key default true check (only_row),
  -- The newest migration that was applied.
  version bigint not null,
  -- The oldest release whose programs run on it: the highest `needs` of what was applied; null where all do.
  min_reader text,
  migrated_by text not null,
  migrated_at timestamptz not null default clock_timestamp()
);

-- Edges tell that they live, as workers do in queue.worker: what a migration takes away must wait for the last old one.
create table kiskadee.edge (
  id uuid primary key,
  host text not null,
  version text not null,
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
) with (fillfactor = 50);

grant usage on schema kiskadee to kiskadee_edge_host, kiskadee_worker;
