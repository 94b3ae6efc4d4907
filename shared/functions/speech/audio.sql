-- Where the files of a finished job lie: the audio, and when each word is heard, as JSON and as subtitles.

-- Where the audio lies: {"key", "content_type", "filename"}, for the edge; it streams the bytes.
create or replace function api.job_audio(p_caller api.credentials, p_job uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state queue.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null then
    return queue.no_job(caller);
  elsif state.kind = 'speech' and state.status = 'completed' then
    return api.ok(caller, 200, jsonb_build_object(
      'key', state.result ->> 'key', 'content_type', state.result ->> 'content_type',
      'filename', api.wire_id('job', p_job) || '.' || substring(state.result ->> 'key' from '[^.]+$')));
  elsif state.status in ('queued', 'running') then
    return api.problem(caller, 409, 'conflict', format('The audio is not there yet: the job is %s.', state.status), null, 1);
  end if;
  return api.problem(caller, 409, 'conflict', format('The job has no audio: it is %s.', state.status));
end
$$;

-- Where a file beside the audio lies, in the shape of api.job_audio. p_file: `timestamps.json`, `subtitles.vtt` or `subtitles.srt`.
create or replace function api.job_timestamps(p_caller api.credentials, p_job uuid, p_file text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state queue.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := queue.visible_job(caller, p_job);
  if state.job_id is null then
    return queue.no_job(caller);
  elsif state.status in ('queued', 'running') then
    return api.problem(caller, 409, 'conflict', format('The times are not there yet: the job is %s.', state.status), null, 1);
  elsif state.result ->> 'timestamps_key' is null then
    return api.problem(caller, 409, 'conflict', 'The job has no times of words: ask for them with `timestamps`, of an engine '
      'that knows them.');
  end if;
  return api.ok(caller, 200, jsonb_build_object(
    'key', replace(state.result ->> 'timestamps_key', 'timestamps.json', p_file),
    'content_type', case p_file when 'subtitles.vtt' then 'text/vtt; charset=utf-8'
      when 'subtitles.srt' then 'application/x-subrip; charset=utf-8' else 'application/json' end,
    'filename', api.wire_id('job', p_job) || substring(p_file from '\.[^.]+$')));
end
$$;

grant execute on function api.job_audio, api.job_timestamps to kiskadee_jobs;
