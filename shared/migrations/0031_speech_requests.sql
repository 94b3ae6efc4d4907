-- From what a caller asks for to jobs: which engine, voice and language each item means, what is wrong with it, what it
-- costs and how long it will take.

-- Settles the engine and the language of one combination, or says everything that is wrong with it. A part that is null
-- was already found to be ill-formed and is not judged again. Without an engine the voice decides, and for the voice
-- `default` the most preferred engine that speaks the language.
create function speech.resolve(
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

create function speech.fault(p_field text, p_message text) returns jsonb
language sql immutable as $$
  select jsonb_build_object('field', p_field, 'message', p_message)
$$;

-- Why no engine was found. Says what there is instead.
create function speech.no_engine(p_engine text, p_voice speech.voice, p_language text) returns jsonb
language plpgsql stable as $$
declare
  available text;
begin
  select coalesce(string_agg(e.name, ', ' order by e.rank, e.name), 'none') into available from speech.accepted_engines() e;
  if p_engine is not null then
    return speech.fault('tts_engine',
      format('the engine %s is not available here; available: %s', to_json(p_engine), available));
  elsif p_voice.engine is not null then
    return speech.fault('voice_id',
      format('the voice %s needs the engine %s, which is not available here; available: %s', p_voice.id, p_voice.engine, available));
  elsif available = 'none' then
    return speech.fault('tts_engine', 'no engine is available here: no worker has announced one');
  elsif p_language is not null then
    return speech.fault('language', format('no engine here speaks %s; available: %s', to_json(p_language), available));
  end if;
  return '[]';
end
$$;

-- Jobs for the items of a request and, instead of them, what is wrong with which item. Items repeat the same few
-- combinations of engine, voice and language, so each is settled once.
--
-- p_items: [{"text", "voice_id", "language", "tts_engine"?, "quality_profile", "response_format", "speed"}], and null for
-- what was found to be ill-formed.
create function speech.plan(
  p_caller api.caller, p_items jsonb, p_priority smallint, p_webhook_url text, p_trace text,
  out jobs queue.new_job[], out errors jsonb
) language sql stable as $$
  with item as materialized (
    select i.* from rows from (jsonb_to_recordset(p_items) as (
      text text, voice_id text, language text, tts_engine text, quality_profile text, response_format text, speed real
    )) with ordinality as i(text, voice_id, language, engine, quality_profile, response_format, speed, place)
  ), combination as materialized (
    select c.engine, c.voice_id, c.language, r.engine as settled_engine, r.language as settled_language, r.errors
    from (select distinct i.engine, i.voice_id, i.language from item i) c,
      speech.resolve(p_caller, c.engine, c.voice_id, c.language) r
  ), settled as (
    select i.*, 20 + char_length(i.text) as cost, c.settled_engine, c.settled_language, c.errors
    from item i
    join combination c on (i.engine, i.voice_id, i.language) is not distinct from (c.engine, c.voice_id, c.language)
  )
  select
    array_agg(row('speech', 'speech:' || s.settled_engine, p_priority, s.cost, jsonb_build_object(
        'text', s.text, 'voice_id', s.voice_id, 'language', s.settled_language, 'engine', s.settled_engine,
        'quality_profile', s.quality_profile, 'response_format', s.response_format, 'speed', s.speed),
      null, null, null, 300 + s.cost, null, p_webhook_url, p_trace, null)::queue.new_job order by s.place),
    (select jsonb_agg(e.fault || jsonb_build_object('index', f.place - 1) order by f.place)
      from settled f, jsonb_array_elements(f.errors) e(fault))
  from settled s
$$;

-- Seconds until work of these costs would be done: what waits before it (its priority and the more urgent ones), and
-- itself, at the rate that live workers measure now or had last. Null when an engine was never measured.
create function speech.estimate(p_jobs queue.new_job[]) returns int
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

create function speech.count_created(p_jobs queue.new_job[]) returns void
language plpgsql as $$
begin
  perform telemetry.count('tts_jobs_created_total',
    jsonb_build_object('engine', j.args ->> 'engine', 'language', j.args ->> 'language'), count(*))
  from unnest(p_jobs) j
  group by j.args ->> 'engine', j.args ->> 'language';
end
$$;

-- The answer to a request that asks for what cannot be, or null. p_malformed names what was wrong with its form.
create function speech.refusal(p_caller api.caller, p_malformed jsonb, p_errors jsonb) returns api.answer
language sql immutable as $$
  select case when p_malformed is not null or p_errors is not null then
    api.problem(p_caller, 422, 'validation', 'Some values are not acceptable; `errors` names each.',
      coalesce(p_malformed, '[]') || coalesce(p_errors, '[]')) end
$$;

-- The answer to work that the queue does not admit.
create function speech.not_admitted(p_caller api.caller, p_sqlstate text) returns api.answer
language sql immutable as $$
  select case p_sqlstate
    when 'KQ429' then api.problem(p_caller, 429, 'queue_full',
      'You have as much work queued as your account may. Wait until some of it is done.', null, 30)
    else api.problem(p_caller, 503, 'queue_full',
      'The queue is full. Try again in a while.', null, 30)
  end
$$;
