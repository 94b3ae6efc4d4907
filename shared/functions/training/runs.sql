-- Runs that train voices, over HTTP: shown, stopped, taken up again and deleted. A run is a chain of jobs (slices.sql).

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
    -- Not every checkpoint was measured: the loss is that of the last that was.
    select (array_agg(c.id order by c.step desc))[1] as id,
      (array_agg(c.evaluation_loss order by c.step desc) filter (where c.evaluation_loss is not null))[1] as evaluation_loss
    from training.checkpoint c where c.run_id = p_run.id) latest on true
  left join lateral (
    select c.step, c.evaluation_loss from training.checkpoint c
    where c.run_id = p_run.id and c.evaluation_loss is not null order by c.evaluation_loss, c.step limit 1) best on true
$$;

-- How often all sentences have been heard by then, begun rounds counted.
create or replace function training.epoch_at(p_run training.run, p_step bigint) returns int
language sql immutable as $$
  select ceil(p_step * (p_run.plan ->> 'batch_size')::double precision
    * coalesce((p_run.plan ->> 'gradient_accumulation')::double precision, 1) / nullif((p_run.plan ->> 'sentences')::double precision, 0))::int
$$;

create or replace function training.sample_body(p_sample training.sample) returns jsonb
language sql stable as $$
  select jsonb_build_object('sample_id', api.wire_id('sample', p_sample.id), 'step', p_sample.step, 'text', p_sample.text,
    'audio_url', format('/training/samples/%s/audio', api.wire_id('sample', p_sample.id)))
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
  if run.state = 'stopped' and p_discard and not run.discard then
    return api.problem(caller, 409, 'conflict', 'The run has stopped already. Delete it to discard what it left.');
  elsif run.state in ('completed', 'failed') then
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
      return training.no_dataset(caller);
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

grant execute on function api.stop_training, api.training_status, api.list_runs, api.resume_run, api.delete_run to kiskadee_training;
