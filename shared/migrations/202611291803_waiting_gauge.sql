-- How many jobs are behind their gates, which neither the depth of a queue nor what is scheduled tells.
insert into telemetry.metric (name, kind, help) values
  ('queue_waiting_jobs', 'gauge', 'Jobs that wait for others to end, the archives of batches among them.');
