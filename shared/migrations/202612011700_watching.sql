-- What the leader measures for those who watch, and more to count.

-- Of which only one should ask, or what would cost a scrape too much. Each measurement replaces the rows of its subject, so what is gone
-- (a table, a standby) is gone here, too. After a crash the next measurement fills it again.
create unlogged table telemetry.measured (
  subject text not null,
  name text not null,
  labels jsonb not null,
  value double precision not null,
  primary key (name, labels)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

create unlogged table telemetry.measurement (
  subject text primary key,
  at timestamptz not null
) with (fillfactor = 50);

-- Declared without the label that they have.
delete from telemetry.metric where name in ('worker_storage_free_bytes', 'worker_loop_age_seconds');

insert into telemetry.metric (name, kind, help, labels) values
  ('worker_storage_free_bytes', 'gauge', 'Free space in the directory to which a worker writes results.', '{worker}'),
  ('worker_loop_age_seconds', 'gauge', 'Seconds by which the last turn of the slowest loop of a worker is past its time.', '{worker}'),
  ('build_info', 'gauge', 'Processes that are alive, by what they are and their version.', '{component,version}'),
  ('fleet_measured_timestamp_seconds', 'gauge', 'When the worker that leads last measured the system; 0 before the first time.', '{}'),
  ('worker_slots', 'gauge', 'Jobs that the live workers can run at once.', '{}'),
  ('worker_clock_skew_seconds', 'gauge', 'By how much the clock of a worker is ahead of that of the database.', '{worker}'),
  ('worker_load_average', 'gauge', 'Load of the machine of a worker in the last minute.', '{worker}'),
  ('gpu_memory_total_bytes', 'gauge', 'Device memory.', '{worker,device}'),
  ('gpu_power_watts', 'gauge', 'Power that the device draws.', '{worker,device}'),
  ('gpu_temperature_celsius', 'gauge', 'Temperature of the device.', '{worker,device}'),
  ('gpu_sm_clock_hertz', 'gauge', 'Clock of the processors of the device.', '{worker,device}'),
  ('gpu_throttled', 'gauge', 'Whether heat or hardware slows the device down.', '{worker,device,reason}'),
  ('gpu_ecc_errors_total', 'counter', 'Errors of the memory of the device that could not be corrected, since its driver was loaded.',
    '{worker,device}'),

  ('queue_scheduled_jobs', 'gauge', 'Jobs that wait for their time: a schedule, or a retry.', '{}'),
  ('queue_cost_waiting', 'gauge', 'Cost of the jobs that could run now and wait for a worker.', '{queue}'),
  ('queue_cost_per_second', 'gauge', 'Cost that the live workers get through, as they measure it.', '{queue}'),
  ('queue_paused', 'gauge', 'Whether an operator paused a queue.', '{queue}'),
  ('queue_attempts_total', 'counter', 'Attempts that a worker ended or that were taken back, by how they did.', '{queue,outcome}'),
  ('queue_rescues_total', 'counter', 'Jobs that were taken back: from a dead worker (crash), or past their deadline (timeout).', '{reason}'),
  ('queue_leader_changes_total', 'counter', 'How often another worker took the lead.', '{}'),
  ('queue_stranded_jobs', 'gauge', 'Jobs that neither wait, run nor have ended, and so were lost.', '{}'),
  ('queue_partitions', 'gauge', 'Days of finished jobs for which a partition exists.', '{}'),
  ('queue_partitions_until_timestamp_seconds', 'gauge', 'The end of the last day for which a partition exists.', '{}'),
  ('queue_done_default_rows', 'gauge', 'Estimated rows of finished jobs that lie in the partition of no day.', '{}'),

  ('storage_file_bytes', 'gauge', 'Bytes of the files of all owners that are kept.', '{family}'),
  ('storage_files', 'gauge', 'Files of all owners that are kept.', '{family}'),
  ('storage_discarded_objects', 'gauge', 'Objects that were given up and are not deleted yet.', '{}'),
  ('storage_uploads_open', 'gauge', 'Uploads in parts that have begun and not ended.', '{}'),

  ('webhook_waiting_messages', 'gauge', 'Webhooks that are to be sent, now or at a later attempt.', '{}'),
  ('webhook_parked_messages', 'gauge', 'Webhooks that were given up after all attempts.', '{}'),
  ('webhook_oldest_seconds', 'gauge', 'By how much the longest due webhook is past its time.', '{}'),
  ('webhook_attempts_total', 'counter', 'Attempts to send a webhook, by what followed.', '{outcome}'),

  ('accounts', 'gauge', 'Accounts, by role and whether they are enabled.', '{role,state}'),
  ('accounts_active', 'gauge', 'Accounts for which results were made in the last day, week or month.', '{within}'),
  ('api_keys', 'gauge', 'API keys that can be used.', '{}'),
  ('tts_characters_total', 'counter', 'Cost of the speech jobs enqueued: the characters of each text and a little for each job.',
    '{engine,language}'),
  ('http_rate_limited_total', 'counter', 'Requests that were refused because their sender made too many, by class of route.', '{class}'),
  ('queue_admission_refused_total', 'counter', 'Work refused: by a full queue or storage, or by what its owner may have queued or stored.', '{reason}'),
  ('security_events_total', 'counter', 'Entries of the log of who did what, by action.', '{action}'),

  ('postgres_connections', 'gauge', 'Sessions of this database, by state.', '{state}'),
  ('postgres_max_connections', 'gauge', 'Sessions that the server allows.', '{}'),
  ('postgres_oldest_transaction_seconds', 'gauge', 'Age of the oldest transaction of this database; 0 without one.', '{}'),
  ('postgres_oldest_snapshot_transactions', 'gauge', 'Transactions since the oldest that anything in the server still looks at.', '{}'),
  ('postgres_frozen_transactions', 'gauge', 'Transactions since the oldest row of this database that is not frozen.', '{}'),
  ('postgres_dead_rows', 'gauge', 'Estimated dead rows of the busy tables.', '{table}'),
  ('postgres_live_rows', 'gauge', 'Estimated live rows of the busy tables.', '{table}'),
  ('postgres_vacuum_age_seconds', 'gauge', 'Time since the busy tables were last vacuumed.', '{table}'),
  ('postgres_table_bytes', 'gauge', 'Size of the busy tables with their indexes.', '{table}'),
  ('postgres_database_bytes', 'gauge', 'Size of this database.', '{}'),
  ('postgres_wal_bytes_total', 'counter', 'Write-ahead log written since the server was made.', '{}'),
  ('postgres_replicas', 'gauge', 'Standbys that are connected.', '{}'),
  ('postgres_replication_lag_seconds', 'gauge', 'Time by which the slowest standby is behind; 0 without one.', '{}'),
  ('postgres_replication_lag_bytes', 'gauge', 'Write-ahead log that the slowest standby has not replayed; 0 without one.', '{}'),
  ('postgres_block_hits_total', 'counter', 'Blocks of this database that were found in memory.', '{}'),
  ('postgres_block_reads_total', 'counter', 'Blocks of this database that had to be read.', '{}'),
  ('postgres_transactions_total', 'counter', 'Transactions of this database, by their end.', '{end}'),
  ('postgres_deadlocks_total', 'counter', 'Deadlocks of this database.', '{}'),
  ('postgres_temporary_bytes_total', 'counter', 'Bytes written to temporary files by queries that did not fit in memory.', '{}'),
  ('postgres_started_timestamp_seconds', 'gauge', 'When the server was started.', '{}'),
  ('schema_version', 'gauge', 'The last migration that was applied, by its number.', '{}');

insert into telemetry.metric (name, kind, help, labels, buckets) values
  ('queue_wait_seconds', 'histogram', 'Time from when a job could run to its start.', '{priority}',
    '{0.05,0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,3600}'),
  ('queue_claim_jobs', 'histogram', 'Jobs of a claim that found some.', '{}', '{1,2,4,8,16,32,64,128}'),
  ('queue_claim_seconds', 'histogram', 'Time of a claim, as its worker waits for it.', '{}',
    '{0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5}'),
  ('webhook_attempt_seconds', 'histogram', 'Time of an attempt to send a webhook.', '{}', '{0.05,0.1,0.25,0.5,1,2.5,5,10,30}'),
  ('tts_real_time_factor', 'histogram', 'Time to make audio over how long it sounds.', '{engine}',
    '{0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5}');

insert into telemetry.metric (name, kind, help, labels) values
  ('audio_seconds_total', 'counter', 'Length of the audio that was made.', '{engine}');

-- How long each job had waited when it was claimed.
alter type queue.claimed add attribute waited_ms int;

-- A counter that Postgres keeps is read, not added up here.
alter table telemetry.metric add column measured boolean not null default false;
update telemetry.metric m set measured = true where m.name like 'postgres%' and m.kind = 'counter';
