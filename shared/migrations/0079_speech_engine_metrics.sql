-- What engines count of themselves: faults in what a model made, and processes that had to be started again.

insert into telemetry.metric (name, kind, help, labels) values
  ('tts_retakes_total', 'counter', 'Passages that an engine spoke a second time because something was wrong with them.',
    '{engine,reason}'),
  ('tts_faulty_passages_total', 'counter', 'Passages that went out with a fault, or cut before it.', '{engine,reason}'),
  ('tts_engine_restarts_total', 'counter', 'Processes of engines that died and were started again.', '{engine}');
