-- What can speak, over HTTP: models (engines) in OpenAI's shape, and voices.

create function speech.model_body(p_engine speech.engine) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', p_engine.name, 'object', 'model', 'created', extract(epoch from p_engine.created_at)::bigint,
    'owned_by', 'kiskadee', 'description', p_engine.description, 'languages', p_engine.languages,
    'sample_rate', p_engine.sample_rate, 'quality_profiles', p_engine.quality_profiles)
$$;

-- The engines that live workers serve now.
create function api.models(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select jsonb_build_object('object', 'list',
    'data', coalesce(jsonb_agg(speech.model_body(e) order by e.rank, e.name), '[]')) into body
  from speech.engine e
  where e.name in (select speech.live_engines());
  return api.ok(caller, 200, body);
end
$$;

-- Built-in voices belong to everybody; an admin sees all.
create function speech.may_see(p_voice speech.voice, p_caller api.caller) returns boolean
language sql immutable as $$
  select p_voice.deleted_at is null
    and (p_voice.owner is null or p_voice.owner = p_caller.user_id or p_caller.role = 'admin')
$$;

create function speech.voice_body(p_voice speech.voice) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'voice_id', p_voice.id, 'name', p_voice.name, 'kind', p_voice.kind, 'engine', p_voice.engine,
    'languages', case when cardinality(p_voice.languages) > 0 then p_voice.languages
      else coalesce((select e.languages from speech.engine e where e.name = p_voice.engine), '{}') end,
    'preview_url', case when p_voice.preview_key is not null then format('/api/v1/voices/%s/preview', p_voice.id) end,
    'created_at', api.wire_time(p_voice.created_at), 'lineage', p_voice.lineage)
$$;

-- Voices in the order of their ids; p_after is the last id of the page before.
create function api.list_voices(p_caller api.credentials, p_limit int, p_after text default null) returns api.answer
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

create function speech.no_voice(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such voice.')
$$;

create function api.get_voice(p_caller api.credentials, p_voice text) returns api.answer
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
create function api.voice_preview(p_caller api.credentials, p_voice text) returns api.answer
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

-- Deletes a voice of the caller. Jobs that were accepted with it still run.
create function api.delete_voice(p_caller api.credentials, p_voice text) returns api.answer
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
  update speech.voice v set deleted_at = clock_timestamp() where v.id = p_voice;
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.models, api.list_voices, api.get_voice, api.voice_preview, api.delete_voice to kiskadee_speech;
