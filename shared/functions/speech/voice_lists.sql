-- Voices by the page: those of the preferred engine first, of each engine by their ids.

-- Letters without case and without the marks that Latin ones have.
create or replace function speech.without_accents(p_text text) returns text
language sql immutable parallel safe as $$
  select speech.folded(regexp_replace(normalize(p_text, nfkd), '[\u0300-\u036f]', '', 'g'))
$$;

-- Whether a voice is one that is looked for; what is null is not asked for.
create or replace function speech.is_wanted(
  p_voice speech.voice, p_engine_languages text[], p_language text, p_kind text, p_words text
) returns boolean
language sql stable as $$
  select (p_kind is null or p_voice.kind = p_kind)
    and (p_language is null or speech.match_language(p_language,
      case when cardinality(p_voice.languages) > 0 then p_voice.languages else p_engine_languages end) is not null)
    and (p_words is null or strpos(speech.without_accents(p_voice.name), speech.without_accents(p_words)) > 0
      or strpos(speech.without_accents(p_voice.id), speech.without_accents(p_words)) > 0)
$$;

-- The voices of one engine that a caller can use, behind an id, in the order of ids. Built-in voices and the caller's own each
-- have a branch that an index serves; an admin sees everybody's.
create or replace function speech.voices_of(
  p_caller api.caller, p_engine speech.engine, p_after text, p_limit int, p_language text, p_kind text, p_words text
) returns setof speech.voice
language plpgsql stable rows 20
-- Planned for each call: which index serves depends on who asks.
set plan_cache_mode = force_custom_plan as $$
begin
  return query select v.* from (
    (select v.* from speech.voice v
      where v.owner is null and v.engine = p_engine.name and v.id collate "C" > p_after and v.deleted_at is null
        and speech.is_wanted(v, p_engine.languages, p_language, p_kind, p_words)
      order by v.id collate "C" limit p_limit)
    union all
    (select v.* from speech.voice v
      where v.owner = p_caller.user_id and v.engine = p_engine.name and v.id collate "C" > p_after and v.deleted_at is null
        and speech.is_wanted(v, p_engine.languages, p_language, p_kind, p_words)
      order by v.id collate "C" limit p_limit)
    union all
    (select v.* from speech.voice v
      where p_caller.role = 'admin' and v.owner <> p_caller.user_id and v.engine = p_engine.name
        and v.id collate "C" > p_after and v.deleted_at is null
        and speech.is_wanted(v, p_engine.languages, p_language, p_kind, p_words)
      order by v.id collate "C" limit p_limit)
  ) v
  order by v.id collate "C" limit p_limit;
end
$$;

-- The voices of all engines from a place on: that of a rank, an engine and an id.
create or replace function speech.voices_from(
  p_caller api.caller, p_rank smallint, p_engine text, p_id text, p_limit int,
  p_language text, p_only_engine text, p_kind text, p_words text
) returns setof speech.voice
language plpgsql stable as $$
declare
  engine speech.engine;
  voice speech.voice;
  room int := p_limit;
begin
  for engine in
    select e.* from speech.engine e
    where (e.rank, e.name collate "C") >= (p_rank, p_engine collate "C") and (p_only_engine is null or e.name = p_only_engine)
    order by e.rank, e.name collate "C"
  loop
    for voice in
      select * from speech.voices_of(p_caller, engine,
        case when (engine.rank, engine.name) = (p_rank, p_engine) then p_id else '' end, room, p_language, p_kind, p_words)
    loop
      return next voice;
      room := room - 1;
    end loop;
    exit when room <= 0;
  end loop;
end
$$;

-- A page of the voices that the caller can use. The cursor is the place of the last one of the page before, `rank:engine:id`.
create or replace function api.find_voices(
  p_caller api.credentials, p_limit int, p_cursor text default null,
  p_language text default null, p_engine text default null, p_kind text default null, p_words text default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  place text[] := regexp_match(p_cursor, '^(\d{1,4}):([^:]{1,64}):(.+)$');
  found_voices speech.voice[];
  last speech.voice;
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_cursor is not null and place is null then
    return api.invalid(caller, null,
      jsonb_build_array(api.fault('cursor', 'must be the `next_cursor` of an earlier page')));
  end if;
  found_voices := array(select v from speech.voices_from(caller, coalesce(place[1]::smallint, -1::smallint),
    coalesce(place[2], ''), coalesce(place[3], ''), p_limit + 1, p_language, p_engine, p_kind, p_words) v);
  last := found_voices[p_limit];
  return api.ok(caller, 200, jsonb_build_object(
    'items', (select coalesce(jsonb_agg(speech.voice_body(v)), '[]') from unnest(found_voices[:p_limit]) v),
    'next_cursor', case when cardinality(found_voices) > p_limit then
      (select concat_ws(':', e.rank, e.name, last.id) from speech.engine e where e.name = last.engine) end));
end
$$;

-- The voices as clients of OpenAI-like servers look for them, all at once as far as a list goes.
create or replace function api.audio_voices(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select jsonb_build_object('voices', coalesce(jsonb_agg(jsonb_build_object(
    'id', v.id, 'object', 'audio.voice', 'name', v.name, 'created_at', extract(epoch from v.created_at)::bigint,
    'model', v.engine, 'languages', v.languages)), '[]')) into body
  from speech.voices_from(caller, -1::smallint, '', '', 1000, null, null, null, null) v
  where v.engine in (select speech.live_engines()) and speech.is_ready(v);
  return api.ok(caller, 200, body);
end
$$;

grant execute on function api.find_voices, api.audio_voices to kiskadee_speech;
