-- When each word is heard: as JSON, and as subtitles.

-- Where a file beside the audio lies, in the shape of api.job_audio. p_file: `timestamps.json` or `subtitles.vtt`.
create function api.job_timestamps(p_caller api.credentials, p_job uuid, p_file text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  state speech.job_state;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  state := speech.visible_job(caller, p_job);
  if state.job_id is null then
    return speech.no_job(caller);
  elsif state.status in ('queued', 'running') then
    return api.problem(caller, 409, 'conflict', format('The times are not there yet: the job is %s.', state.status), null, 1);
  elsif state.result ->> 'timestamps_key' is null then
    return api.problem(caller, 409, 'conflict', 'The job has no times of words: ask for them with `timestamps`, of an engine '
      'that knows them.');
  end if;
  return api.ok(caller, 200, jsonb_build_object(
    'key', replace(state.result ->> 'timestamps_key', 'timestamps.json', p_file),
    'content_type', case p_file when 'subtitles.vtt' then 'text/vtt; charset=utf-8' else 'application/json' end,
    'filename', api.wire_id('job', p_job) || substring(p_file from '\.[^.]+$')));
end
$$;

-- What a finished job made, without where it lies.
create or replace function speech.result_body(p_state speech.job_state) returns jsonb
language sql immutable as $$
  select case
    when p_state.status <> 'completed' then null
    when p_state.kind = 'speech' then
      jsonb_build_object('audio_url', format('/api/v1/jobs/%s/audio', api.wire_id('job', p_state.job_id)))
        || (p_state.result - 'key' - 'timestamps_key')
        || case when p_state.result ? 'timestamps_key' then jsonb_build_object(
          'timestamps_url', format('/api/v1/jobs/%s/timestamps', api.wire_id('job', p_state.job_id)),
          'subtitles_url', format('/api/v1/jobs/%s/subtitles', api.wire_id('job', p_state.job_id))) else '{}' end
    when p_state.kind = 'clone' then p_state.result - 'conditioning_key'
    when p_state.kind = 'stream' then p_state.result end
$$;

grant execute on function api.job_timestamps to kiskadee_speech;
