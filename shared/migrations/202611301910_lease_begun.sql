-- A worker claims ahead of its slots, so a lease can be older than its run. Null until the worker says that it runs; the time of
-- a job counts from there.

alter table queue.lease add column begun_at timestamptz;
