-- The two calls of clones.sql as an edge of the release before makes them, for one recording. They go with the next release,
-- by a migration that drops them.

-- Admits an upload. The answer holds the id of the recording and where it is to be put.
--
-- p_form: {"name", "language", "tts_engine"?, "filename"}; p_malformed as everywhere.
create or replace function api.begin_recording(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  answer api.answer := api.begin_recordings(p_caller,
    p_form || jsonb_build_object('filenames', jsonb_build_array(p_form -> 'filename')),
    p_idempotency_key, p_request_hash, p_malformed);
begin
  if answer.status = 200 then
    answer.body := answer.body::jsonb ->> 0;
  end if;
  return answer;
end
$$;

-- The upload has ended: makes the voice, which is ready when its job is done.
--
-- p_form: as above, and {"consent"?, "webhook_url"?}.
create or replace function api.create_clone(
  p_caller api.credentials, p_recording uuid, p_bytes bigint, p_form jsonb, p_idempotency_key text, p_request_hash bytea,
  p_trace text
) returns api.answer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select c.* from api.clone_voice(p_caller,
    jsonb_build_array(jsonb_build_object('recording', p_recording, 'bytes', p_bytes)),
    p_form, p_idempotency_key, p_request_hash, p_trace) c
$$;

grant execute on function api.begin_recording, api.create_clone to kiskadee_speech;
