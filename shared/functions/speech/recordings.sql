-- Recordings that callers handed in. A recording that goes takes everything with it that came from it.

-- Deletes the recordings of a voice, and so the voice.
create or replace function speech.forget_recordings_of(p_voice text) returns void
language plpgsql as $$
begin
  perform speech.forget_recording(r) from unnest(array(
    select l.recording_id from speech.voice_recording l where l.voice_id = p_voice order by l.recording_id)) r;
end
$$;

-- Deletes a recording with the voices that came from it.
create or replace function speech.forget_recording(p_recording uuid) returns void
language plpgsql as $$
begin
  perform speech.forget_voices(array(
    select l.voice_id from speech.voice_recording l where l.recording_id = p_recording));
  perform storage.discard(array(select r.key from speech.recording r where r.id = p_recording));
  delete from speech.recording r where r.id = p_recording;
end
$$;

-- Gives up recordings whose upload never ended.
create or replace function speech.forget_unfinished_recordings() returns void
language sql as $$
  select speech.forget_recording(r.id) from speech.recording r
  where r.bytes is null and r.created_at < clock_timestamp() - interval '1 hour'
$$;

-- A recording as it looks outside, with the voices that came from it.
create or replace function speech.recording_body(p_recording speech.recording) returns jsonb
language sql stable as $$
  select jsonb_build_object('recording_id', api.wire_id('rec', p_recording.id), 'filename', p_recording.filename,
    'bytes', p_recording.bytes, 'created_at', api.wire_time(p_recording.created_at),
    'voices', coalesce((select jsonb_agg(v.id order by v.id)
      from speech.voice_recording l join speech.voice v on v.id = l.voice_id
      where l.recording_id = p_recording.id and v.deleted_at is null), '[]'))
$$;

-- What a body tells of the recordings of a voice: {"recording_id"}, and {"recording_ids"} where there are several.
create or replace function speech.recordings_body(p_voice text) returns jsonb
language sql stable as $$
  select case count(*) when 0 then '{}' else jsonb_build_object('recording_id', (array_agg(l.wire order by l.place))[1]) end
    || case when count(*) > 1 then jsonb_build_object('recording_ids', jsonb_agg(l.wire order by l.place)) else '{}' end
  from (select api.wire_id('rec', r.recording_id) as wire, r.place
    from speech.voice_recording r where r.voice_id = p_voice) l
$$;

-- The caller's recordings, newest first; an admin sees everybody's.
create or replace function api.list_recordings(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_recordings speech.recording[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select array_agg(page) into found_recordings from (
    select r.* from speech.recording r
    where (r.owner = caller.user_id or caller.role = 'admin') and r.bytes is not null
      and r.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by r.id desc limit p_limit + 1
  ) page;
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.recording_body(r) order by r.id desc), '[]'),
    'next_cursor', case when cardinality(found_recordings) > p_limit
      then api.wire_id('rec', found_recordings[p_limit].id) end) into body
  from unnest(found_recordings[:p_limit]) r;
  return api.ok(caller, 200, body);
end
$$;

create or replace function api.delete_recording(p_caller api.credentials, p_recording uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  -- The voices before the recording, as they are locked by whoever deletes a voice.
  perform from speech.voice v
  where v.id in (select l.voice_id from speech.voice_recording l where l.recording_id = p_recording)
  order by v.id for update;
  perform from speech.recording r
  where r.id = p_recording and (r.owner = caller.user_id or caller.role = 'admin') for update;
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such recording.');
  end if;
  perform speech.forget_recording(p_recording);
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.list_recordings, api.delete_recording to kiskadee_speech;
