-- Recordings that callers hand in, and what is made of them. A recording that goes takes everything with it that came from
-- it; what lies in the storage is noted down and deleted by a worker.

create table speech.recording (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  key text not null,
  filename text not null,
  -- Null until the upload has ended; what stays without it is given up after an hour.
  bytes bigint,
  created_at timestamptz not null default clock_timestamp()
);

create index recording_by_owner on speech.recording (owner, id);

-- Objects that nobody may read any more.
create table speech.doomed_object (
  key text primary key,
  doomed_at timestamptz not null default clock_timestamp()
);

alter table speech.voice
  -- The job that makes the voice. A voice with a job and without a conditioning is not ready.
  add column job_id uuid,
  add column conditioning_key text,
  add column recording_id uuid references speech.recording on delete restrict,
  -- {"statement", "given_at", "trace"}: who made the recording agreed to its use.
  add column consent jsonb,
  -- What a morphed voice is made of: [{"voice_id", "weight"}] of voices that are no mixes themselves; the weights' sum is 1.
  add column mix jsonb;

create index voice_by_recording on speech.voice (recording_id) where recording_id is not null;
create index voice_by_job on speech.voice (job_id) where job_id is not null;

create function speech.doom(p_keys text[]) returns void
language sql as $$
  insert into speech.doomed_object (key) select k from unnest(p_keys) k where k is not null on conflict do nothing
$$;

-- Deletes voices with what was made for them, and the mixes that they are part of.
create function speech.forget_voices(p_voices text[]) returns void
language plpgsql as $$
declare
  forgotten text[];
begin
  update speech.voice v set deleted_at = clock_timestamp()
  where v.deleted_at is null and (v.id = any(p_voices)
    or exists (select from jsonb_array_elements(v.mix) part where part ->> 'voice_id' = any(p_voices)));
  with taken as (
    update speech.voice v set conditioning_key = null
    from (select id, conditioning_key from speech.voice where id = any(p_voices) for update) old
    where v.id = old.id and old.conditioning_key is not null
    returning old.conditioning_key as key
  )
  select array_agg(t.key) into forgotten from taken t;
  perform speech.doom(forgotten);
end
$$;

-- Deletes a recording with the voices that came from it.
create function speech.forget_recording(p_recording uuid) returns void
language plpgsql as $$
begin
  perform speech.forget_voices(array(select v.id from speech.voice v where v.recording_id = p_recording));
  update speech.voice v set recording_id = null where v.recording_id = p_recording;
  perform speech.doom(array(select r.key from speech.recording r where r.id = p_recording));
  delete from speech.recording r where r.id = p_recording;
end
$$;

-- What a worker is to delete now. Uploads that never ended are given up with it.
create function speech.doomed_objects(p_limit int) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform speech.forget_recording(r.id) from speech.recording r
  where r.bytes is null and r.created_at < clock_timestamp() - interval '1 hour';
  return query select o.key from speech.doomed_object o order by o.doomed_at limit p_limit;
end
$$;

create function speech.objects_deleted(p_keys text[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from speech.doomed_object o where o.key = any(p_keys)
$$;

grant execute on function speech.doomed_objects, speech.objects_deleted to kiskadee_worker;

create function speech.recording_body(p_recording speech.recording) returns jsonb
language sql stable as $$
  select jsonb_build_object('recording_id', api.wire_id('rec', p_recording.id), 'filename', p_recording.filename,
    'bytes', p_recording.bytes, 'created_at', api.wire_time(p_recording.created_at),
    'voices', coalesce((select jsonb_agg(v.id order by v.id) from speech.voice v
      where v.recording_id = p_recording.id and v.deleted_at is null), '[]'))
$$;

-- The caller's recordings, newest first; an admin sees everybody's.
create function api.list_recordings(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
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

create function api.delete_recording(p_caller api.credentials, p_recording uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  perform from speech.recording r
  where r.id = p_recording and (r.owner = caller.user_id or caller.role = 'admin') for update;
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such recording.');
  end if;
  perform speech.forget_recording(p_recording);
  return api.ok(caller, 204, null);
end
$$;

-- Deletes a voice of the caller, with its recording if it came from one. Jobs that have begun with it may still end well.
create or replace function api.delete_voice(p_caller api.credentials, p_voice text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  voice speech.voice;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into voice from speech.voice v where v.id = p_voice and speech.may_see(v, caller) for update;
  if not found then
    return speech.no_voice(caller);
  elsif voice.kind = 'builtin' then
    return api.problem(caller, 403, 'forbidden', 'Built-in voices cannot be deleted.');
  end if;
  perform speech.forget_voices(array[voice.id]);
  if voice.recording_id is not null then
    perform speech.forget_recording(voice.recording_id);
  end if;
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.list_recordings, api.delete_recording to kiskadee_speech;
