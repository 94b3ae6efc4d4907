-- A run as a chain of jobs: each slice prepares, or trains for a while and leaves a checkpoint, and its accepted end makes the next.
-- What a fenced-off worker left is never named, for its end is not accepted.

-- Enqueues the next slice. The first is admitted like any other work; what follows from admitted work is not refused.
create or replace function training.next_slice(p_run uuid, p_weight real default 1, p_cap bigint default null) returns void
language plpgsql as $$
declare
  run training.run;
  job uuid;
begin
  select * into run from training.run r where r.id = p_run;
  job := (queue.enqueue(run.owner, p_weight, p_cap, array[row(
    'training', training.lane_of(run), 2, 1000, jsonb_build_object('run_id', run.id),
    null, null, null, null, 'training/' || run.id, null, run.trace, null, null, null, null)::queue.new_job]))[1];
  update training.run r set job_id = job, token = null, slices = r.slices + 1, updated_at = clock_timestamp() where r.id = p_run;
end
$$;

-- The run whose slice an attempt is at, held against others; none when the attempt has lost its job, or the run is gone.
create or replace function training.held_run(p_job uuid, p_token bigint) returns training.run
language plpgsql as $$
declare
  run training.run;
begin
  if queue.holds(p_job, p_token) then
    select * into run from training.run r where r.job_id = p_job for update;
  end if;
  return run;
end
$$;

-- The last checkpoint from which a run can go on.
create or replace function training.resumable(p_run uuid) returns training.checkpoint
language sql stable as $$
  select c from training.checkpoint c where c.run_id = p_run and c.key is not null order by c.step desc limit 1
$$;

create or replace function training.resumable_step(p_run uuid) returns bigint
language sql stable as $$
  select coalesce((training.resumable(p_run)).step, 0)
$$;

-- What a run is at: `prepare`, `train`, or `finish`, which makes a voice of the last checkpoint.
create or replace function training.phase_of(p_run training.run) returns text
language plpgsql stable as $$
declare
  latest training.checkpoint := training.resumable(p_run.id);
begin
  return case
    when p_run.corpus_key is null then 'prepare'
    when latest.id is not null and latest.voice_key is null and (p_run.state = 'stopping' or latest.step >= p_run.steps) then 'finish'
    else 'train' end;
end
$$;

-- A worker begins a slice: all that it needs, or null where the attempt is not the one that counts.
create or replace function training.begin_slice(p_job uuid, p_token bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run training.run := training.held_run(p_job, p_token);
  latest training.checkpoint := training.resumable(run.id);
  phase text := training.phase_of(run);
begin
  if run.id is null then
    return null;
  end if;
  if run.token is not null and run.token <> p_token then
    perform training.log(run.id, 'warning', format('a worker was lost; going on at step %s', coalesce(latest.step, 0)));
  end if;
  if run.state = 'queued' then
    perform training.note_state(run.id, 'running');
  end if;
  update training.run r set token = p_token, state = case r.state when 'queued' then 'running' else r.state end,
    resumed = r.resumed + (r.token is not null and r.token <> p_token)::int, step = coalesce(latest.step, 0),
    told = r.told || jsonb_build_object('worker', queue.worker_of(p_job)),
    started_at = coalesce(r.started_at, clock_timestamp()), updated_at = clock_timestamp()
  where r.id = run.id returning * into run;
  return jsonb_build_object('run_id', run.id, 'engine', run.engine, 'language', run.language, 'phase', phase,
    'base_key', run.base -> 'key', 'model', run.base -> 'model', 'recipe', run.recipe, 'plan', run.plan, 'corpus_key', run.corpus_key,
    'halved_from', run.halved_from, 'stopping', run.state = 'stopping',
    'checkpoint', case when latest.id is not null then jsonb_build_object('step', latest.step, 'key', latest.key,
      'sha256', encode(latest.sha256, 'hex'), 'train_loss', latest.train_loss) end,
    'clips', case when phase = 'prepare' then training.clips_with_files(run.version_id) end);
end
$$;

-- The clips of a version, each with the recording that it was cut out of, as long as that is there.
create or replace function training.clips_with_files(p_version uuid) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(c.clip || jsonb_build_object('file', s.file_id) order by c.place), '[]')
  from training.version v cross join jsonb_array_elements(v.clips) with ordinality c(clip, place)
  left join training.segment s on s.id = (c.clip ->> 'segment_id')::uuid
  where v.id = p_version
$$;

-- What a slice tells while it runs, at most every other second. Answers what it is to do: `go_on`, `stop`, or `leave`, when it is no
-- longer the one that counts.
--
-- p_told: {"step"?, "loss"?, "learning_rate"?, …}, of which the members take the places of those before; p_lines: [{"level", "message"}].
create or replace function training.report(p_job uuid, p_token bigint, p_told jsonb, p_lines jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run training.run := training.held_run(p_job, p_token);
begin
  if run.id is null then
    return 'leave';
  end if;
  perform training.log(run.id, l.line ->> 'level', l.line ->> 'message', run.step)
  from jsonb_array_elements(p_lines) with ordinality l(line, place) order by l.place;
  if p_told <> '{}' then
    update training.run r set told = r.told || p_told, step = coalesce((p_told ->> 'step')::bigint, r.step),
      updated_at = clock_timestamp()
    where r.id = run.id returning * into run;
    if (p_told ->> 'steps_per_second')::float8 > 0 then
      perform telemetry.observe('training_step_seconds', jsonb_build_object('engine', run.engine),
        array[1 / (p_told ->> 'steps_per_second')::float8]);
    end if;
    if p_told ? 'step' then
      perform training.note(run.id, 'progress', null, run.step, p_told || jsonb_build_object('steps', run.steps));
    end if;
  end if;
  return case run.state when 'stopping' then 'stop' else 'go_on' end;
end
$$;

-- Slices have ended. What one left is kept, and the run goes on, or ends.
create or replace function training.slices_ended(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  run training.run;
begin
  for ended in select * from unnest(p_concluded) order by job_id loop
    select * into run from training.run r where r.job_id = ended.job_id for update;
    if not found then
      -- Deleted meanwhile, or taken from it: nobody wants what it made.
      perform storage.discard(training.keys_of_slice(ended.result));
      continue;
    end if;
    update training.run r set job_id = null, token = null, updated_at = clock_timestamp(),
      short_since = case when ended.outcome <> 'completed' then r.short_since end
    where r.id = run.id;
    if ended.outcome = 'completed' then
      perform training.keep_slice(run, ended.result);
      perform training.go_on(run.id, ended.result);
    elsif ended.outcome in ('cancelled', 'expired') or run.state = 'stopping' and run.discard then
      update training.run r set state = 'stopping' where r.id = run.id;
      perform training.go_on(run.id, '{}');
    else
      perform training.end_run(run.id, 'failed', coalesce(ended.message, 'the training broke down'));
    end if;
  end loop;
end
$$;

-- All that a slice stored.
create or replace function training.keys_of_slice(p_result jsonb) returns text[]
language sql immutable as $$
  select array(select distinct k from (
    select p_result -> 'corpus' ->> 'key' union all select p_result -> 'checkpoint' ->> 'key'
    union all select p_result -> 'voice' ->> 'key'
    union all select s ->> 'key' from jsonb_array_elements(
      case jsonb_typeof(p_result -> 'samples') when 'array' then p_result -> 'samples' else '[]' end) s
  ) made(k) where k is not null)
$$;

-- Keeps what a slice left: the corpus, a checkpoint, its voice, what it spoke.
create or replace function training.keep_slice(p_run training.run, p_result jsonb) returns void
language plpgsql as $$
declare
  corpus jsonb := p_result -> 'corpus';
begin
  if corpus ->> 'key' is not null then
    perform storage.keep(corpus ->> 'key', 'training', p_run.owner, (corpus ->> 'bytes')::bigint);
    update training.run r set corpus_key = corpus ->> 'key', plan = corpus -> 'plan', steps = (corpus -> 'plan' ->> 'steps')::bigint
    where r.id = p_run.id;
    perform training.keep_scores(p_run.version_id, corpus -> 'outcomes');
    perform training.log(p_run.id, 'info', format('%s sentences (%s s of speech) prepared, %s of them held out; %s clips left out',
      (corpus -> 'plan' ->> 'sentences')::int, round((corpus -> 'plan' ->> 'seconds')::numeric), corpus -> 'plan' ->> 'held_out',
      corpus -> 'plan' ->> 'left_out'));
  end if;
  if p_result -> 'checkpoint' ->> 'step' is not null then
    perform telemetry.count('training_steps_total', jsonb_build_object('engine', p_run.engine),
      greatest((p_result -> 'checkpoint' ->> 'step')::bigint - training.resumable_step(p_run.id), 0));
    perform training.keep_checkpoint(p_run, p_result);
  end if;
end
$$;

-- How well the words of each clip fit, for whoever looks for wrong ones.
create or replace function training.keep_scores(p_version uuid, p_outcomes jsonb) returns void
language sql as $$
  update training.segment s set alignment_score = o.score,
    reasons = case when o.misaligned then array_append(array_remove(s.reasons, 'misaligned'), 'misaligned')
      else array_remove(s.reasons, 'misaligned') end
  from jsonb_to_recordset(p_outcomes) o(segment_id uuid, score double precision, misaligned boolean)
  join (
    select (c ->> 'segment_id')::uuid as id, c ->> 'text' as text, v.dataset_id
    from training.version v, jsonb_array_elements(v.clips) c where v.id = p_version
  ) frozen on frozen.id = o.segment_id
  -- Words that were written since are others.
  where s.id = o.segment_id and o.score is not null and s.dataset_id = frozen.dataset_id
    and s.text is not distinct from frozen.text
$$;

-- What follows from the end of a slice.
create or replace function training.go_on(p_run uuid, p_result jsonb) returns void
language plpgsql as $$
declare
  run training.run;
  latest training.checkpoint := training.resumable(p_run);
begin
  update training.run r set step = coalesce(latest.step, 0) where r.id = p_run returning * into run;
  -- Of somebody who left nothing goes on, or erasing would never find the queue empty.
  if exists (select from account."user" u where u.id = run.owner and u.deleted_at is not null) then
    perform training.end_run(run.id, 'stopped');
    return;
  end if;
  if p_result -> 'diverged' ->> 'step' is not null and not training.halve(run, (p_result -> 'diverged' ->> 'step')::bigint) then
    return;
  end if;
  if p_result ? 'out_of_memory' and not training.split_batch(run, p_result -> 'out_of_memory') then
    return;
  end if;
  if run.state = 'stopping' and run.discard then
    perform training.forget_checkpoints(run.id);
    perform training.forget_samples(run.id);
    update training.run r set step = 0 where r.id = run.id;
    perform training.end_run(run.id, 'stopped');
  elsif training.phase_of(run) = 'finish' then
    perform training.next_slice(run.id);
  elsif run.state = 'stopping' then
    perform training.end_run(run.id, 'stopped');
  elsif latest.step >= run.steps or training.has_settled(run) or coalesce((p_result ->> 'settled')::boolean, false) then
    perform training.end_run(run.id, 'completed');
  else
    perform training.next_slice(run.id);
  end if;
end
$$;

-- A loss that is no number: back to the last checkpoint with half the rate, once. False when the run has failed.
create or replace function training.halve(p_run training.run, p_step bigint) returns boolean
language plpgsql as $$
begin
  if p_run.halved_from is not null then
    perform training.end_run(p_run.id, 'failed', format(
      'the loss was not finite at step %s, at half the learning rate, too: start a run with a lower one', p_step));
    return false;
  end if;
  update training.run r set halved_from = p_run.step where r.id = p_run.id;
  perform training.log(p_run.id, 'warning', format(
    'the loss was not finite at step %s; going on from step %s with half the learning rate', p_step, p_run.step));
  return true;
end
$$;

-- Whether as many evaluations as its owner said have passed without the best getting better by 0.5 %.
create or replace function training.has_settled(p_run training.run) returns boolean
language sql stable as $$
  select coalesce((
    select count(*) >= (p_run.recipe ->> 'early_stopping')::int
    from training.event e
    where e.run_id = p_run.id and e.kind = 'checkpoint' and (e.body ->> 'evaluation_loss') is not null
      and e.step > (select min(b.step) from training.event b where b.run_id = p_run.id and b.kind = 'checkpoint'
        and (b.body ->> 'evaluation_loss')::double precision * 0.995 <= (
          select min((m.body ->> 'evaluation_loss')::double precision) from training.event m
          where m.run_id = p_run.id and m.kind = 'checkpoint'))), false)
$$;

-- A run has ended.
create or replace function training.end_run(p_run uuid, p_state text, p_error text default null) returns void
language plpgsql as $$
declare
  run training.run;
begin
  update training.run r set state = p_state, error = left(p_error, 4000), finished_at = clock_timestamp(), updated_at = clock_timestamp(),
    job_id = null, token = null
  where r.id = p_run returning * into run;
  if p_error is not null then
    perform training.log(p_run, 'error', p_error);
  end if;
  perform training.note_state(p_run, p_state);
  -- The number of the word that nothing follows.
  update training.run r set last_seq = r.last_seq + 1 where r.id = p_run;
  perform telemetry.count('training_runs_total', jsonb_build_object('engine', run.engine, 'state', p_state), 1);
  perform webhook.emit_of(run.owner, 'training.' || p_state, run.webhook_url, jsonb_strip_nulls(jsonb_build_object(
    'run_id', api.wire_id('run', run.id), 'model_name', run.model_name, 'state', p_state, 'step', run.step, 'steps', run.steps,
    'error', run.error, 'status_url', '/training/status?run_id=' || api.wire_id('run', run.id))), run.trace);
end
$$;

-- Asks a run to end. What waits ends at once; a slice that runs is told when it next reports. Asking again changes nothing.
create or replace function training.ask_to_stop(p_run uuid, p_discard boolean) returns training.run
language plpgsql as $$
declare
  run training.run;
begin
  select * into run from training.run r where r.id = p_run for update;
  if run.state in ('queued', 'running', 'stopping') then
    update training.run r set state = 'stopping', discard = r.discard or coalesce(p_discard, false), updated_at = clock_timestamp()
    where r.id = p_run;
    if run.state <> 'stopping' then
      perform training.note_state(p_run, 'stopping');
    end if;
    perform queue.cancel_waiting(run.owner, array[run.job_id]);
    select * into run from training.run r where r.id = p_run;
  end if;
  return run;
end
$$;

grant execute on function training.begin_slice, training.report, training.slices_ended to kiskadee_worker;
