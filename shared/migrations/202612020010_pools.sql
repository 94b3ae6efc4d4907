-- Pools of workers: which pool a worker is of, what it claims, and what each pool could do, also when the last of it is gone. And a
-- role for who starts and stops workers, which may ask how many are wanted and nothing else.

alter table queue.worker
  add column pool text collate "C" not null default 'default',
  -- The lanes that it claims from.
  add column lanes text[] not null default '{}';

create table queue.pool_lane (
  pool text collate "C" not null,
  batch_key text collate "C" not null,
  -- When a worker of the pool last came or went that claims from it.
  seen_at timestamptz not null default clock_timestamp(),
  primary key (pool, batch_key)
);

grant select, insert, update, delete on queue.pool_lane to kiskadee_worker;

-- Workers that are there already have told their lanes as what they keep in memory.
update queue.worker w set lanes = w.resident;
insert into queue.pool_lane (pool, batch_key)
select distinct w.pool, lane from queue.worker w, unnest(w.lanes) lane;

-- Cost that a worker does in a second, where none has measured it yet.
alter table queue.setting add column cost_per_second double precision not null default 100 check (cost_per_second > 0);

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made it already.
do $$
begin
  create role kiskadee_scaler nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema queue to kiskadee_scaler;

insert into telemetry.metric (name, kind, help, labels) values
  ('workers_wanted', 'gauge', 'Workers that the work of a pool asks for.', '{pool}');
