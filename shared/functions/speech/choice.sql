-- Which engine, voice and language a request means.

-- Settles the engine and the language of one combination, or says everything that is wrong with it. A part that is null
-- was already found to be ill-formed and is not judged again. Without an engine the voice decides, and for the voice
-- `default` the most preferred engine that speaks the language. Behind the id of a trained voice may stand a version, `voice_…@3`. A
-- voice that is still being made is told apart from one that does not exist. Where only commercial voices may speak, others are passed over where nobody asked for them and refused where
-- somebody did.
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
    where v.id = speech.plain_voice(p_voice) and v.deleted_at is null
      and (v.owner is null or v.owner = p_caller.user_id or p_caller.role = 'admin');
    if not found then
      errors := errors || api.fault('voice_id', format('there is no voice %s%s', to_json(p_voice),
        speech.other_voices(p_caller, p_engine, p_language)));
    elsif not speech.is_ready(voice) then
      errors := errors || api.fault('voice_id', format('the voice %s is still being made', voice.id));
    elsif strpos(p_voice, '@') > 0 and speech.weights_key(p_voice) is null then
      errors := errors || api.fault('voice_id', format('the voice %s has no version %s', voice.id, to_json(split_part(p_voice, '@', 2))));
    elsif p_engine is not null and voice.engine <> p_engine then
      errors := errors || api.fault('voice_id',
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
    errors := errors || api.fault('language', format('the engine %s does not speak %s; it speaks %s',
      chosen.name, to_json(p_language), array_to_string(chosen.languages, ', ')));
  elsif voice.engine = engine and cardinality(voice.languages) > 0
    and speech.match_language(p_language, voice.languages) is null then
    errors := errors || api.fault('language', format('the voice %s does not speak %s; it speaks %s',
      voice.id, to_json(p_language), array_to_string(voice.languages, ', ')));
  elsif commercial_only and errors = '[]' and (voice.id is not null or p_voice = 'default')
    and not speech.is_commercial(engine, voice, p_language) then
    errors := errors || speech.not_commercial(engine, voice, p_language);
  end if;
end
$$;

-- Some of the voices that there are instead of one that there is not, those of preferred engines first.
create or replace function speech.other_voices(p_caller api.caller, p_engine text, p_language text) returns text
language sql stable as $$
  with voice as (
    select e.rank, e.name, v.id
    from speech.accepted_engines() e
    join speech.voice v on v.engine = e.name
    where v.deleted_at is null and (v.owner is null or v.owner = p_caller.user_id)
      and (p_engine is null or e.name = p_engine)
      and (p_language is null or speech.match_language(p_language,
        case when cardinality(v.languages) > 0 then v.languages else e.languages end) is not null)
    order by e.rank, e.name, v.id collate "C" limit 5
  )
  select coalesce('; there are ' || string_agg(v.id, ', ' order by v.rank, v.name, v.id collate "C")
    || ' and what `GET /api/v1/voices` lists', '; `GET /api/v1/voices` lists those that there are')
  from voice v
$$;

-- Why no engine was found. Says what there is instead.
create or replace function speech.no_engine(p_engine text, p_voice speech.voice, p_language text) returns jsonb
language plpgsql stable as $$
declare
  available text;
begin
  select coalesce(string_agg(e.name, ', ' order by e.rank, e.name), 'none') into available from speech.accepted_engines() e;
  if p_engine is not null then
    return api.fault('tts_engine',
      format('the engine %s is not available here; available: %s', to_json(p_engine), available));
  elsif p_voice.engine is not null then
    return api.fault('voice_id',
      format('the voice %s needs the engine %s, which is not available here; available: %s', p_voice.id, p_voice.engine, available));
  elsif available = 'none' then
    return api.fault('tts_engine', 'no engine is available here: no worker has announced one');
  elsif p_language is not null then
    return api.fault('language', format('no engine here speaks %s; available: %s', to_json(p_language), available));
  end if;
  return '[]';
end
$$;
