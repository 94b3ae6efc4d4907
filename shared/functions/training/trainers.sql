-- Engines whose models are imported: who can train them, and what a run of them takes. Figures come from the workers that have the model.

-- A worker tells what it can train, of which each has a lane of its own, that only workers with this very model serve.
--
-- p_trainers: [{"engine", "model", "lane", ...}], kept as they are.
create or replace function training.announce(p_process uuid, p_trainers jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  delete from training.trainer t where t.seen_at < clock_timestamp() - interval '1 day';
  insert into training.trainer as t (process, engine, model, told)
  select p_process, a.told ->> 'engine', a.told ->> 'model', a.told
  from jsonb_array_elements(p_trainers) a(told)
  on conflict (process, engine) do update set model = excluded.model, told = excluded.told, seen_at = excluded.seen_at;
  select queue.know_lanes(array(select a ->> 'lane' from jsonb_array_elements(p_trainers) a));
$$;

-- Who is asked what a run takes: of those that were heard of lately the one with the most free memory. With a model, of those that have it.
create or replace function training.trainer_of(p_engine text, p_model text default null) returns training.trainer
language sql stable as $$
  select t from training.trainer t
  where t.engine = p_engine and (p_model is null or t.model = p_model) and t.seen_at > clock_timestamp() - interval '1 day'
  order by t.seen_at > clock_timestamp() - interval '5 minutes' desc, (t.told ->> 'free_bytes')::bigint desc nulls last, t.process
  limit 1
$$;

-- Where the slices of a run wait: workers that lack what it stands on do not claim them.
create or replace function training.lane_of(p_run training.run) returns text
language sql immutable as $$
  select case when p_run.engine = 'kiskadee' then 'training:slice'
    else format('training:slice:%s:%s', p_run.engine, p_run.base ->> 'model') end
$$;

-- Where what is spoken with a checkpoint waits.
create or replace function training.speech_lane_of(p_engine text) returns text
language sql immutable as $$
  select case when p_engine = 'xtts' then 'training:speech:xtts' else 'training:speech' end
$$;

-- What is wrong with a run of an engine whose model is imported: a list of faults.
create or replace function training.imported_faults(p_request jsonb, p_dataset training.dataset) returns jsonb
language plpgsql stable as $$
declare
  engine text := p_request ->> 'engine';
  trainer training.trainer := training.trainer_of(engine);
  faults jsonb := '[]';
begin
  if trainer.engine is null then
    return faults || api.fault('engine', format('no worker has a model of the engine %s that can be trained: import one together with its '
      'DVAE on a worker (`kiskadee models import hf:coqui/XTTS-v2` brings both) and start that worker again', engine));
  end if;
  if p_request ->> 'precision' = 'bf16' and trainer.told ->> 'device' = 'cpu' then
    faults := faults || api.fault('precision', 'bf16 is for GPUs, and the worker that has the model trains on its CPU: give f32');
  end if;
  if p_request ->> 'device' = 'cuda' and trainer.told ->> 'device' = 'cpu' then
    faults := faults || api.fault('device', 'the worker that has the model has no GPU');
  end if;
  if p_dataset.id is not null and speech.match_language(p_dataset.language,
      array(select jsonb_array_elements_text(trainer.told -> 'languages'))) is null then
    faults := faults || api.fault('dataset', format('the model of the engine %s knows %s, and the dataset is in %s', engine,
      (select string_agg(l, ', ') from jsonb_array_elements_text(trainer.told -> 'languages') l), p_dataset.language));
  end if;
  return faults;
end
$$;

-- How a run divides its clips: how many it trains with and is measured on, at once, in a step, and its steps. Defaults follow the size of
-- the dataset, so that little data gets steps enough; the worker divides in the same way.
create or replace function training.divide(
  p_request jsonb, p_clips bigint, out training bigint, out held_out bigint, out batch bigint, out accumulation bigint, out steps bigint
) language plpgsql immutable as $$
declare
  share double precision := coalesce((p_request ->> 'evaluation_share')::double precision, 0.1);
begin
  held_out := case when p_clips < 6 then p_clips
    else least(greatest(round(p_clips * share)::bigint, 3), 64, p_clips / 2) end;
  training := case when p_clips < 6 then p_clips else p_clips - held_out end;
  batch := coalesce((p_request ->> 'batch_size')::bigint, 1);
  accumulation := coalesce((p_request ->> 'gradient_accumulation')::bigint,
    ceil(least(greatest(training / 8, 4), 32)::double precision / batch)::bigint);
  steps := coalesce((p_request ->> 'steps')::bigint,
    case when p_request ? 'epochs'
      then greatest(ceil((p_request ->> 'epochs')::double precision * training / (batch * accumulation))::bigint, 1) end,
    least(greatest(ceil(12.0 * training / (batch * accumulation))::bigint, 100), 3000));
end
$$;

-- What a run of an engine whose model is imported will take, in the shape of training.estimate. Steps are those of clips of the mean length,
-- memory that of the longest; where memory is short a step keeps less and takes a third longer.
create or replace function training.imported_estimate(
  p_request jsonb, p_clips bigint, p_seconds double precision, p_longest double precision
) returns jsonb
language sql stable as $$
  with trainer as materialized (
    select t.told, (t.told ->> 'free_bytes')::bigint as free, (t.told ->> 'fixed_bytes')::bigint as fixed
    from training.trainer_of(p_request ->> 'engine') t
  ), clip as materialized (
    select training.clip_figures(t.told, p_longest) as longest,
      (training.clip_figures(t.told, p_seconds / greatest(p_clips, 1)) ->> 'cost_seconds')::double precision as cost
    from trainer t
  ), needed as materialized (
    select d.*, t.fixed + d.batch * (c.longest ->> 'bytes')::bigint as bytes,
      t.fixed + d.batch * (c.longest ->> 'least_bytes')::bigint as least_bytes
    from trainer t, clip c, training.divide(p_request, p_clips) d
  )
  select jsonb_build_object('steps', n.steps,
    'seconds', ceil(60 + 0.1 * p_seconds + c.cost * (n.steps * n.batch * n.accumulation * case when n.bytes > t.free then 1.33 else 1 end
      + 13.0 / 3 * n.held_out)),
    'memory_bytes', case when n.bytes > t.free then n.least_bytes else n.bytes end, 'device', t.told ->> 'device',
    'free_bytes', t.free, 'speech_seconds', round(p_seconds::numeric, 1), 'clips', p_clips)
  from trainer t, clip c, needed n
$$;

-- The figures of the shortest clip that is no shorter; of the longest there are.
create or replace function training.clip_figures(p_told jsonb, p_seconds double precision) returns jsonb
language sql immutable as $$
  select c from jsonb_array_elements(p_told -> 'clips') c
  order by (c ->> 'seconds')::double precision >= p_seconds desc,
    abs((c ->> 'seconds')::double precision - p_seconds) limit 1
$$;

-- What keeps a run from starting: more memory than there is, with both figures and what would help. Null where it fits.
create or replace function training.memory_fault(p_request jsonb, p_estimate jsonb) returns text
language sql immutable as $$
  select format('the run needs %s GB of memory and %s GB are free: %s',
    round((p_estimate ->> 'memory_bytes')::numeric / 1e9, 1), round((p_estimate ->> 'free_bytes')::numeric / 1e9, 1),
    case when coalesce((p_request ->> 'batch_size')::int, 1) > 1
      then format('try batch_size 1 with gradient_accumulation %s',
        (p_request ->> 'batch_size')::int * coalesce((p_request ->> 'gradient_accumulation')::int, 1))
      else 'it takes a worker with more, or shorter clips' end)
  where (p_estimate ->> 'memory_bytes')::bigint > (p_estimate ->> 'free_bytes')::bigint
$$;

-- What somebody who starts such a run should know, and need not mind.
create or replace function training.imported_warnings(p_request jsonb, p_seconds double precision, p_estimate jsonb) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(w.message), '[]') from (
    select format('%s min of speech are little for the engine %s; with 30 min a voice is good', round(p_seconds::numeric / 60, 1),
      p_request ->> 'engine') as message where p_seconds < 600
    union all
    select format('on a CPU the run will take about %s h', round((p_estimate ->> 'seconds')::numeric / 3600, 1))
    where p_estimate ->> 'device' = 'cpu' and (p_estimate ->> 'seconds')::double precision > 3600
    union all
    select format('what is made of the model is bound by its licence (%s)', t.told ->> 'licence')
    from training.trainer_of(p_request ->> 'engine') t where t.told ->> 'licence' is not null
    union all
    select 'the worker that has the model trains on its GPU' where p_request ->> 'device' = 'cpu' and p_estimate ->> 'device' <> 'cpu'
    union all
    select training.memory_fault(p_request, p_estimate) where training.memory_fault(p_request, p_estimate) is not null
  ) w
$$;

grant execute on function training.announce to kiskadee_worker;
