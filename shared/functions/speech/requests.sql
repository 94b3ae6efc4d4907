-- From what a caller asks for to jobs: what is wrong with it, what it costs and how long it will take. Which engine, voice and
-- language an item means is settled in choice.sql.

-- Jobs for the items of a request and, instead of them, what is wrong with which item. Items repeat the same few
-- combinations of engine, voice and language, so each is settled once. A job carries the parts of its voice, and what the
-- caller's dictionary says of its text.
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
  ), dictionary as materialized (
    select exists(select from speech.pronunciation p where p.owner = p_caller.user_id) as is_kept
  ), settled as (
    select i.*, 20 + char_length(i.text) as cost, c.settled_engine, c.settled_language, c.errors, c.parts,
      case when d.is_kept then speech.pronunciations_in(p_caller.user_id, c.settled_language, i.text) end as pronunciations
    from item i
    join combination c on (i.engine, i.voice_id, i.language) is not distinct from (c.engine, c.voice_id, c.language)
    cross join dictionary d
  )
  select
    array_agg(row('speech', 'speech:' || s.settled_engine, p_priority, s.cost, jsonb_build_object(
        'text', s.text, 'voice_id', s.voice_id, 'language', s.settled_language, 'engine', s.settled_engine,
        'quality_profile', s.quality_profile, 'response_format', s.response_format, 'speed', s.speed)
        || s.parts || case when s.timestamps then jsonb_build_object('timestamps', true) else '{}' end
        || case when s.pronunciations is not null then jsonb_build_object('pronunciations', s.pronunciations) else '{}' end,
      null, null, null, 300 + s.cost, null, p_webhook_url, p_trace, null, null, null)::queue.new_job order by s.place),
    (select jsonb_agg(e.fault || jsonb_build_object('index', f.place - 1) order by f.place)
      from settled f, jsonb_array_elements(f.errors) e(fault))
  from settled s
$$;

-- Counts what was enqueued, in the transaction that enqueues it.
create or replace function speech.count_created(p_jobs queue.new_job[]) returns void
language plpgsql as $$
begin
  perform telemetry.count('tts_jobs_created_total',
    jsonb_build_object('engine', j.args ->> 'engine', 'language', j.args ->> 'language'), count(*))
  from unnest(p_jobs) j
  group by j.args ->> 'engine', j.args ->> 'language';
end
$$;
