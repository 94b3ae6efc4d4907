-- Steps that make a dataset of recordings: a job each, and one at a time.

create or replace function training.is_busy(p_caller api.caller, p_dataset training.dataset) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 409, 'step_under_way', format('The step `%s` of this dataset is under way as %s. Wait for it, or cancel it.',
    p_dataset.step, api.wire_id('job', p_dataset.step_job)),
    jsonb_build_array(api.fault('job_id', api.wire_id('job', p_dataset.step_job))))
$$;

-- The dataset of a request that begins a step, locked, or why not.
create or replace function training.for_step(
  p_caller api.caller, p_ref text, out dataset training.dataset, out answer api.answer
) language plpgsql as $$
begin
  dataset := training.own_dataset(p_caller, p_ref);
  if dataset.id is not null then
    select d.* into dataset from training.dataset d where d.id = dataset.id for update;
  end if;
  if dataset.id is null then
    answer := training.no_dataset(p_caller);
  elsif dataset.step is not null then
    answer := training.is_busy(p_caller, dataset);
  end if;
end
$$;

-- Enqueues a job of a dataset. What fetches waits for others, and has a lane of its own.
create or replace function training.enqueue(
  p_caller api.caller, p_kind text, p_cost int, p_args jsonb, p_trace text
) returns uuid
language sql as $$
  select (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    p_kind, case when p_kind in ('dataset_download', 'dataset_fetch') then 'training:download' else 'training:dataset' end, 0, least(greatest(p_cost, 100), 5000), p_args,
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1]
$$;

-- Begins a step; one that imports from an address is a `fetch` to its job. p_key: an object that only the step needs.
create or replace function training.begin_step(
  p_caller api.caller, p_dataset training.dataset, p_step text, p_cost int, p_args jsonb, p_key text, p_trace text
) returns api.answer
language plpgsql as $$
declare
  job uuid := training.enqueue(p_caller, 'dataset_' || p_step, p_cost,
    jsonb_build_object('dataset_id', p_dataset.id, 'language', p_dataset.language) || p_args, p_trace);
begin
  update training.dataset d set step = case p_step when 'fetch' then 'import' else p_step end, step_job = job, step_key = p_key, updated_at = clock_timestamp()
  where d.id = p_dataset.id;
  return api.ok(p_caller, 202, training.step_body(p_dataset, job));
end
$$;

create or replace function training.step_body(p_dataset training.dataset, p_job uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('job_id', api.wire_id('job', p_job), 'status_url', '/api/v1/jobs/' || api.wire_id('job', p_job),
    'dataset_id', api.wire_id('dataset', p_dataset.id))
$$;

-- A job has ended: the dataset whose step it was, which has none any more; all null where it was none's. The object that only
-- the step needed goes, unless a recording took it over before.
create or replace function training.end_step(p_ended queue.concluded) returns training.dataset
language plpgsql as $$
declare
  dataset training.dataset;
begin
  select d.* into dataset from training.dataset d where d.step_job = p_ended.job_id for update;
  if not found then
    return null;
  end if;
  update training.dataset d set step = null, step_job = null, step_key = null, updated_at = clock_timestamp(),
    revision = d.revision + (p_ended.outcome = 'completed')::int,
    last_step = jsonb_strip_nulls(jsonb_build_object('name', dataset.step, 'job_id', api.wire_id('job', p_ended.job_id),
      'outcome', case when p_ended.fate = 'dead' then 'failed' else p_ended.outcome end,
      'error', case when p_ended.fate = 'dead' then p_ended.message end, 'ended_at', api.wire_time(clock_timestamp())))
  where d.id = dataset.id;
  return dataset;
end
$$;
