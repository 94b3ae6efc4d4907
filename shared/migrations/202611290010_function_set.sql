-- Which set of shared/functions the database has: what `kiskadee migrate` compares with its own.

create schema kiskadee;

create table kiskadee.function_set (
  only_row boolean primary key default true check (only_row),
  digest text not null,
  applied_at timestamptz not null default clock_timestamp()
);
