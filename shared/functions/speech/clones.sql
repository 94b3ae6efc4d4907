-- A voice from recordings. The upload lies between two calls: the first admits it and says where it goes, the second
-- enqueues the job. Nothing is decoded here; the worker judges the sound.

-- The engine that takes the voice: the one that was asked for, or the most preferred one that can.
create or replace function speech.voice_maker(p_engine text, p_language text, out engine speech.engine, out error jsonb)
language plpgsql stable as $$
declare
  able text;
begin
  select * into engine from speech.accepted_engines() e
  where e.makes_voices and e.name = coalesce(p_engine, e.name)
    and (p_language is null or speech.match_language(p_language, e.languages) is not null)
  order by e.rank, e.name limit 1;
  if found then
    return;
  end if;
  select string_agg(format('%s (%s)', e.name, array_to_string(e.languages, ', ')), '; ' order by e.rank, e.name) into able
  from speech.accepted_engines() e where e.makes_voices;
  error := api.fault(case when p_engine is null then 'language' else 'tts_engine' end, format(
    'no engine here makes voices so; those that do, with their languages: %s', coalesce(able, 'none')));
end
$$;

-- Admits an upload. The answer holds, in the order of the form, the id of each recording and where it is to be put:
-- [{"recording", "key"}].
--
-- p_form: {"name", "language", "tts_engine"?, "filenames"}; p_malformed as everywhere.
create or replace function api.begin_recordings(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  maker record;
  filename text;
  recording uuid;
  places jsonb := '[]';
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  -- A twin of a request that has been answered gets that answer, without another upload.
  answer := api.answered(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  maker := speech.voice_maker(p_form ->> 'tts_engine', p_form ->> 'language');
  answer := api.invalid(caller, p_malformed, case when maker.error is not null then jsonb_build_array(maker.error) end);
  if answer.status is not null then
    return answer;
  end if;
  answer := storage.refusal(caller);
  if answer.status is not null then
    return answer;
  end if;
  for filename in select f.name from jsonb_array_elements_text(p_form -> 'filenames') with ordinality f(name, place)
      order by f.place loop
    recording := queue.uuid7();
    insert into speech.recording (id, owner, key, filename)
    values (recording, caller.user_id, format('recordings/%s/audio', replace(recording::text, '-', '')), filename);
    perform storage.keep(format('recordings/%s/audio', replace(recording::text, '-', '')), 'speech', caller.user_id, 0);
    places := places || jsonb_build_object('recording', recording,
      'key', format('recordings/%s/audio', replace(recording::text, '-', '')));
  end loop;
  return api.ok(caller, 200, places);
end
$$;

-- The upload has ended: makes the voice, which is ready when its job is done.
--
-- p_recordings: [{"recording", "bytes"}] in the order of the form; p_form: as above, and {"consent"?, "webhook_url"?,
-- "uploads"?: ids of uploads that are recordings, too}.
create or replace function api.clone_voice(
  p_caller api.credentials, p_recordings jsonb, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Counted with the first call.
  caller api.caller := api.admit(row(p_caller.user_id, p_caller.issued_at, p_caller.key_hash, 0)::api.credentials, 'create');
  answer api.answer;
  recordings uuid[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  select array_agg((u.upload ->> 'recording')::uuid order by u.place) into recordings
  from jsonb_array_elements(p_recordings) with ordinality u(upload, place);
  perform from speech.recording r
  where r.id = any(recordings) and r.owner = caller.user_id and r.bytes is null order by r.id for update;
  if (select count(*) from speech.recording r
      where r.id = any(recordings) and r.owner = caller.user_id and r.bytes is null) <> cardinality(recordings) then
    answer := api.problem(caller, 409, 'conflict', 'The upload was given up meanwhile. Send it again.');
    -- Frees the key, so that it can be sent again.
    perform api.remember(caller, p_idempotency_key, answer);
    return answer;
  end if;
  update speech.recording r set bytes = u.bytes
  from jsonb_to_recordset(p_recordings) u(recording uuid, bytes bigint) where r.id = u.recording;
  perform storage.keep(r.key, 'speech', caller.user_id, r.bytes) from speech.recording r where r.id = any(recordings);
  answer := speech.take_clone(caller, recordings, p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The part of api.clone_voice behind the replay: the voice, its recordings, and the job that makes it.
create or replace function speech.take_clone(p_caller api.caller, p_recordings uuid[], p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  maker record := speech.voice_maker(p_form ->> 'tts_engine', p_form ->> 'language');
  engine speech.engine := maker.engine;
  new_voice text := api.wire_id('voice', queue.uuid7());
  job uuid;
  errors jsonb;
  uploads uuid[];
  recordings uuid[];
begin
  errors := case when maker.error is not null then jsonb_build_array(maker.error) end;
  uploads := array(select u::uuid from jsonb_array_elements_text(p_form -> 'uploads') with ordinality u(u, place) order by place);
  errors := nullif(coalesce(errors, '[]') || storage.upload_faults('upload_id', uploads, p_caller.user_id, 'speech'), '[]');
  if errors is not null then
    return api.invalid(p_caller, null, errors);
  end if;
  recordings := p_recordings || speech.record_uploads(uploads, p_caller.user_id);
  job := (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    'clone', 'clone:' || engine.name, 0, 200, jsonb_build_object('voice_id', new_voice, 'engine', engine.name)
      || speech.recording_args(recordings),
    null, null, null, null, null, p_form ->> 'webhook_url', p_trace, null, null, null, null)::queue.new_job]))[1];
  insert into speech.voice (id, owner, engine, name, kind, languages, job_id, consent)
  values (new_voice, p_caller.user_id, engine.name, p_form ->> 'name', 'cloned',
    array[speech.match_language(p_form ->> 'language', engine.languages)], job,
    jsonb_build_object('statement', coalesce(p_form ->> 'consent',
      'By sending the recording its sender declared to have the speaker''s consent.'),
      'given_at', api.wire_time(clock_timestamp()), 'trace', p_trace));
  insert into speech.voice_recording (voice_id, recording_id, place)
  select new_voice, u.id, u.place from unnest(recordings) with ordinality u(id, place);
  return api.ok(p_caller, 202, jsonb_build_object('job_id', api.wire_id('job', job),
    'status_url', '/api/v1/jobs/' || api.wire_id('job', job), 'voice_id', new_voice)
    || speech.recordings_body(new_voice));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Makes recordings of uploads, under their ids.
create or replace function speech.record_uploads(p_uploads uuid[], p_owner uuid) returns uuid[]
language plpgsql as $$
begin
  insert into speech.recording (id, owner, key, filename, bytes)
  select u.id, p_owner, u.key, u.filename, u.bytes from storage.take_uploads(p_uploads, p_owner, 'speech') u;
  return p_uploads;
end
$$;

-- What a worker reads of the recordings: {"recording_key"} of the only one, which a worker of the release before
-- understands, or {"recordings": [{"key", "filename"}]}, which it leaves to another.
create or replace function speech.recording_args(p_recordings uuid[]) returns jsonb
language sql stable as $$
  select case when count(*) = 1 then jsonb_build_object('recording_key', min(r.key))
    else jsonb_build_object('recordings',
      jsonb_agg(jsonb_build_object('key', r.key, 'filename', r.filename) order by u.place)) end
  from unnest(p_recordings) with ordinality u(id, place) join speech.recording r on r.id = u.id
$$;

-- Jobs that made voices have ended: what they made becomes usable, and what could not be made goes, with all its recordings.
-- A voice that was deleted meanwhile is not brought back: what was made for it goes, too.
create or replace function speech.keep_voices(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
begin
  for ended in select * from unnest(p_concluded) loop
    if ended.outcome = 'completed' then
      update speech.voice v set conditioning_key = ended.result ->> 'conditioning_key'
      where v.job_id = ended.job_id and v.deleted_at is null;
      if found then
        perform storage.keep(ended.result ->> 'conditioning_key', 'speech', ended.owner, 0);
      else
        perform storage.discard(array[ended.result ->> 'conditioning_key']);
      end if;
    else
      perform speech.forget_recordings_of(v.id) from speech.voice v where v.job_id = ended.job_id;
    end if;
  end loop;
end
$$;

grant execute on function api.begin_recordings, api.clone_voice to kiskadee_speech;

grant execute on function speech.keep_voices to kiskadee_worker;
