-- What the licence of each voice allows, and what this installation asks of it.

-- The licence that binds most: one that forbids commercial use before one of which nobody knows, that before the others.
create or replace function speech.strictest_licence(p_licences jsonb[]) returns jsonb
language sql immutable parallel safe as $$
  select l.licence from unnest(p_licences) with ordinality l(licence, place)
  order by case l.licence ->> 'commercial' when 'no' then 1 when 'yes' then 3 else 2 end, l.place
  limit 1
$$;

-- The licence that a voice speaks under. A voice that somebody made is bound by the model it was made with, which is that of
-- the engine's built-in voices; a mix of built-in ones by its parts alone.
create or replace function speech.licence_of(p_voice speech.voice) returns jsonb
language sql stable as $$
  select case when p_voice.kind = 'builtin' then p_voice.licence else (
    select speech.strictest_licence(array_agg(v.licence order by v.id))
    from speech.voice v
    where v.owner is null and v.engine = p_voice.engine and v.deleted_at is null
      and (p_voice.mix is null
        or (select count(*) from jsonb_array_elements(p_voice.mix) m
          join speech.voice part on part.id = m ->> 'voice_id' and part.owner is null) < jsonb_array_length(p_voice.mix)
        or v.id in (select m ->> 'voice_id' from jsonb_array_elements(p_voice.mix) m))
  ) end
$$;

-- Whether nothing that the voice could be forbids commercial use. For the voice `default` of an engine the worker chooses
-- among its voices for the language, so all of them must allow it.
create or replace function speech.is_commercial(p_engine text, p_voice speech.voice, p_language text) returns boolean
language sql stable as $$
  select case when p_voice.id is not null then
      coalesce(speech.licence_of(p_voice) ->> 'commercial' = 'yes', false)
    else (
      select coalesce(bool_and(v.licence ->> 'commercial' is not distinct from 'yes'), false)
      from speech.voice v
      where v.owner is null and v.engine = p_engine and v.deleted_at is null
        and (cardinality(v.languages) = 0 or speech.match_language(p_language, v.languages) is not null)
    ) end
$$;

create or replace function speech.not_commercial(p_engine text, p_voice speech.voice, p_language text) returns jsonb
language sql stable as $$
  select case when p_voice.id is not null then api.fault('voice_id', format(
      'the licence of the voice %s (%s) does not allow commercial use, which this installation asks of every voice',
      p_voice.id, coalesce(speech.licence_of(p_voice) ->> 'id', 'unknown')))
    else api.fault('voice_id', format(
      'not every voice that the engine %s has for %s allows commercial use, which this installation asks of every voice; name one that does',
      p_engine, to_json(p_language))) end
$$;

create or replace function speech.licence_of_result(p_result jsonb) returns jsonb
language sql stable as $$
  select coalesce((
    select jsonb_strip_nulls(jsonb_build_object('licence', speech.licence_of(v)))
    from speech.voice v where v.id = speech.plain_voice(p_result ->> 'voice_id')), '{}')
$$;

-- Whether only voices whose licence allows commercial use may speak, on this installation; for `kiskadee admin`.
create or replace function speech.allow_commercial_voices_only(p_only boolean) returns void
language sql as $$
  update speech.setting set commercial_voices_only = p_only
$$;
