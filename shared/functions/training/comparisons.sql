-- The same texts by two voices, measured, and heard by people who need not know which is which.

-- One side of a comparison as a worker reads it: {"engine", "voice_id", "voice_parts"?}; or what is wrong with it. `base` is a voice of p_engine.
create or replace function training.side(
  p_caller api.caller, p_field text, p_name text, p_language text, p_engine text, out side jsonb, out dataset uuid, out faults jsonb
) language plpgsql stable as $$
declare
  checkpoint training.checkpoint;
  named record;
begin
  if p_name like 'checkpoint\_%' then
    select c.* into checkpoint from training.checkpoint c
    where c.id = training.id_of('checkpoint', p_name) and c.voice_key is not null
      and (training.own_run(p_caller, c.run_id)).id is not null;
    if not found then
      faults := jsonb_build_array(api.fault(p_field, format('there is no checkpoint %s that can speak', to_json(p_name))));
      return;
    end if;
    select r.dataset_id, jsonb_build_object('engine', r.engine, 'voice_id', p_name, 'voice_parts', jsonb_build_array(
      jsonb_build_object('voice_id', p_name, 'weight', 1, 'conditioning_key', checkpoint.voice_key))) into dataset, side
    from training.run r where r.id = checkpoint.run_id;
    return;
  end if;
  named := speech.speaker(p_caller, p_name, p_engine, p_language);
  select jsonb_agg(e || jsonb_build_object('field', case when e ->> 'field' = 'voice_id' then p_field else e ->> 'field' end))
  into faults from jsonb_array_elements(named.errors) e;
  side := named.speaker;
  dataset := speech.dataset_of_voice(p_name);
end
$$;

-- The language of a comparison that names none: that of the first checkpoint or voice in it that has one.
create or replace function training.language_of_sides(p_names text[]) returns text
language sql stable as $$
  select coalesce((
    select coalesce(r.language, speech.language_of(n.name)) from unnest(p_names) with ordinality n(name, place)
    left join training.checkpoint c on c.id = training.id_of('checkpoint', n.name)
    left join training.run r on r.id = c.run_id
    where coalesce(r.language, speech.language_of(n.name)) is not null order by n.place limit 1), 'en')
$$;

-- The engine whose own voice `base` is in a comparison: that of the first checkpoint in it.
create or replace function training.engine_of_sides(p_names text[]) returns text
language sql stable as $$
  select coalesce((
    select r.engine from unnest(p_names) with ordinality n(name, place)
    join training.checkpoint c on c.id = training.id_of('checkpoint', n.name)
    join training.run r on r.id = c.run_id order by n.place limit 1), 'kiskadee')
$$;

-- p_request: {"a", "b", "texts", "seed"?, "blind"?, "language"?}; p_malformed as everywhere.
create or replace function api.start_comparison(
  p_caller api.credentials, p_request jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := training.take_comparison(caller, jsonb_strip_nulls(p_request), p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The part of api.start_comparison behind the replay.
create or replace function training.take_comparison(p_caller api.caller, p_request jsonb, p_trace text, p_malformed jsonb)
returns api.answer
language plpgsql as $$
declare
  language text := coalesce(p_request ->> 'language', training.language_of_sides(array[p_request ->> 'a', p_request ->> 'b']));
  engine text := training.engine_of_sides(array[p_request ->> 'a', p_request ->> 'b']);
  a record := training.side(p_caller, 'a', coalesce(p_request ->> 'a', 'base'), language, engine);
  b record := training.side(p_caller, 'b', coalesce(p_request ->> 'b', 'base'), language, engine);
  answer api.answer := coalesce(
    api.invalid(p_caller, p_malformed, nullif(coalesce(a.faults, '[]') || coalesce(b.faults, '[]'), '[]')), storage.refusal(p_caller));
  comparison uuid := queue.uuid7();
  seed bigint := coalesce((p_request ->> 'seed')::bigint, 1);
  job uuid;
begin
  if answer.status is not null then
    return answer;
  end if;
  job := (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    'comparison', training.speech_lane_of(case when 'xtts' in (a.side ->> 'engine', b.side ->> 'engine') then 'xtts' end), 1,
    100 + 2 * length(p_request ->> 'texts'), jsonb_build_object('comparison_id', comparison,
      'language', language, 'seed', seed, 'texts', p_request -> 'texts',
      'a', a.side || jsonb_build_object('clips', training.likeness_clips(coalesce(a.dataset, b.dataset))),
      'b', b.side || jsonb_build_object('clips', training.likeness_clips(coalesce(b.dataset, a.dataset)))),
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1];
  insert into training.comparison (id, owner, a, b, blind, seed, job_id, datasets)
  values (comparison, p_caller.user_id, jsonb_build_object('name', p_request -> 'a', 'engine', a.side -> 'engine'),
    jsonb_build_object('name', p_request -> 'b', 'engine', b.side -> 'engine'),
    coalesce((p_request ->> 'blind')::boolean, true), seed, job, array_remove(array[a.dataset, b.dataset], null));
  return api.ok(p_caller, 202, jsonb_build_object('job_id', api.wire_id('job', job),
    'status_url', '/training/inference/ab-test/' || api.wire_id('comparison', comparison),
    'comparison_id', api.wire_id('comparison', comparison)));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Some recordings of a dataset that voices are held against, always the same ones: keys, or [] without a dataset.
create or replace function training.likeness_clips(p_dataset uuid) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(c.key order by c.key), '[]') from (
    select s.key from training.segment s where s.dataset_id = p_dataset and s.state = 'accepted' order by sha256(s.id::text::bytea) limit 12) c
$$;

-- Jobs that compared have ended.
create or replace function training.comparisons_ended(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  keys text[];
begin
  for ended in select * from unnest(p_concluded) order by job_id loop
    keys := array(select s.side ->> 'key' from jsonb_array_elements(ended.result -> 'pairs') p(pair),
      jsonb_array_elements(jsonb_build_array(p.pair -> 'a', p.pair -> 'b')) s(side) where ended.outcome = 'completed');
    -- Who hears which first is drawn here, and told to nobody.
    update training.comparison c set error = case when ended.outcome <> 'completed' then coalesce(ended.message, ended.outcome) end,
      pairs = case when ended.outcome = 'completed' then (
        select jsonb_agg(p.pair || jsonb_build_object('swapped', random() < 0.5) order by p.place)
        from jsonb_array_elements(ended.result -> 'pairs') with ordinality p(pair, place)) end
    where c.job_id = ended.job_id;
    if found then
      perform storage.keep(s.side ->> 'key', 'training', ended.owner, (s.side ->> 'bytes')::bigint)
      from jsonb_array_elements(ended.result -> 'pairs') p(pair),
        jsonb_array_elements(jsonb_build_array(p.pair -> 'a', p.pair -> 'b')) s(side) where ended.outcome = 'completed';
    else
      perform storage.discard(keys);
    end if;
  end loop;
end
$$;

-- What comparing made is shown with the comparison, which knows what may be told.
create or replace function training.present_comparisons(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, jsonb_build_object('comparison_id', s.result -> 'comparison_id') from unnest(p_states) s
$$;

create or replace function training.own_comparison(p_caller api.caller, p_comparison uuid) returns training.comparison
language sql stable as $$
  select c from training.comparison c where c.id = p_comparison and (c.owner = p_caller.user_id or p_caller.role = 'admin')
$$;

create or replace function training.no_comparison(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such comparison.')
$$;

-- A pair as a listener may see it. Of a blind one only what can be heard, until the vote.
create or replace function training.pair_body(p_comparison training.comparison, p_place int, p_listener uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('pair', p_place, 'text', one.pair -> 'text', 'seed', one.pair -> 'seed', 'choice', vote.choice)
    || case when p_comparison.blind and vote.choice is null
      then jsonb_build_object('x', jsonb_build_object('audio_url', one.path || '/x/audio'), 'y', jsonb_build_object('audio_url', one.path || '/y/audio'))
      else jsonb_build_object(
        'a', jsonb_build_object('audio_url', one.path || '/a/audio', 'measures', one.pair -> 'a' -> 'measures'),
        'b', jsonb_build_object('audio_url', one.path || '/b/audio', 'measures', one.pair -> 'b' -> 'measures'),
        'between', one.pair -> 'between') end
  from (select p_comparison.pairs -> p_place as pair,
    format('/training/inference/ab-test/%s/pairs/%s', api.wire_id('comparison', p_comparison.id), p_place) as path) one
  left join training.preference vote
    on vote.comparison_id = p_comparison.id and vote.pair = p_place and vote.listener = p_listener
$$;

create or replace function training.comparison_body(p_comparison training.comparison, p_listener uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('comparison_id', api.wire_id('comparison', p_comparison.id),
    'job_id', api.wire_id('job', p_comparison.job_id),
    'state', case when p_comparison.error is not null then 'failed' when p_comparison.pairs is null then 'running' else 'completed' end,
    'a', p_comparison.a, 'b', p_comparison.b, 'blind', p_comparison.blind, 'seed', p_comparison.seed,
    'pairs', (select coalesce(jsonb_agg(training.pair_body(p_comparison, place, p_listener) order by place), '[]')
      from generate_series(0, jsonb_array_length(p_comparison.pairs) - 1) place),
    'verdict', training.verdict(p_comparison.id), 'created_at', api.wire_time(p_comparison.created_at))
    || jsonb_strip_nulls(jsonb_build_object('error', p_comparison.error))
$$;

create or replace function api.get_comparison(p_caller api.credentials, p_comparison uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  comparison training.comparison;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  comparison := training.own_comparison(caller, p_comparison);
  if comparison.id is null then
    return training.no_comparison(caller);
  end if;
  return api.ok(caller, 200, training.comparison_body(comparison, caller.user_id));
end
$$;

-- The caller's comparisons, newest first.
create or replace function api.list_comparisons(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_comparisons training.comparison[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  found_comparisons := array(
    select c from training.comparison c where c.owner = caller.user_id and (p_before is null or c.id < p_before)
    order by c.id desc limit p_limit + 1);
  return api.ok(caller, 200, jsonb_build_object(
    'items', (select coalesce(jsonb_agg(training.comparison_body(c, caller.user_id) - 'pairs' order by c.id desc), '[]')
      from unnest(found_comparisons[:p_limit]) c),
    'next_cursor', case when cardinality(found_comparisons) > p_limit
      then api.wire_id('comparison', found_comparisons[p_limit].id) end));
end
$$;

create or replace function api.delete_comparison(p_caller api.credentials, p_comparison uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif (training.own_comparison(caller, p_comparison)).id is null then
    return training.no_comparison(caller);
  end if;
  perform training.forget_comparisons(array[p_comparison]);
  return api.ok(caller, 204, null);
end
$$;

create or replace function training.forget_comparisons(p_comparisons uuid[]) returns void
language plpgsql as $$
declare
  comparison training.comparison;
begin
  -- The jobs before the rows, as a settlement takes them.
  perform from queue.lease l where l.job_id in (select x.job_id from training.comparison x where x.id = any(p_comparisons)) order by l.job_id for update;
  for comparison in select * from training.comparison c where c.id = any(p_comparisons) order by c.id for update loop
    update training.comparison c set job_id = null where c.id = comparison.id;
    if comparison.job_id is not null and comparison.pairs is null then
      perform queue.cancel_job(comparison.owner, comparison.job_id);
    end if;
    perform storage.discard(array(select s.side ->> 'key' from jsonb_array_elements(comparison.pairs) p(pair),
      jsonb_array_elements(jsonb_build_array(p.pair -> 'a', p.pair -> 'b')) s(side)));
    delete from training.comparison c where c.id = comparison.id;
  end loop;
end
$$;

-- Where what was spoken lies, in the shape of api.job_audio. p_side: `a`, `b`, or, of a blind pair, `x`, `y`.
create or replace function api.comparison_audio(p_caller api.credentials, p_comparison uuid, p_pair int, p_side text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  comparison training.comparison;
  pair jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  comparison := training.own_comparison(caller, p_comparison);
  pair := comparison.pairs -> p_pair;
  if pair is null or p_side not in ('a', 'b', 'x', 'y') then
    return training.no_comparison(caller);
  elsif p_side in ('a', 'b') and comparison.blind and not exists (select from training.preference v
      where v.comparison_id = p_comparison and v.pair = p_pair and v.listener = caller.user_id) then
    return api.problem(caller, 409, 'conflict', 'This pair is heard blind: listen to `x` and `y`, and vote first.');
  end if;
  return api.ok(caller, 200, jsonb_build_object('key', pair -> training.side_meant(pair, p_side) ->> 'key', 'content_type', 'audio/wav',
    'filename', format('%s-%s-%s.wav', api.wire_id('comparison', p_comparison), p_pair, p_side)));
end
$$;

-- Which side is meant by a letter that hides it.
create or replace function training.side_meant(p_pair jsonb, p_side text) returns text
language sql immutable as $$
  select case p_side when 'x' then case when (p_pair ->> 'swapped')::boolean then 'b' else 'a' end
    when 'y' then case when (p_pair ->> 'swapped')::boolean then 'a' else 'b' end else p_side end
$$;

grant execute on function api.start_comparison, api.get_comparison, api.list_comparisons, api.delete_comparison, api.comparison_audio
  to kiskadee_training;
grant execute on function training.comparisons_ended to kiskadee_worker;
