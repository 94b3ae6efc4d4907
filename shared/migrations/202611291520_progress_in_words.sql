-- A running job tells its stage in words and a few figures beside the percentage: {"stage", "detail"}.
alter table queue.lease add column detail jsonb;

drop function if exists queue.heartbeat(uuid, int, jsonb, uuid[], bigint[], smallint[]);
