-- What speech offers to the families that make voices: versions of trained voices, speech with weights that are nobody's voice yet, and
-- languages.

-- Which of the offered language tags serves the wanted one, or null: the same tag; else the longest offered prefix of
-- the wanted one (`en` serves `en-GB`); else the first offered tag that begins with it (`en-US` serves `en`).
create or replace function speech.match_language(p_wanted text, p_offered text[]) returns text
language sql immutable parallel safe as $$
  select o.tag
  from unnest(p_offered) with ordinality o(tag, place),
    lateral (select lower(replace(o.tag, '_', '-')) as offered, lower(replace(p_wanted, '_', '-')) as wanted) t
  where t.offered = t.wanted or starts_with(t.wanted, t.offered || '-') or starts_with(t.offered, t.wanted || '-')
  order by t.offered = t.wanted desc, starts_with(t.wanted, t.offered || '-') desc,
    case when starts_with(t.wanted, t.offered || '-') then length(t.offered) end desc nulls last, o.place
  limit 1
$$;

-- The weights of a trained voice of an engine that the caller may use.
create or replace function speech.weights_of(p_caller api.caller, p_voice text, p_engine text) returns text
language sql stable as $$
  select speech.weights_key(p_voice) from speech.voice v
  where v.id = speech.plain_voice(p_voice) and v.kind = 'trained' and v.engine = p_engine and speech.may_see(v, p_caller)
$$;

-- A voice whose first version is being made.
create or replace function speech.begin_trained(
  p_voice text, p_owner uuid, p_engine text, p_name text, p_language text, p_job uuid, p_consent jsonb
) returns void
language sql as $$
  insert into speech.voice (id, owner, engine, name, kind, languages, job_id, consent)
  select p_voice, p_owner, p_engine, p_name, 'trained',
    coalesce((select array[speech.match_language(p_language, e.languages)] from speech.engine e where e.name = p_engine), array[p_language]),
    p_job, p_consent
$$;

-- What keeps a voice from having another version: [{"field", "message"}], or null.
create or replace function speech.next_version_faults(p_caller api.caller, p_voice text) returns jsonb
language sql stable as $$
  select case
    when v.id is null then jsonb_build_array(api.fault('voice_id', format('there is no trained voice %s', to_json(p_voice))))
    when not speech.is_ready(v) then jsonb_build_array(api.fault('voice_id', format('the voice %s is still being made', p_voice))) end
  from (select) one
  left join speech.voice v on v.id = p_voice and v.kind = 'trained' and speech.may_see(v, p_caller)
$$;

-- Adds a version. Returns its number, or null where the voice was deleted meanwhile.
create or replace function speech.add_version(
  p_voice text, p_key text, p_bytes bigint, p_checkpoint uuid, p_dataset uuid, p_job uuid, p_make_current boolean
) returns int
language plpgsql as $$
declare
  voice speech.voice;
  before int;
  added int;
begin
  select * into voice from speech.voice v where v.id = p_voice and v.deleted_at is null for update;
  if not found then
    return null;
  end if;
  select max(v.version) filter (where v.is_current), coalesce(max(v.version), 0) + 1 into before, added
  from speech.voice_version v where v.voice_id = p_voice;
  perform storage.keep(p_key, 'speech', voice.owner, p_bytes);
  insert into speech.voice_version (voice_id, version, key, bytes, checkpoint_id, dataset_id, job_id, previous)
  values (p_voice, added, p_key, p_bytes, p_checkpoint, p_dataset, p_job, before);
  if p_make_current or before is null then
    perform speech.make_current(p_voice, added);
  end if;
  return added;
end
$$;

-- Makes a version the current one. Returns the number of the one before, its own if there was none; null where there is no such version.
create or replace function speech.make_current(p_voice text, p_version int) returns int
language plpgsql as $$
declare
  before int;
  chosen speech.voice_version;
begin
  perform from speech.voice v where v.id = p_voice and v.deleted_at is null for update;
  select * into chosen from speech.voice_version v where v.voice_id = p_voice and v.version = p_version;
  if not found then
    return null;
  end if;
  select v.version into before from speech.voice_version v where v.voice_id = p_voice and v.is_current;
  update speech.voice_version v set is_current = false where v.voice_id = p_voice and v.is_current;
  update speech.voice_version v set is_current = true where v.voice_id = p_voice and v.version = p_version;
  update speech.voice v set conditioning_key = chosen.key where v.id = p_voice;
  return coalesce(before, p_version);
end
$$;

-- The voice of a job that made nothing goes, if it has nothing else.
create or replace function speech.drop_unmade(p_job uuid) returns void
language sql as $$
  delete from speech.voice v where v.job_id = p_job and v.kind = 'trained' and v.conditioning_key is null
    and not exists (select from speech.voice_version x where x.voice_id = v.id)
$$;

-- Deletes the voices of which a version came of a dataset, with the mixes that they are part of.
create or replace function speech.forget_voices_of_dataset(p_dataset uuid) returns void
language sql as $$
  select speech.forget_voices(array(select distinct v.voice_id from speech.voice_version v where v.dataset_id = p_dataset))
$$;

create or replace function speech.version_of_checkpoint(p_checkpoint uuid) returns speech.voice_version
language sql stable as $$
  select v from speech.voice_version v where v.checkpoint_id = p_checkpoint order by v.created_at desc limit 1
$$;

-- The dataset that a trained voice came of, as it is spoken with now.
create or replace function speech.dataset_of_voice(p_voice text) returns uuid
language sql stable as $$
  select v.dataset_id from speech.voice_version v where v.voice_id = speech.plain_voice(p_voice)
  order by v.key = speech.weights_key(p_voice) desc limit 1
$$;

create or replace function speech.version_of_job(p_job uuid) returns speech.voice_version
language sql stable as $$
  select v from speech.voice_version v where v.job_id = p_job
$$;

-- All versions of a trained voice that the caller may see, the newest first; null where there is no such voice.
create or replace function speech.versions_body(p_caller api.caller, p_voice text) returns jsonb
language sql stable as $$
  select (select coalesce(jsonb_agg(jsonb_build_object('version', x.version, 'current', x.is_current, 'bytes', x.bytes,
      'checkpoint_id', api.wire_id('checkpoint', x.checkpoint_id), 'dataset_id', api.wire_id('dataset', x.dataset_id),
      'created_at', api.wire_time(x.created_at)) order by x.version desc), '[]')
    from speech.voice_version x where x.voice_id = v.id)
  from speech.voice v where v.id = p_voice and v.kind = 'trained' and speech.may_see(v, p_caller)
$$;

-- Takes in a text that is spoken with weights that are no voice of anybody's. p_voice is what the answer calls them.
create or replace function speech.take_with_weights(
  p_caller api.caller, p_item jsonb, p_engine text, p_voice text, p_key text, p_trace text
) returns api.answer
language plpgsql as $$
declare
  -- `default` keeps the plan from looking for a voice that is not there.
  item jsonb := p_item || jsonb_build_object('voice_id', 'default', 'tts_engine', p_engine);
  work record;
  refusal api.answer;
  job queue.new_job;
  job_id text;
begin
  work := speech.plan(p_caller, jsonb_build_array(item), speech.priority_of(item), null, p_trace);
  refusal := coalesce(api.invalid(p_caller, null, work.errors), storage.refusal(p_caller));
  if refusal.status is not null then
    return refusal;
  end if;
  job := work.jobs[1];
  job.args := job.args || jsonb_build_object('voice_id', p_voice, 'voice_parts', jsonb_build_array(
    jsonb_build_object('voice_id', p_voice, 'weight', 1, 'conditioning_key', p_key)));
  job_id := api.wire_id('job', (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[job]))[1]);
  perform speech.count_created(array[job]);
  return api.ok(p_caller, 202, jsonb_build_object('job_id', job_id, 'status_url', '/api/v1/jobs/' || job_id,
    'audio_url', format('/api/v1/jobs/%s/audio', job_id), 'voice', p_voice));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Who speaks for a name, as a worker reads it: {"engine", "voice_id", "voice_parts"?}; or what is wrong with the name. `base` is the voice
-- that the engine chooses for the language.
create or replace function speech.speaker(
  p_caller api.caller, p_name text, p_engine text, p_language text, out speaker jsonb, out errors jsonb
) language plpgsql stable as $$
declare
  voice text := case p_name when 'base' then 'default' else p_name end;
  resolved record := speech.resolve(p_caller, case p_name when 'base' then p_engine end, voice, p_language);
begin
  errors := nullif(resolved.errors, '[]');
  if errors is null then
    speaker := jsonb_strip_nulls(jsonb_build_object('engine', resolved.engine, 'voice_id', voice,
      'voice_parts', speech.parts_of_voice(voice)));
  end if;
end
$$;

-- The first language of a voice; null where it has none of its own.
create or replace function speech.language_of(p_voice text) returns text
language sql stable as $$
  select v.languages[1] from speech.voice v where v.id = speech.plain_voice(p_voice)
$$;
