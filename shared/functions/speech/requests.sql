-- From what a caller asks for to jobs: what is wrong with it, what it costs and how long it will take. Which engine, voice and
-- language an item means is settled in choice.sql.

-- Jobs for the items of a request and, instead of them, what is wrong with which item. Items repeat the same few
-- combinations of engine, voice and language, so each is settled once. A job carries the parts of its voice, and what the
-- caller's dictionary says of its text.
--
-- p_items: [{"text", "voice_id", "language", "tts_engine"?, "quality_profile", "response_format", "speed",
-- "timestamps"?, "start_before"?, "text_format"?, "warnings"?}], and null for what was found to be ill-formed.
create or replace function speech.plan(
  p_caller api.caller, p_items jsonb, p_priority smallint, p_webhook_url text, p_trace text,
  out jobs queue.new_job[], out errors jsonb
) language sql stable as $$
  with item as materialized (
    select i.* from rows from (jsonb_to_recordset(p_items) as (
      text text, voice_id text, language text, tts_engine text, quality_profile text, response_format text, speed real,
      timestamps boolean, start_before timestamptz, units int, text_format text, warnings jsonb
    )) with ordinality as i(text, voice_id, language, engine, quality_profile, response_format, speed, timestamps, start_before,
      units, text_format, warnings, place)
  ), combination as materialized (
    select c.engine, c.voice_id, c.language, r.engine as settled_engine, r.language as settled_language, r.errors,
      jsonb_strip_nulls(jsonb_build_object('voice_parts', speech.parts_of_voice(c.voice_id))) as parts
    from (select distinct i.engine, i.voice_id, i.language from item i) c,
      speech.resolve(p_caller, c.engine, c.voice_id, c.language) r
  ), dictionary as materialized (
    select exists(select from speech.pronunciation p where p.owner = p_caller.user_id) as is_kept
  ), settled as (
    select i.*, 20 + speech.units_of(i.text, i.units, i.speed) as cost, c.settled_engine, c.settled_language,
      c.errors || speech.length_faults(speech.units_of(i.text, i.units, i.speed)) as errors, c.parts,
      case when d.is_kept then speech.pronunciations_in(p_caller.user_id, c.settled_language, i.text) end as pronunciations
    from item i
    join combination c on (i.engine, i.voice_id, i.language) is not distinct from (c.engine, c.voice_id, c.language)
    cross join dictionary d
  )
  select
    array_agg(row('speech', 'speech:' || s.settled_engine, p_priority, s.cost, jsonb_build_object(
        'text', s.text, 'voice_id', s.voice_id, 'language', s.settled_language, 'engine', s.settled_engine,
        'quality_profile', s.quality_profile, 'response_format', s.response_format, 'speed', s.speed)
        || s.parts || jsonb_strip_nulls(jsonb_build_object('text_format', s.text_format, 'warnings', s.warnings))
        || case when s.timestamps then jsonb_build_object('timestamps', true) else '{}' end
        || case when s.pronunciations is not null then jsonb_build_object('pronunciations', s.pronunciations) else '{}' end,
      null, null, null, 300 + s.cost, null, p_webhook_url, p_trace, null, null, null, s.start_before)::queue.new_job order by s.place),
    (select nullif(coalesce(jsonb_agg(e.fault || jsonb_build_object('index', f.place - 1) order by f.place), '[]')
        || coalesce(speech.start_faults(array(select distinct i.start_before from item i)), '[]'), '[]')
      from settled f, jsonb_array_elements(f.errors) e(fault))
  from settled s
$$;

-- What the caller of a request should know of its texts, for the answer; nothing where there is nothing. Of many texts each warning
-- tells which one it is about, and the first ones are told.
create or replace function speech.warnings_of_item(p_item jsonb) returns jsonb
language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object('warnings', p_item -> 'warnings'))
$$;

create or replace function speech.warnings_of_items(p_items jsonb) returns jsonb
language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object('warnings', (
    select jsonb_agg(t.warning order by t.place, t.number) from (
      select w.warning || jsonb_build_object('index', i.place - 1) as warning, i.place, w.number
      from jsonb_array_elements(p_items) with ordinality i(item, place),
        jsonb_array_elements(i.item -> 'warnings') with ordinality w(warning, number)
      order by i.place, w.number limit 20) t)))
$$;

-- What a text of so many units (edge/speech/src/units.rs) is to sound, in letters of prose at a voice's own pace; characters where
-- nobody counted, as edges of the release before.
create or replace function speech.units_of(p_text text, p_units int, p_speed real) returns int
language sql immutable as $$
  select ceil(coalesce(p_units, char_length(p_text)) / least(coalesce(p_speed, 1), 1))::int
$$;

-- What is wrong with a text that would sound too long. 13 letters of prose take a second at most.
create or replace function speech.length_faults(p_units int) returns jsonb
language sql immutable as $$
  select case when p_units > 13 * 1800 then jsonb_build_array(api.fault('text', format(
    'would be about %s minutes of audio, and at most 30 are made of one text: divide it, or speak it faster', ceil(p_units / 13.0 / 60))))
    else '[]' end
$$;

-- What is wrong with the times by which a request wants its jobs to begin; null where nothing is.
create or replace function speech.start_faults(p_times timestamptz[]) returns jsonb
language sql stable as $$
  select jsonb_agg(api.fault('start_before', why)) from unnest(p_times) t(at), queue.start_fault(t.at) why where why is not null
$$;

-- Counts what was enqueued, in the transaction that enqueues it.
create or replace function speech.count_created(p_jobs queue.new_job[]) returns void
language plpgsql as $$
begin
  perform telemetry.count('tts_jobs_created_total',
    jsonb_build_object('engine', j.args ->> 'engine', 'language', j.args ->> 'language'), count(*))
  from unnest(p_jobs) j
  group by j.args ->> 'engine', j.args ->> 'language';
  perform telemetry.count('tts_characters_total',
    jsonb_build_object('engine', j.args ->> 'engine', 'language', j.args ->> 'language'), sum(j.cost))
  from unnest(p_jobs) j
  group by j.args ->> 'engine', j.args ->> 'language';
end
$$;
