-- Voices over HTTP: what there is to speak with, and who may use which.

-- Built-in voices belong to everybody; an admin sees all.
create or replace function speech.may_see(p_voice speech.voice, p_caller api.caller) returns boolean
language sql immutable as $$
  select p_voice.deleted_at is null
    and (p_voice.owner is null or p_voice.owner = p_caller.user_id or p_caller.role = 'admin')
$$;

-- Whether somebody can speak with the voice already.
create or replace function speech.is_ready(p_voice speech.voice) returns boolean
language sql immutable as $$
  select p_voice.job_id is null or p_voice.conditioning_key is not null
$$;

create or replace function speech.no_voice(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such voice.')
$$;

-- What a voice was made from, where it stands, and what its licence allows.
create or replace function speech.voice_body(p_voice speech.voice) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'voice_id', p_voice.id, 'name', p_voice.name, 'kind', p_voice.kind, 'engine', p_voice.engine,
    'ready', speech.is_ready(p_voice),
    'languages', case when cardinality(p_voice.languages) > 0 then p_voice.languages
      else coalesce((select e.languages from speech.engine e where e.name = p_voice.engine), '{}') end,
    'preview_url', case when p_voice.preview_key is not null then format('/api/v1/voices/%s/preview', p_voice.id) end,
    'created_at', api.wire_time(p_voice.created_at),
    'lineage', nullif(speech.recordings_body(p_voice.id)
      || jsonb_strip_nulls(jsonb_build_object('consent', p_voice.consent, 'mix', p_voice.mix)), '{}'),
    'licence', speech.licence_of(p_voice))
$$;

create or replace function api.get_voice(p_caller api.credentials, p_voice text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  voice speech.voice;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into voice from speech.voice v where v.id = p_voice and speech.may_see(v, caller);
  if not found then
    return speech.no_voice(caller);
  end if;
  return api.ok(caller, 200, speech.voice_body(voice));
end
$$;

-- Where the sample of a voice lies, in the shape of api.job_audio.
create or replace function api.voice_preview(p_caller api.credentials, p_voice text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  voice speech.voice;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into voice from speech.voice v where v.id = p_voice and speech.may_see(v, caller);
  if not found then
    return speech.no_voice(caller);
  elsif voice.preview_key is null then
    return api.problem(caller, 404, 'not_found', 'This voice has no preview.');
  end if;
  return api.ok(caller, 200, jsonb_build_object(
    'key', voice.preview_key, 'content_type', 'audio/wav', 'filename', voice.id || '.wav'));
end
$$;

-- Deletes voices with what was made for them, and the mixes that they are part of.
create or replace function speech.forget_voices(p_voices text[]) returns void
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
  -- The current version's weights are those of the voice.
  perform storage.discard(array(select distinct k from unnest(forgotten || speech.forget_versions(p_voices)) k));
end
$$;

-- Deletes a voice of the caller, with all recordings that it came from. Jobs that have begun with it may still end well.
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
  perform speech.forget_recordings_of(voice.id);
  return api.ok(caller, 204, null);
end
$$;

-- Voices in the order of their ids, for edges of the release before; p_after is the last id of the page before.
create or replace function api.list_voices(p_caller api.credentials, p_limit int, p_after text default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_voices speech.voice[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select array_agg(page) into found_voices from (
    select v.* from speech.voice v
    where v.id collate "C" > coalesce(p_after, '') and speech.may_see(v, caller)
    order by v.id collate "C" limit p_limit + 1
  ) page;
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.voice_body(v) order by v.id collate "C"), '[]'),
    'next_cursor', case when cardinality(found_voices) > p_limit then found_voices[p_limit].id end) into body
  from unnest(found_voices[:p_limit]) v;
  return api.ok(caller, 200, body);
end
$$;

grant execute on function api.list_voices, api.get_voice, api.voice_preview, api.delete_voice to kiskadee_speech;
