-- Engines with open weights: the order of choice, and what the licence of each voice allows.

-- Natural voices first, wherever their models are imported; then the embedded ones, and the last fallback last.
create or replace function speech.default_rank(p_engine text) returns smallint
language sql immutable parallel safe as $$
  select case p_engine
    when 'kokoro' then 3 when 'piper' then 6 when 'kiskadee' then 10 when 'xtts' then 20 when 'espeak' then 90 else 50
  end::smallint
$$;

-- {"id", "commercial": "yes" | "no" | "unknown", ...} of a built-in voice. Null: its worker did not tell.
alter table speech.voice add column licence jsonb check (licence ->> 'commercial' in ('yes', 'no', 'unknown'));

-- What an operator decided for the whole installation.
create table speech.setting (
  one boolean primary key default true check (one),
  -- Only voices whose licence allows commercial use speak.
  commercial_voices_only boolean not null default false
);
insert into speech.setting default values;
grant select on speech.setting to kiskadee_worker;

-- An engine can mix voices without taking any from recordings.
alter table speech.engine add column mixes_voices boolean not null default false;
update speech.engine set mixes_voices = makes_voices;

-- As before, with the licences of voices, and mixing told apart from making. A worker of an older version tells of making alone, and the
-- licence that it does not tell stays.
create or replace function speech.announce(p_engines jsonb, p_voices jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  insert into speech.engine as e (name, rank, languages, description, sample_rate, quality_profiles, makes_voices, mixes_voices)
  select a.name, coalesce(a.rank, speech.default_rank(a.name)), coalesce(a.languages, '{}'), coalesce(a.description, ''),
    coalesce(a.sample_rate, 24000), coalesce(a.quality_profiles, '[]'), coalesce(a.makes_voices, false),
    coalesce(a.mixes_voices, a.makes_voices, false)
  from jsonb_to_recordset(p_engines) a(
    name text, rank smallint, languages text[], description text, sample_rate int, quality_profiles jsonb,
    makes_voices boolean, mixes_voices boolean)
  order by a.name
  on conflict (name) do update set rank = excluded.rank, languages = excluded.languages,
    description = excluded.description, sample_rate = excluded.sample_rate,
    quality_profiles = excluded.quality_profiles, makes_voices = excluded.makes_voices,
    mixes_voices = excluded.mixes_voices, seen_at = excluded.seen_at;

  insert into speech.voice as v (id, engine, name, kind, languages, preview_key, licence)
  select a.id, a.engine, coalesce(a.name, a.id), 'builtin', coalesce(a.languages, '{}'), a.preview_key, a.licence
  from jsonb_to_recordset(p_voices) a(
    id text, engine text, name text, languages text[], preview_key text, licence jsonb)
  order by a.id
  on conflict (id) do update set engine = excluded.engine, name = excluded.name, languages = excluded.languages,
    preview_key = coalesce(excluded.preview_key, v.preview_key), licence = coalesce(excluded.licence, v.licence),
    deleted_at = null
    where v.kind = 'builtin';
$$;

-- The licence that binds most: one that forbids commercial use before one of which nobody knows, that before the others.
create function speech.strictest_licence(p_licences jsonb[]) returns jsonb
language sql immutable parallel safe as $$
  select l.licence from unnest(p_licences) with ordinality l(licence, place)
  order by case l.licence ->> 'commercial' when 'no' then 1 when 'yes' then 3 else 2 end, l.place
  limit 1
$$;

-- The licence that a voice speaks under. A voice that somebody made is bound by the model it was made with, which is that of
-- the engine's built-in voices; a mix of built-in ones by its parts alone.
create function speech.licence_of(p_voice speech.voice) returns jsonb
language sql stable as $$
  select case when p_voice.kind = 'builtin' then p_voice.licence else (
    select speech.strictest_licence(array_agg(v.licence order by v.id))
    from speech.voice v
    where v.kind = 'builtin' and v.engine = p_voice.engine and v.deleted_at is null
      and (p_voice.mix is null
        or (select count(*) from jsonb_array_elements(p_voice.mix) m
          join speech.voice part on part.id = m ->> 'voice_id' and part.kind = 'builtin') < jsonb_array_length(p_voice.mix)
        or v.id in (select m ->> 'voice_id' from jsonb_array_elements(p_voice.mix) m))
  ) end
$$;

-- Whether nothing that the voice could be forbids commercial use. For the voice `default` of an engine the worker chooses
-- among its voices for the language, so all of them must allow it.
create function speech.is_commercial(p_engine text, p_voice speech.voice, p_language text) returns boolean
language sql stable as $$
  select case when p_voice.id is not null then
      coalesce(speech.licence_of(p_voice) ->> 'commercial' = 'yes', false)
    else (
      select coalesce(bool_and(v.licence ->> 'commercial' is not distinct from 'yes'), false)
      from speech.voice v
      where v.kind = 'builtin' and v.engine = p_engine and v.deleted_at is null
        and (cardinality(v.languages) = 0 or speech.match_language(p_language, v.languages) is not null)
    ) end
$$;

-- As before, and where only commercial voices may speak, others are passed over where nobody asked for them and refused
-- where somebody did.
create or replace function speech.resolve(
  p_caller api.caller, p_engine text, p_voice text, p_language text,
  out engine text, out language text, out errors jsonb
) language plpgsql stable as $$
declare
  chosen speech.engine;
  voice speech.voice;
  commercial_only boolean := (select s.commercial_voices_only from speech.setting s);
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
  order by commercial_only and p_engine is null and p_voice = 'default'
      and not speech.is_commercial(e.name, voice, p_language), e.rank, e.name
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
  elsif commercial_only and errors = '[]' and (voice.id is not null or p_voice = 'default')
    and not speech.is_commercial(engine, voice, p_language) then
    errors := errors || speech.not_commercial(engine, voice, p_language);
  end if;
end
$$;

create function speech.not_commercial(p_engine text, p_voice speech.voice, p_language text) returns jsonb
language sql stable as $$
  select case when p_voice.id is not null then speech.fault('voice_id', format(
      'the licence of the voice %s (%s) does not allow commercial use, which this installation asks of every voice',
      p_voice.id, coalesce(speech.licence_of(p_voice) ->> 'id', 'unknown')))
    else speech.fault('voice_id', format(
      'not every voice that the engine %s has for %s allows commercial use, which this installation asks of every voice; name one that does',
      p_engine, to_json(p_language))) end
$$;

-- As before, and where only commercial voices may speak, no other is part of a mix.
create or replace function speech.mix_errors(p_caller api.caller, p_mix jsonb, p_engine text) returns jsonb
language sql stable as $$
  with named as (
    select m.place - 1 as place, m.part ->> 'voice_id' as name, v as voice, v.id is not null as known
    from jsonb_array_elements(p_mix) with ordinality m(part, place)
    left join speech.voice v on v.id = m.part ->> 'voice_id' and speech.may_see(v, p_caller)
  ), engines as (
    select array_agg(distinct (n.voice).engine) as names from named n where n.known
  )
  select jsonb_agg(f.fault) from (
    select speech.fault(format('voice_ids[%s]', n.place), format('there is no voice %s', to_json(n.name))) as fault
    from named n where not n.known
    union all
    select speech.fault(format('voice_ids[%s]', n.place), format('the voice %s is still being made', n.name))
    from named n where n.known and not speech.is_ready(n.voice)
    union all
    select speech.not_commercial((n.voice).engine, n.voice, null)
      || jsonb_build_object('field', format('voice_ids[%s]', n.place))
    from named n, speech.setting s
    where n.known and s.commercial_voices_only and not speech.is_commercial((n.voice).engine, n.voice, null)
    union all
    select speech.fault('voice_ids', format('voices of one engine can be mixed; these are of %s',
      array_to_string(e.names, ', '))) from engines e where cardinality(e.names) > 1
    union all
    select speech.fault('voice_ids', format('the engine %s cannot mix voices', e.names[1]))
    from engines e where cardinality(e.names) = 1
      and not exists (select from speech.engine s where s.name = e.names[1] and s.mixes_voices)
    union all
    select speech.fault('tts_engine', format('these voices speak with the engine %s', e.names[1]))
    from engines e where cardinality(e.names) = 1 and p_engine <> e.names[1]
  ) f
$$;

-- As before, with the licence.
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

create function speech.licence_of_result(p_result jsonb) returns jsonb
language sql stable as $$
  select coalesce((
    select jsonb_strip_nulls(jsonb_build_object('licence', speech.licence_of(v)))
    from speech.voice v where v.id = p_result ->> 'voice_id'), '{}')
$$;

-- As before, with the licence of the voice that spoke.
create or replace function speech.result_body(p_state speech.job_state) returns jsonb
language sql stable as $$
  select case
    when p_state.status <> 'completed' then null
    when p_state.kind = 'speech' then
      jsonb_build_object('audio_url', format('/api/v1/jobs/%s/audio', api.wire_id('job', p_state.job_id)))
        || (p_state.result - 'key' - 'timestamps_key')
        || case when p_state.result ? 'timestamps_key' then jsonb_build_object(
          'timestamps_url', format('/api/v1/jobs/%s/timestamps', api.wire_id('job', p_state.job_id)),
          'subtitles_url', format('/api/v1/jobs/%s/subtitles', api.wire_id('job', p_state.job_id))) else '{}' end
        || speech.licence_of_result(p_state.result)
    when p_state.kind = 'clone' then p_state.result - 'conditioning_key'
    when p_state.kind = 'stream' then p_state.result || speech.licence_of_result(p_state.result) end
$$;

-- Whether only voices whose licence allows commercial use may speak, on this installation; for `kiskadee admin`.
create function speech.allow_commercial_voices_only(p_only boolean) returns void
language sql as $$
  update speech.setting set commercial_voices_only = p_only
$$;
