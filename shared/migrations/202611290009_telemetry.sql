-- Counters and histograms of the whole fleet.
--
-- Whoever counts appends rows of what was added (`delta`); the leader folds them into one row a series (`total`); a reader
-- adds the two in one snapshot. Nothing waits for a row that another transaction changes, a count stands or falls with the
-- transaction that made it, and no restart of an edge or a worker loses what was counted.

create table telemetry.metric (
  name text primary key check (name ~ '^[a-z][a-z0-9_]*$'),
  kind text not null check (kind in ('counter', 'gauge', 'histogram')),
  help text not null,
  labels text[] not null default '{}',
  -- Upper bounds of a histogram, ascending, without the last (infinite) one. `counts` below follow them by position,
  -- so a metric keeps its bounds for ever; other bounds need another name.
  buckets double precision[],
  check ((kind = 'histogram') = (buckets is not null))
);

insert into telemetry.metric (name, kind, help, labels, buckets) values
  ('http_requests_total', 'counter', 'Requests answered by the edge.', '{method,endpoint,status}', null),
  ('tts_jobs_created_total', 'counter', 'Speech jobs enqueued.', '{engine,language}', null),
  ('tts_jobs_completed_total', 'counter', 'Speech jobs completed.', '{}', null),
  ('tts_jobs_failed_total', 'counter', 'Speech jobs that failed for good.', '{}', null),
  ('rvc_conversion_total', 'counter', 'Voice conversions completed.', '{}', null),
  ('cache_hits_total', 'counter', 'Look-ups that a cache answered.', '{cache}', null),
  ('cache_misses_total', 'counter', 'Look-ups that a cache could not answer.', '{cache}', null),
  ('api_latency_seconds', 'histogram', 'Time from a request to the head of its answer.', '{method,endpoint}',
    '{0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10}'),
  ('audio_generation_duration_seconds', 'histogram', 'Time to make the audio of one job.', '{engine}',
    '{0.05,0.1,0.25,0.5,1,2.5,5,10,30,60,120,300}'),
  ('audio_file_size_bytes', 'histogram', 'Size of the audio of one job.', '{}',
    '{4096,16384,65536,262144,1048576,4194304,16777216,67108864}'),
  ('gpu_memory_usage_bytes', 'gauge', 'Device memory in use.', '{worker,device}', null),
  ('gpu_utilization_percent', 'gauge', 'Share of time in which the device computed.', '{worker,device}', null),
  ('queue_depth', 'gauge', 'Jobs that could run now and wait for a worker.', '{queue}', null),
  ('queue_oldest_job_seconds', 'gauge', 'Age of the job that has waited longest.', '{queue}', null),
  ('queue_running_jobs', 'gauge', 'Jobs that a worker holds.', '{queue}', null),
  ('queue_dead_jobs', 'gauge', 'Failed jobs that wait for a redrive or the end of their retention.', '{}', null),
  ('workers_alive', 'gauge', 'Workers whose heartbeat is current.', '{}', null);

create sequence telemetry.delta_id as bigint;

-- What was added. `value` is a counter's increment or the sum of the observed values; `counts` are a histogram's. It is
-- numeric because that adds up to the same in any order: a sum that shrank by a rounding would look like a restart.
create table telemetry.delta (
  id bigint primary key default nextval('telemetry.delta_id'),
  value numeric not null,
  name text not null,
  labels jsonb not null,
  counts bigint[]
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

alter sequence telemetry.delta_id owned by telemetry.delta.id;

create table telemetry.total (
  value numeric not null,
  name text not null,
  labels jsonb not null,
  counts bigint[],
  primary key (name, labels)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Where `delta` begins: every row below `low` is folded. Under a transaction held open for minutes deleted rows stay in
-- the index, and starting behind them keeps a fold and a scrape cheap. `next_low` becomes `low` once every transaction
-- older than `next_xid` has ended, for only they can still commit a row below it.
create table telemetry.mark (
  only_row boolean primary key default true check (only_row),
  low bigint not null default 1,
  next_low bigint not null default 1,
  next_xid xid8 not null default '0'
) with (fillfactor = 10);

insert into telemetry.mark default values;

-- What engines count of themselves: faults in what a model made, and processes that had to be started again.

insert into telemetry.metric (name, kind, help, labels) values
  ('tts_retakes_total', 'counter', 'Passages that an engine spoke a second time because something was wrong with them.',
    '{engine,reason}'),
  ('tts_faulty_passages_total', 'counter', 'Passages that went out with a fault, or cut before it.', '{engine,reason}'),
  ('tts_engine_restarts_total', 'counter', 'Processes of engines that died and were started again.', '{engine}');

grant select on all tables in schema telemetry to kiskadee_worker;
