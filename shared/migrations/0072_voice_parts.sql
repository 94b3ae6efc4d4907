-- Voices that are not an engine's own: what a job must carry so that any worker can speak with them.

alter table speech.engine
  -- Whether it can take voices from recordings and mix voices.
  add column makes_voices boolean not null default false;

create or replace function speech.announce(p_engines jsonb, p_voices jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  insert into speech.engine as e (name, rank, languages, description, sample_rate, quality_profiles, makes_voices)
  select a.name, coalesce(a.rank, speech.default_rank(a.name)), coalesce(a.languages, '{}'), coalesce(a.description, ''),
    coalesce(a.sample_rate, 24000), coalesce(a.quality_profiles, '[]'), coalesce(a.makes_voices, false)
  from jsonb_to_recordset(p_engines) a(
    name text, rank smallint, languages text[], description text, sample_rate int, quality_profiles jsonb,
    makes_voices boolean)
  order by a.name
  on conflict (name) do update set rank = excluded.rank, languages = excluded.languages,
    description = excluded.description, sample_rate = excluded.sample_rate,
    quality_profiles = excluded.quality_profiles, makes_voices = excluded.makes_voices, seen_at = excluded.seen_at;

  insert into speech.voice as v (id, engine, name, kind, languages, preview_key)
  select a.id, a.engine, coalesce(a.name, a.id), 'builtin', coalesce(a.languages, '{}'), a.preview_key
  from jsonb_to_recordset(p_voices) a(id text, engine text, name text, languages text[], preview_key text)
  order by a.id
  on conflict (id) do update set engine = excluded.engine, name = excluded.name, languages = excluded.languages,
    preview_key = excluded.preview_key, deleted_at = null
    where v.kind = 'builtin';
$$;

-- The parts of a voice as a worker reads them: [{"voice_id", "weight", "conditioning_key"?}]; null for a built-in one.
create function speech.parts_of_mix(p_mix jsonb) returns jsonb
language sql stable as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('voice_id', v.id, 'weight', (part ->> 'weight')::real,
    'conditioning_key', v.conditioning_key)) order by place)
  from jsonb_array_elements(p_mix) with ordinality as m(part, place)
  join speech.voice v on v.id = m.part ->> 'voice_id'
$$;

create function speech.parts_of_voice(p_voice text) returns jsonb
language sql stable as $$
  select case v.kind
    when 'morphed' then speech.parts_of_mix(v.mix)
    when 'cloned' then jsonb_build_array(jsonb_build_object(
      'voice_id', v.id, 'weight', 1, 'conditioning_key', v.conditioning_key)) end
  from speech.voice v
  where v.id = p_voice and (v.conditioning_key is not null or v.mix is not null)
$$;

-- Whether somebody can speak with the voice already.
create function speech.is_ready(p_voice speech.voice) returns boolean
language sql immutable as $$
  select p_voice.job_id is null or p_voice.conditioning_key is not null
$$;

-- As before, and a voice that is still being made is told apart from one that does not exist.
create or replace function speech.resolve(
  p_caller api.caller, p_engine text, p_voice text, p_language text,
  out engine text, out language text, out errors jsonb
) language plpgsql stable as $$
declare
  chosen speech.engine;
  voice speech.voice;
begin
  errors := '[]';
  if p_voice <> 'default' then
    select * into voice from speech.voice v
    where v.id = p_voice and v.deleted_at is null
      and (v.owner is null or v.owner = p_caller.user_id or p_caller.role = 'admin');
    if not found then
      errors := errors || speech.fault('voice_id', format('there is no voice %s', to_json(p_voice)));
    elsif not speech.is_ready(voice) then
      errors := errors || speech.fault('voice_id', format('the voice %s is still being made', voice.id));
    elsif p_engine is not null and voice.engine <> p_engine then
      errors := errors || speech.fault('voice_id',
        format('the voice %s speaks with the engine %s, not with %s', voice.id, voice.engine, p_engine));
    end if;
  end if;

  select * into chosen from speech.accepted_engines() e
  where e.name = coalesce(p_engine, voice.engine)
    or (p_engine is null and p_voice = 'default' and speech.match_language(p_language, e.languages) is not null)
  order by e.rank, e.name
  limit 1;
  if not found then
    errors := errors || speech.no_engine(p_engine, voice, case when p_voice = 'default' then p_language end);
    return;
  end if;

  engine := chosen.name;
  language := speech.match_language(p_language, chosen.languages);
  if p_language is not null and language is null then
    errors := errors || speech.fault('language', format('the engine %s does not speak %s; it speaks %s',
      chosen.name, to_json(p_language), array_to_string(chosen.languages, ', ')));
  elsif voice.engine = engine and cardinality(voice.languages) > 0
    and speech.match_language(p_language, voice.languages) is null then
    errors := errors || speech.fault('language', format('the voice %s does not speak %s; it speaks %s',
      voice.id, to_json(p_language), array_to_string(voice.languages, ', ')));
  end if;
end
$$;

-- As before, with the parts of each voice, and whether the times of words are kept.
--
-- p_items: [{"text", "voice_id", "language", "tts_engine"?, "quality_profile", "response_format", "speed",
-- "timestamps"?}], and null for what was found to be ill-formed.
create or replace function speech.plan(
  p_caller api.caller, p_items jsonb, p_priority smallint, p_webhook_url text, p_trace text,
  out jobs queue.new_job[], out errors jsonb
) language sql stable as $$
  with item as materialized (
    select i.* from rows from (jsonb_to_recordset(p_items) as (
      text text, voice_id text, language text, tts_engine text, quality_profile text, response_format text, speed real,
      timestamps boolean
    )) with ordinality as i(text, voice_id, language, engine, quality_profile, response_format, speed, timestamps, place)
  ), combination as materialized (
    select c.engine, c.voice_id, c.language, r.engine as settled_engine, r.language as settled_language, r.errors,
      jsonb_strip_nulls(jsonb_build_object('voice_parts', speech.parts_of_voice(c.voice_id))) as parts
    from (select distinct i.engine, i.voice_id, i.language from item i) c,
      speech.resolve(p_caller, c.engine, c.voice_id, c.language) r
  ), settled as (
    select i.*, 20 + char_length(i.text) as cost, c.settled_engine, c.settled_language, c.errors, c.parts
    from item i
    join combination c on (i.engine, i.voice_id, i.language) is not distinct from (c.engine, c.voice_id, c.language)
  )
  select
    array_agg(row('speech', 'speech:' || s.settled_engine, p_priority, s.cost, jsonb_build_object(
        'text', s.text, 'voice_id', s.voice_id, 'language', s.settled_language, 'engine', s.settled_engine,
        'quality_profile', s.quality_profile, 'response_format', s.response_format, 'speed', s.speed)
        || s.parts || case when s.timestamps then jsonb_build_object('timestamps', true) else '{}' end,
      null, null, null, 300 + s.cost, null, p_webhook_url, p_trace, null)::queue.new_job order by s.place),
    (select jsonb_agg(e.fault || jsonb_build_object('index', f.place - 1) order by f.place)
      from settled f, jsonb_array_elements(f.errors) e(fault))
  from settled s
$$;

-- What a voice was made from, and where it stands.
create or replace function speech.voice_body(p_voice speech.voice) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'voice_id', p_voice.id, 'name', p_voice.name, 'kind', p_voice.kind, 'engine', p_voice.engine,
    'ready', speech.is_ready(p_voice),
    'languages', case when cardinality(p_voice.languages) > 0 then p_voice.languages
      else coalesce((select e.languages from speech.engine e where e.name = p_voice.engine), '{}') end,
    'preview_url', case when p_voice.preview_key is not null then format('/api/v1/voices/%s/preview', p_voice.id) end,
    'created_at', api.wire_time(p_voice.created_at),
    'lineage', nullif(jsonb_strip_nulls(jsonb_build_object(
      'recording_id', api.wire_id('rec', p_voice.recording_id), 'consent', p_voice.consent, 'mix', p_voice.mix)), '{}'))
$$;
