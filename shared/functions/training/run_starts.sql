-- Runs at their beginning: what they will take, what keeps them from it, and what they are made with.

-- What is wrong with what a run asks for, beside its form: [{"field", "message"}], or null.
create or replace function training.start_faults(p_caller api.caller, p_request jsonb, p_dataset training.dataset) returns jsonb
language plpgsql stable as $$
declare
  faults jsonb := '[]';
  engine text := coalesce(p_request ->> 'engine', 'kiskadee');
begin
  if engine = 'xtts' then
    faults := faults || training.imported_faults(p_request, p_dataset);
  elsif engine <> 'kiskadee' then
    faults := faults || api.fault('engine', format(
      'the engine %s cannot be trained here; `kiskadee` can, and needs nothing else', to_json(engine)));
  elsif p_dataset.id is not null and split_part(lower(p_dataset.language), '-', 1) not in ('en', 'pt') then
    faults := faults || api.fault('dataset', format(
      'the engine kiskadee learns English and Brazilian Portuguese, and the dataset is in %s', p_dataset.language));
  end if;
  if p_request ? 'base' and training.base_of(p_caller, p_request ->> 'base', engine) is null then
    faults := faults || api.fault('base', format(
      'there is no checkpoint or trained voice %s of the engine %s that a run could begin with', to_json(p_request ->> 'base'), engine));
  end if;
  return nullif(faults, '[]');
end
$$;

-- What a run begins with: the engine's own weights, or those of a checkpoint or a trained voice of this engine, with the imported model that
-- it stands on. Null where there is no such thing.
create or replace function training.base_of(p_caller api.caller, p_base text, p_engine text) returns jsonb
language sql stable as $$
  select found.base || jsonb_strip_nulls(jsonb_build_object('model', (training.trainer_of(p_engine)).model))
  from (select training.named_base(p_caller, p_base, p_engine)) found(base)
$$;

create or replace function training.named_base(p_caller api.caller, p_base text, p_engine text) returns jsonb
language sql stable as $$
  select case
    when p_base is null or p_base = p_engine then '{"kind": "engine"}'::jsonb
    when p_base like 'checkpoint\_%' then (
      select jsonb_build_object('kind', 'checkpoint', 'checkpoint_id', p_base, 'key', c.voice_key)
      from training.checkpoint c join training.run r on r.id = c.run_id
      where c.id = training.id_of('checkpoint', p_base) and c.voice_key is not null and r.engine = p_engine
        and (r.owner = p_caller.user_id or p_caller.role = 'admin'))
    else (
      select jsonb_build_object('kind', 'voice', 'voice_id', p_base, 'key', w.key)
      from speech.weights_of(p_caller, p_base, p_engine) w(key) where w.key is not null)
  end
$$;

-- What a run will take, from how much speech there is: measured figures of one core. Null where nothing is known.
create or replace function training.estimate(p_request jsonb, p_clips bigint, p_seconds double precision) returns jsonb
language sql immutable as $$
  select jsonb_build_object(
    'steps', e.steps, 'seconds', ceil(10 + 0.04 * p_seconds + e.steps * 0.012 * e.batch + 5 * ceil(e.steps * 0.012 * e.batch / 60)),
    'memory_bytes', (400 + p_seconds * 0.2)::bigint << 20, 'device', 'cpu', 'free_bytes', null,
    'speech_seconds', round(p_seconds::numeric, 1), 'clips', p_clips)
  from (
    select b.batch, coalesce((p_request ->> 'steps')::bigint,
      ceil((p_request ->> 'epochs')::bigint * b.sentences / b.batch)::bigint,
      greatest(300, least(1500, ceil(8 * b.sentences / b.batch))))::bigint as steps
    from (select coalesce((p_request ->> 'batch_size')::int, 8) as batch, greatest(p_clips, 1) * 1.33 as sentences) b
  ) e
$$;

-- What somebody who starts a run should know, and need not mind.
create or replace function training.start_warnings(p_request jsonb, p_seconds double precision) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_agg(w.message), '[]') from (
    select format('%s min of speech make a first voice; with 10 min it is good', round(p_seconds::numeric / 60, 1)) as message
    where p_seconds < 180
    union all
    select 'gradient_accumulation is 1 for the engine kiskadee; give a larger batch_size instead'
    where coalesce((p_request ->> 'gradient_accumulation')::int, 1) > 1
    union all
    select 'the engine kiskadee trains in f32' where p_request ->> 'precision' = 'bf16'
    union all
    select 'the engine kiskadee trains on the CPU' where p_request ->> 'device' = 'cuda'
  ) w
$$;

-- Starts a run, or tells what it would take.
--
-- p_request: {"model_name", "dataset", "engine"?, "base"?, "epochs"?, "steps"?, "batch_size"?, "learning_rate"?, "warmup_steps"?,
-- "seed"?, "evaluation_share"?, "device"?, "early_stopping"?, "sample_texts"?, "checkpoint_seconds"?, "dry_run"?, "webhook_url"?}; p_malformed as everywhere.
create or replace function api.start_training(
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
  answer := training.take_run(caller, jsonb_strip_nulls(p_request), p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The part of api.start_training behind the replay.
create or replace function training.take_run(p_caller api.caller, p_request jsonb, p_trace text, p_malformed jsonb) returns api.answer
language plpgsql as $$
declare
  dataset training.dataset := training.own_dataset(p_caller, p_request ->> 'dataset');
  answer api.answer := api.invalid(p_caller, p_malformed, training.start_faults(p_caller, p_request, dataset));
  blockers jsonb;
  heard record;
  estimate jsonb;
  warnings jsonb;
begin
  if answer.status is not null then
    return answer;
  elsif dataset.id is null then
    return training.no_dataset(p_caller);
  end if;
  blockers := training.dataset_blockers(dataset);
  select count(*) as clips, coalesce(sum(s.end_seconds - s.start_seconds), 0) as seconds,
    coalesce(max(s.end_seconds - s.start_seconds), 0) as longest into heard
  from training.segment s where s.dataset_id = dataset.id and s.state = 'accepted';
  if p_request ->> 'engine' = 'xtts' then
    estimate := training.imported_estimate(p_request, heard.clips, heard.seconds, heard.longest);
    warnings := training.imported_warnings(p_request, heard.seconds, estimate);
  else
    estimate := training.estimate(p_request, heard.clips, heard.seconds);
    warnings := training.start_warnings(p_request, heard.seconds);
  end if;
  if (estimate ->> 'steps')::bigint > 100000 then
    return api.invalid(p_caller, null, jsonb_build_array(api.fault('epochs', format(
      'make %s steps of this dataset; a run has 100000 at most', estimate ->> 'steps'))));
  end if;
  if jsonb_array_length(coalesce(blockers, '[]')) > 0 then
    return training.not_ready(p_caller, blockers);
  elsif (p_request ->> 'dry_run')::boolean then
    return api.ok(p_caller, 200, jsonb_build_object('estimate', estimate, 'warnings', warnings));
  elsif training.memory_fault(p_request, estimate) is not null then
    return api.invalid(p_caller, null, jsonb_build_array(api.fault('batch_size', training.memory_fault(p_request, estimate))));
  end if;
  answer := coalesce(training.refuse_twin(p_caller, dataset), storage.refusal(p_caller));
  if answer.status is not null then
    return answer;
  end if;
  return training.begin_run(p_caller, dataset, p_request, p_trace, jsonb_build_object('estimate', estimate, 'warnings', warnings));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- The dataset does not do yet. Blockers are sentences, or objects with one.
create or replace function training.not_ready(p_caller api.caller, p_blockers jsonb) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 422, 'not_ready', 'The dataset cannot be trained with yet; `errors` says what is missing.',
    (select jsonb_agg(api.fault('dataset', case jsonb_typeof(b) when 'string' then b #>> '{}'
      else coalesce(b ->> 'message', b::text) end)) from jsonb_array_elements(p_blockers) b))
$$;

-- Two runs of one dataset at once are a mistake more often than meant.
create or replace function training.refuse_twin(p_caller api.caller, p_dataset training.dataset) returns api.answer
language plpgsql as $$
declare
  twin training.run;
begin
  -- Whoever starts at the same time waits here.
  perform from training.dataset d where d.id = p_dataset.id for update;
  select * into twin from training.run r
  where r.dataset_id = p_dataset.id and r.state in ('queued', 'running', 'stopping') order by r.id limit 1;
  if not found then
    return null;
  end if;
  return api.problem(p_caller, 409, 'conflict', format('The run %s (%s) is training with this dataset already: wait for it, or stop it.',
    api.wire_id('run', twin.id), twin.model_name));
end
$$;

create or replace function training.begin_run(
  p_caller api.caller, p_dataset training.dataset, p_request jsonb, p_trace text, p_told jsonb
) returns api.answer
language plpgsql as $$
declare
  version training.version := training.freeze_version(p_dataset);
  run training.run;
begin
  insert into training.run (id, owner, model_name, engine, dataset_id, version_id, language, base, recipe, steps, webhook_url, trace)
  values (queue.uuid7(), p_dataset.owner, p_request ->> 'model_name', coalesce(p_request ->> 'engine', 'kiskadee'), p_dataset.id,
    version.id, p_dataset.language, training.base_of(p_caller, p_request ->> 'base', coalesce(p_request ->> 'engine', 'kiskadee')), training.recipe_of(p_request),
    (p_told -> 'estimate' ->> 'steps')::bigint, p_request ->> 'webhook_url', p_trace)
  returning * into run;
  -- What it begins with stays until it has begun.
  update training.checkpoint c set kept = array_append(c.kept, 'promoted')
  where c.id = training.id_of('checkpoint', run.base ->> 'checkpoint_id') and 'promoted' <> all(c.kept);
  perform training.note_state(run.id, 'queued');
  perform training.next_slice(run.id, p_caller.weight, p_caller.queue_cap);
  return api.ok(p_caller, 202, jsonb_build_object('run_id', api.wire_id('run', run.id),
    'status_url', '/training/status?run_id=' || api.wire_id('run', run.id)) || p_told);
end
$$;

-- What decides a run's result, and what it speaks on its way; what is not said follows from the size of the dataset.
create or replace function training.recipe_of(p_request jsonb) returns jsonb
language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'steps', p_request -> 'steps', 'epochs', p_request -> 'epochs', 'batch_size', p_request -> 'batch_size',
    'gradient_accumulation', p_request -> 'gradient_accumulation', 'precision', p_request -> 'precision',
    'learning_rate', p_request -> 'learning_rate', 'warmup_steps', p_request -> 'warmup_steps',
    'seed', coalesce(p_request -> 'seed', '1'), 'early_stopping', p_request -> 'early_stopping',
    'evaluation_share', p_request -> 'evaluation_share', 'device', p_request -> 'device',
    'sample_texts', p_request -> 'sample_texts', 'checkpoint_seconds', coalesce(p_request -> 'checkpoint_seconds',
      -- A checkpoint of the large model takes gigabytes.
      case p_request ->> 'engine' when 'xtts' then '300' else '60' end::jsonb)))
$$;

grant execute on function api.start_training to kiskadee_training;
