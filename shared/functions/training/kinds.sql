-- The kinds of job that make datasets, where the training's objects lie, what uploads it takes, and what it has of people.

insert into queue.kind (kind, family, on_concluded, present, event_fields, max_attempts, timeout_s) values
  ('dataset_import', 'training', 'training.end_imports', 'training.present_steps', '{summary}', 3, 3600),
  ('dataset_download', 'training', 'training.end_imports', 'training.present_steps', '{summary}', 3, 43200),
  ('dataset_fetch', 'training', 'training.end_imports', 'training.present_steps', '{summary}', 3, 7200),
  ('dataset_segment', 'training', 'training.end_segmentations', 'training.present_steps', '{summary}', 3, 7200),
  ('dataset_transcribe', 'training', 'training.end_transcriptions', 'training.present_steps', '{summary}', 3, 3600)
on conflict (kind) do update set family = excluded.family, on_concluded = excluded.on_concluded,
  present = excluded.present, event_fields = excluded.event_fields, max_attempts = excluded.max_attempts,
  timeout_s = excluded.timeout_s;

insert into queue.kind (kind, family, links, event_fields, max_attempts, timeout_s) values
  ('dataset_export', 'training', '{"download_url": "/training/dataset/export/{job}"}', '{clips,bytes}', 3, 3600)
on conflict (kind) do update set family = excluded.family, links = excluded.links, event_fields = excluded.event_fields,
  max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s;

insert into queue.lane (batch_key) values ('training:dataset'), ('training:download') on conflict do nothing;

insert into storage.prefix (prefix, family) values ('datasets', 'training')
on conflict (prefix) do update set family = excluded.family, kept_by = excluded.kept_by, expired_by = excluded.expired_by;

insert into storage.intake (family, upload_bytes, owner_bytes, uploads) values ('training', 512 << 20, 20::bigint << 30, 64)
on conflict (family) do update set upload_bytes = excluded.upload_bytes, owner_bytes = excluded.owner_bytes,
  uploads = excluded.uploads;

insert into account.holding (family, erased_by, exported_by) values
  ('training', 'training.erase_owner', 'training.export_owner')
on conflict (family) do update set erased_by = excluded.erased_by, exported_by = excluded.exported_by;

-- What a step made, as it is shown: its summary. The rest of a result is for the rows that are made of it.
create or replace function training.present_steps(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, coalesce(s.result -> 'summary', '{}') from unnest(p_states) s
$$;

-- Slices are no jobs of anybody's: their run is what is shown, and what its owner is told of.
insert into queue.kind (kind, family, hidden, on_concluded, present, event_fields, max_attempts, timeout_s) values
  ('training', 'training', true, 'training.slices_ended', null, '{}', 5, 3600),
  ('training_load', 'training', false, 'training.loads_ended', 'training.present_loads', '{voice_id}', 3, 300),
  ('comparison', 'training', false, 'training.comparisons_ended', 'training.present_comparisons', '{}', 3, 900)
on conflict (kind) do update set family = excluded.family, hidden = excluded.hidden, on_concluded = excluded.on_concluded,
  present = excluded.present, event_fields = excluded.event_fields, max_attempts = excluded.max_attempts,
  timeout_s = excluded.timeout_s;

insert into queue.lane (batch_key) values ('training:slice'), ('training:speech'), ('training:speech:xtts') on conflict do nothing;

insert into storage.prefix (prefix, family) values ('training', 'training')
on conflict (prefix) do update set family = excluded.family, kept_by = excluded.kept_by, expired_by = excluded.expired_by;
