-- Which lanes an owner has ever had work in, so that its queued cost is read off all of them: a few index reads, and no counter that its
-- enqueues would wait for.
create table queue.owner_lane (
  owner uuid not null,
  batch_key text collate "C" not null,
  priority smallint not null,
  primary key (owner, batch_key, priority)
);

insert into queue.owner_lane (owner, batch_key, priority) select distinct r.owner, r.batch_key, r.priority from queue.ready r;

grant select, insert on queue.owner_lane to kiskadee_worker;
