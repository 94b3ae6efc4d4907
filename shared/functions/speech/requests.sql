-- From what a caller asks for to jobs: what is wrong with it, what it costs and how long it will take. Which engine, voice and
-- language an item means is settled in choice.sql.

-- One thing that is wrong with a request.
create or replace function speech.fault(p_field text, p_message text) returns jsonb
language sql immutable as $$
  select jsonb_build_object('field', p_field, 'message', p_message)
$$;

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
      null, null, null, 300 + s.cost, null, p_webhook_url, p_trace, null)::queue.new_job order by s.place),
    (select jsonb_agg(e.fault || jsonb_build_object('index', f.place - 1) order by f.place)
      from settled f, jsonb_array_elements(f.errors) e(fault))
  from settled s
$$;

-- The answer to a request that asks for what cannot be, or null. p_malformed names what was wrong with its form.
create or replace function speech.refusal(p_caller api.caller, p_malformed jsonb, p_errors jsonb) returns api.answer
language sql immutable as $$
  select case when p_malformed is not null or p_errors is not null then
    api.problem(p_caller, 422, 'validation', 'Some values are not acceptable; `errors` names each.',
      coalesce(p_malformed, '[]') || coalesce(p_errors, '[]')) end
$$;

-- Seconds until work of these costs would be done: what waits before it (its priority and the more urgent ones), and
-- itself, at the rate that live workers measure now or had last. Null when an engine was never measured.
create or replace function speech.estimate(p_jobs queue.new_job[]) returns int
language sql stable as $$
  select case when bool_and(lane.rate > 0)
    then greatest(1, ceil(max((lane.cost + lane.waiting) / lane.rate))) end::int
  from (
    select wanted.cost,
      coalesce((select sum(d.cost) from queue.depth d
        where d.batch_key = wanted.batch_key and d.priority <= wanted.priority), 0) as waiting,
      coalesce(
        (select sum((w.rates ->> wanted.batch_key)::double precision) from queue.worker w
          where w.expires_at > clock_timestamp() and (w.rates ->> wanted.batch_key)::double precision > 0),
        (select t.cost_per_second from queue.throughput t where t.batch_key = wanted.batch_key)) as rate
    from (
      select j.batch_key, j.priority, sum(j.cost) as cost from unnest(p_jobs) j group by j.batch_key, j.priority
    ) wanted
  ) lane
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

-- The answer to work that the queue does not admit.
create or replace function speech.not_admitted(p_caller api.caller, p_sqlstate text) returns api.answer
language sql immutable as $$
  select case p_sqlstate
    when 'KQ429' then api.problem(p_caller, 429, 'queue_full',
      'You have as much work queued as your account may. Wait until some of it is done.', null, 30)
    else api.problem(p_caller, 503, 'queue_full',
      'The queue is full. Try again in a while.', null, 30)
  end
$$;

-- Like api.ok, for a body that is text already.
create or replace function speech.ok(p_caller api.caller, p_status int, p_body text) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, p_body, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer
$$;
