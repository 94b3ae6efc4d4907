-- Runs that train voices, over HTTP: started, stopped, taken up again, shown and deleted. A run is a chain of jobs (slices.sql).

-- The run if the caller may see it.
create or replace function training.own_run(p_caller api.caller, p_run uuid) returns training.run
language sql stable as $$
  select r from training.run r where r.id = p_run and (r.owner = p_caller.user_id or p_caller.role = 'admin')
$$;

create or replace function training.no_run(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such run.')
$$;

create or replace function training.is_over(p_run training.run) returns boolean
language sql immutable as $$
  select p_run.state in ('stopped', 'completed', 'failed')
$$;

-- A run as it looks outside.
create or replace function training.run_body(p_run training.run) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'run_id', api.wire_id('run', p_run.id), 'model_name', p_run.model_name, 'engine', p_run.engine,
    'language', p_run.language, 'state', p_run.state,
    'dataset_id', api.wire_id('dataset', p_run.dataset_id),
    'dataset_version', (select v.number from training.version v where v.id = p_run.version_id),
    'step', p_run.step, 'steps', p_run.steps,
    'epoch', training.epoch_at(p_run, p_run.step), 'epochs', training.epoch_at(p_run, p_run.steps),
    'progress', case when p_run.state = 'completed' then 100
      else floor(100.0 * p_run.step / nullif(p_run.steps, 0)) end,
    'loss', coalesce(p_run.told -> 'loss', '{}') || jsonb_build_object(
      'evaluation', latest.evaluation_loss, 'best', best.evaluation_loss, 'best_step', best.step),
    'learning_rate', p_run.told -> 'learning_rate', 'gradient_norm', p_run.told -> 'gradient_norm',
    'steps_per_second', p_run.told -> 'steps_per_second', 'seconds_left', p_run.told -> 'seconds_left',
    'stage', case when not training.is_over(p_run) then p_run.told -> 'stage' end,
    'device', p_run.told -> 'device', 'worker', p_run.told -> 'worker', 'memory_bytes', p_run.told -> 'memory_bytes',
    'slices', p_run.slices, 'resumed', p_run.resumed,
    'recipe', p_run.recipe - 'sample_texts', 'plan', p_run.plan, 'base', p_run.base - 'key',
    'samples', (select coalesce(jsonb_agg(training.sample_body(s) order by s.step, s.place), '[]')
      from training.sample s where s.run_id = p_run.id),
    'checkpoint', (select training.checkpoint_body(c) from training.checkpoint c where c.id = latest.id),
    'created_at', api.wire_time(p_run.created_at), 'started_at', api.wire_time(p_run.started_at),
    'updated_at', api.wire_time(p_run.updated_at), 'finished_at', api.wire_time(p_run.finished_at))
    || jsonb_strip_nulls(jsonb_build_object('error', p_run.error))
  from (select) one
  left join lateral (
    select c.id, c.evaluation_loss from training.checkpoint c where c.run_id = p_run.id order by c.step desc limit 1) latest on true
  left join lateral (
    select c.step, c.evaluation_loss from training.checkpoint c
    where c.run_id = p_run.id and c.evaluation_loss is not null order by c.evaluation_loss, c.step limit 1) best on true
$$;

-- How often all sentences have been heard by then, begun rounds counted.
create or replace function training.epoch_at(p_run training.run, p_step bigint) returns int
language sql immutable as $$
  select ceil(p_step * (p_run.plan ->> 'batch_size')::double precision / nullif((p_run.plan ->> 'sentences')::double precision, 0))::int
$$;

create or replace function training.sample_body(p_sample training.sample) returns jsonb
language sql stable as $$
  select jsonb_build_object('sample_id', api.wire_id('sample', p_sample.id), 'step', p_sample.step, 'text', p_sample.text,
    'audio_url', format('/api/v1/training/samples/%s/audio', api.wire_id('sample', p_sample.id)))
$$;

-- What is wrong with what a run asks for, beside its form: [{"field", "message"}], or null.
create or replace function training.start_faults(p_caller api.caller, p_request jsonb, p_dataset training.dataset) returns jsonb
language plpgsql stable as $$
declare
  faults jsonb := '[]';
  engine text := coalesce(p_request ->> 'engine', 'kiskadee');
begin
  if engine <> 'kiskadee' then
    faults := faults || api.fault('engine', format(
      'the engine %s cannot be trained here; `kiskadee` can, and needs nothing else', to_json(engine)));
  end if;
  if p_dataset.id is null then
    faults := faults || api.fault('dataset', format('there is no dataset %s', to_json(p_request ->> 'dataset')));
  elsif split_part(lower(p_dataset.language), '-', 1) not in ('en', 'pt') then
    faults := faults || api.fault('dataset', format(
      'the engine kiskadee learns English and Brazilian Portuguese, and the dataset is in %s', p_dataset.language));
  end if;
  if p_request ? 'base' and training.base_of(p_caller, p_request ->> 'base') is null then
    faults := faults || api.fault('base', format(
      'there is no checkpoint or trained voice %s that a run could begin with', to_json(p_request ->> 'base')));
  end if;
  return nullif(faults, '[]');
end
$$;

-- What a run begins with: the engine's own weights, or those of a checkpoint or a trained voice. Null where there is no such thing.
create or replace function training.base_of(p_caller api.caller, p_base text) returns jsonb
language sql stable as $$
  select case
    when p_base is null or p_base = 'kiskadee' then '{"kind": "engine"}'::jsonb
    when p_base like 'checkpoint\_%' then (
      select jsonb_build_object('kind', 'checkpoint', 'checkpoint_id', p_base, 'key', c.voice_key)
      from training.checkpoint c join training.run r on r.id = c.run_id
      where api.wire_id('checkpoint', c.id) = p_base and c.voice_key is not null
        and (r.owner = p_caller.user_id or p_caller.role = 'admin'))
    else (
      select jsonb_build_object('kind', 'voice', 'voice_id', p_base, 'key', w.key)
      from speech.weights_of(p_caller, p_base) w(key) where w.key is not null)
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
  ) w
$$;

-- Starts a run, or tells what it would take.
--
-- p_request: {"model_name", "dataset", "engine"?, "base"?, "epochs"?, "steps"?, "batch_size"?, "learning_rate"?, "warmup_steps"?,
-- "seed"?, "early_stopping"?, "sample_texts"?, "checkpoint_seconds"?, "dry_run"?, "webhook_url"?}; p_malformed as everywhere.
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
  end if;
  blockers := training.dataset_blockers(dataset);
  select count(*) as clips, coalesce(sum(s.end_seconds - s.start_seconds), 0) as seconds into heard
  from training.segment s where s.dataset_id = dataset.id and s.state = 'accepted';
  estimate := training.estimate(p_request, heard.clips, heard.seconds);
  warnings := training.start_warnings(p_request, heard.seconds);
  if jsonb_array_length(coalesce(blockers, '[]')) > 0 then
    return training.not_ready(p_caller, blockers);
  elsif (p_request ->> 'dry_run')::boolean then
    return api.ok(p_caller, 200, jsonb_build_object('estimate', estimate, 'warnings', warnings));
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
    version.id, p_dataset.language, training.base_of(p_caller, p_request ->> 'base'), training.recipe_of(p_request),
    (p_told -> 'estimate' ->> 'steps')::bigint, p_request ->> 'webhook_url', p_trace)
  returning * into run;
  perform training.note_state(run.id, 'queued');
  perform training.next_slice(run.id, p_caller.weight, p_caller.queue_cap);
  return api.ok(p_caller, 202, jsonb_build_object('run_id', api.wire_id('run', run.id),
    'status_url', '/api/v1/training/status?run_id=' || api.wire_id('run', run.id)) || p_told);
end
$$;

-- What decides a run's result, and what it speaks on its way; what is not said follows from the size of the dataset.
create or replace function training.recipe_of(p_request jsonb) returns jsonb
language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'steps', p_request -> 'steps', 'epochs', p_request -> 'epochs', 'batch_size', p_request -> 'batch_size',
    'learning_rate', p_request -> 'learning_rate', 'warmup_steps', p_request -> 'warmup_steps',
    'seed', coalesce(p_request -> 'seed', '1'), 'early_stopping', p_request -> 'early_stopping',
    'sample_texts', p_request -> 'sample_texts', 'checkpoint_seconds', coalesce(p_request -> 'checkpoint_seconds', '60')))
$$;

-- Asks a run to stop: at its next step, with a checkpoint kept, or with nothing kept. Without an id the caller's only one.
create or replace function api.stop_training(p_caller api.credentials, p_run uuid, p_discard boolean) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  run training.run;
  active uuid[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  if p_run is null then
    active := array(select r.id from training.run r
      where r.owner = caller.user_id and r.state in ('queued', 'running', 'stopping') order by r.id);
    if cardinality(active) <> 1 then
      return training.not_one_run(caller, active);
    end if;
  end if;
  run := training.own_run(caller, coalesce(p_run, active[1]));
  if run.id is null then
    return training.no_run(caller);
  end if;
  run := training.ask_to_stop(run.id, p_discard);
  if run.state in ('completed', 'failed') then
    return api.problem(caller, 409, 'conflict', format('The run has %s already.', run.state));
  end if;
  return api.ok(caller, 202, training.run_body(run));
end
$$;

create or replace function training.not_one_run(p_caller api.caller, p_active uuid[]) returns api.answer
language sql immutable as $$
  select case when p_active = '{}' then api.problem(p_caller, 409, 'conflict', 'None of your runs is under way.')
    else api.problem(p_caller, 409, 'conflict', 'Several runs are under way; say which by `run_id`: ' || (
      select string_agg(api.wire_id('run', id), ', ') from unnest(p_active) id)) end
$$;

-- The run that is meant, or the caller's latest.
create or replace function api.training_status(p_caller api.credentials, p_run uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  run training.run;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  run := training.own_run(caller, coalesce(p_run, (
    select r.id from training.run r where r.owner = caller.user_id order by r.id desc limit 1)));
  if run.id is null then
    return training.no_run(caller);
  end if;
  return api.ok(caller, 200, training.run_body(run));
end
$$;

-- The caller's runs, newest first; p_before is the last id of the page before.
create or replace function api.list_runs(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_state text default null, p_dataset text default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  dataset training.dataset;
  found_runs training.run[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  if p_dataset is not null then
    dataset := training.own_dataset(caller, p_dataset);
    if dataset.id is null then
      return api.problem(caller, 404, 'not_found', 'There is no such dataset.');
    end if;
  end if;
  found_runs := array(
    select r from training.run r
    where (r.owner = caller.user_id or caller.role = 'admin') and (p_before is null or r.id < p_before)
      and (p_state is null or r.state = p_state) and (dataset.id is null or r.dataset_id = dataset.id)
    order by r.id desc limit p_limit + 1);
  return api.ok(caller, 200, jsonb_build_object(
    'items', (select coalesce(jsonb_agg(training.run_body(r) order by r.id desc), '[]') from unnest(found_runs[:p_limit]) r),
    'next_cursor', case when cardinality(found_runs) > p_limit then api.wire_id('run', found_runs[p_limit].id) end));
end
$$;

-- Takes a run up again that was stopped or failed, where its last checkpoint left it.
create or replace function api.resume_run(p_caller api.credentials, p_run uuid, p_trace text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  run training.run := training.own_run(caller, p_run);
  dataset training.dataset;
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif run.id is null then
    return training.no_run(caller);
  end if;
  select * into dataset from training.dataset d where d.id = run.dataset_id;
  answer := training.refuse_twin(caller, dataset);
  select * into run from training.run r where r.id = p_run for update;
  if run.state not in ('stopped', 'failed') then
    return api.problem(caller, 409, 'conflict', format('Only a run that was stopped or has failed can go on; this one is %s.', run.state));
  elsif answer.status is not null then
    return answer;
  end if;
  update training.run r set state = 'queued', finished_at = null, error = null, discard = false,
    step = training.resumable_step(r.id), trace = p_trace, updated_at = clock_timestamp()
  where r.id = p_run returning * into run;
  perform training.note_state(p_run, 'queued');
  perform training.next_slice(p_run, caller.weight, caller.queue_cap);
  select * into run from training.run r where r.id = p_run;
  return api.ok(caller, 202, training.run_body(run));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(caller, sqlstate);
end
$$;

-- Deletes a run that has ended with all that it left. Voices that were made of it have weights of their own, and stay.
create or replace function api.delete_run(p_caller api.credentials, p_run uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  run training.run := training.own_run(caller, p_run);
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif run.id is null then
    return training.no_run(caller);
  elsif not training.is_over(run) then
    return api.problem(caller, 409, 'conflict', format('The run is %s. Stop it first.', run.state));
  end if;
  perform training.forget_runs(array[p_run]);
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.start_training, api.stop_training, api.training_status, api.list_runs, api.resume_run, api.delete_run
  to kiskadee_training;
