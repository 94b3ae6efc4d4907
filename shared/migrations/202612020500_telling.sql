-- phase: expand
-- What ties lines of logs together, and what the log of security is told of.

-- Where the work came from that an event tells of: the trace and the id of its request.
alter table webhook.message add column trace text;
alter type queue.concluded add attribute trace text;

-- Events of security that were not written to a log yet: the worker that leads tells them and deletes them. What the audit log holds is
-- here, too, for as long as nobody leads.
create table account.untold (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor uuid,
  via text not null,
  action text not null,
  subject uuid,
  client text,
  detail jsonb
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into telemetry.metric (name, kind, help, labels) values
  ('http_admission_refused_total', 'counter', 'Requests that an edge refused for a bound of its own, by the bound.', '{reason}');

insert into telemetry.metric (name, kind, help, labels, buckets) values
  ('http_request_size_bytes', 'histogram', 'Size of the body of a request, where it said so.', '{}',
    '{256,1024,4096,16384,65536,262144,1048576,4194304,16777216,67108864}'),
  ('http_response_size_bytes', 'histogram', 'Size of the body of an answer before it is compressed, where it is known: not of streams.', '{}',
    '{256,1024,4096,16384,65536,262144,1048576,4194304,16777216,67108864}'),
  ('tts_time_to_first_audio_seconds', 'histogram', 'Time from when a job is given to its engine to its first audio.', '{engine}',
    '{0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30,60}'),
  ('training_step_seconds', 'histogram', 'Time of a step of a run, as each run tells it every few seconds.', '{engine}',
    '{0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10,30}');
