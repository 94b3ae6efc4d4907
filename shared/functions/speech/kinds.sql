-- The kinds of job that speech has, and how their results are shown.

insert into queue.kind (kind, family, on_concluded, present, links, event_fields, max_attempts, timeout_s,
  completed_metric, failed_metric)
values
  ('speech', 'speech', null, 'speech.present_speech', '{"audio_url": "/api/v1/jobs/{job}/audio"}',
    '{duration_seconds,bytes}', null, null, 'tts_jobs_completed_total', 'tts_jobs_failed_total'),
  -- Nothing about it is tried again: an error is told to the listener, who decides.
  ('stream', 'speech', null, 'speech.present_stream', '{}',
    '{duration_seconds,bytes}', 1, null, 'tts_jobs_completed_total', 'tts_jobs_failed_total'),
  ('clone', 'speech', 'speech.keep_voices', null, '{}',
    '{duration_seconds,bytes}', 3, 300, null, null)
on conflict (kind) do update set family = excluded.family, on_concluded = excluded.on_concluded,
  present = excluded.present, links = excluded.links, event_fields = excluded.event_fields,
  max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s,
  completed_metric = excluded.completed_metric, failed_metric = excluded.failed_metric;

-- A batch of texts, whose audio an archive holds.
insert into queue.group_kind (kind, family, closing_kind, closing_batch_key, closing_cost, event_prefix, download_path)
values ('tts', 'speech', 'archive', 'archive:zip', 100, 'batch', '/api/v1/advanced/batch-tts/{batch}/download')
on conflict (kind) do update set family = excluded.family, closing_kind = excluded.closing_kind,
  closing_batch_key = excluded.closing_batch_key, closing_cost = excluded.closing_cost,
  event_prefix = excluded.event_prefix, download_path = excluded.download_path;

insert into storage.prefix (prefix, family, expired_by) values
  ('recordings', 'speech', 'speech.forget_unfinished_recordings'),
  ('voices', 'speech', null),
  ('previews', 'speech', 'speech.forget_old_previews')
on conflict (prefix) do update set family = excluded.family, kept_by = excluded.kept_by, expired_by = excluded.expired_by;

insert into storage.intake (family, upload_bytes, owner_bytes, uploads) values ('speech', 100 << 20, 2::bigint << 30, 16)
on conflict (family) do update set upload_bytes = excluded.upload_bytes, owner_bytes = excluded.owner_bytes,
  uploads = excluded.uploads;

-- Speech that is kept: with where its times are to be had, and the licence of the voice that spoke.
create or replace function speech.present_speech(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, queue.public_result(s.result)
    || case when s.result ? 'timestamps_key' then jsonb_build_object(
      'timestamps_url', format('/api/v1/jobs/%s/timestamps', api.wire_id('job', s.job_id)),
      'subtitles_url', format('/api/v1/jobs/%s/subtitles', api.wire_id('job', s.job_id))) else '{}' end
    || speech.licence_of_result(s.result)
  from unnest(p_states) s
$$;

-- Speech that somebody listened to: there is nothing left to fetch.
create or replace function speech.present_stream(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, queue.public_result(s.result) || speech.licence_of_result(s.result) from unnest(p_states) s
$$;

insert into account.holding (family, erased_by, exported_by) values
  ('speech', 'speech.erase_owner', 'speech.export_owner')
on conflict (family) do update set erased_by = excluded.erased_by, exported_by = excluded.exported_by;
