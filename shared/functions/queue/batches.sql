-- Batches: groups of jobs with counters, and a job that closes them.

-- Enqueues a group of jobs: the jobs, the row that gathers them, and the job that closes it, where its kind has one. Returns the
-- id of the group.
create or replace function queue.enqueue_batch(
  p_owner uuid, p_weight real, p_cap bigint, p_jobs queue.new_job[], p_webhook_url text, p_trace text, p_kind text default 'tts'
) returns uuid
language plpgsql as $$
declare
  batch uuid := queue.uuid7();
  jobs queue.new_job[];
  ids uuid[];
begin
  select array_agg(row(j.kind, j.batch_key, j.priority, j.cost, j.args, batch, j.place, j.max_attempts, j.timeout_s,
    null, null, p_trace, j.run_at, j.after, j.soft, j.start_before)::queue.new_job order by j.place) into jobs
  from unnest(p_jobs) with ordinality as j(
    kind, batch_key, priority, cost, args, batch_id, batch_index, max_attempts, timeout_s, unique_key, webhook_url,
    trace, run_at, after, soft, start_before, place);
  -- Before its jobs: one that comes after a job that failed ends at once, and is counted.
  insert into queue.batch (id, owner, total, job_ids, webhook_url, trace, kind)
  values (batch, p_owner, cardinality(jobs), '{}', p_webhook_url, p_trace, p_kind);
  insert into queue.batch_progress (batch_id, pending) values (batch, cardinality(jobs));
  ids := queue.enqueue(p_owner, p_weight, p_cap, jobs);
  update queue.batch b set job_ids = ids where b.id = batch;
  if exists (select from queue.batch_progress b where b.batch_id = batch and b.pending > 0) then
    perform queue.enqueue_closing(batch);
  end if;
  return batch;
end
$$;

-- Enqueues the job that closes a batch, behind the batch: it waits for all jobs of it, however they end. Only when it is done
-- is the batch over for its owner, so a client that waits for `completed` can download at once. False where its kind has none.
create or replace function queue.enqueue_closing(p_batch uuid) returns boolean
language plpgsql as $$
declare
  batch queue.batch;
  kind queue.group_kind;
  closing uuid[];
begin
  select * into batch from queue.batch b where b.id = p_batch;
  select * into kind from queue.group_kind k where k.kind = batch.kind;
  if kind.closing_kind is null then
    return false;
  end if;
  closing := queue.enqueue(batch.owner, 1, null, array[row(
    kind.closing_kind, kind.closing_batch_key, 1, kind.closing_cost + batch.total, jsonb_build_object('batch_id', p_batch),
    p_batch, null, null, null, null, null, batch.trace, null, array[p_batch], true, null)::queue.new_job]);
  update queue.batch_progress b set archive_job = closing[1] where b.batch_id = p_batch;
  return true;
end
$$;

-- Jobs of batches live again: p_dead, and p_shut that had ended because of it. Batches in the order of their ids.
create or replace function queue.reopen_batches(p_dead uuid, p_shut uuid[]) returns void
language plpgsql as $$
declare
  again record;
  closing uuid;
begin
  for again in
    select j.batch_id, j.owner, count(j.batch_index) filter (where j.id = p_dead) as dead,
      count(j.batch_index) filter (where j.id <> p_dead) as shut
    from queue.job j
    where (j.id = p_dead or j.id = any(p_shut)) and j.batch_id is not null
    group by j.batch_id, j.owner order by j.batch_id
  loop
    update queue.batch_progress b
    set pending = b.pending + again.dead + again.shut, failed = b.failed - again.dead, cancelled = b.cancelled - again.shut,
      status = 'processing', finished_at = null
    where b.batch_id = again.batch_id and (again.dead + again.shut > 0 or b.archive_job = p_dead)
    returning b.archive_job into closing;
    -- A closing job that has been let in has seen the batch without them: another takes its place. Nobody lets it in now,
    -- for that takes the row of counters.
    if again.dead + again.shut > 0 and not exists (select from queue.waiting w where w.job_id = closing) then
      perform queue.enqueue_closing(again.batch_id);
      perform queue.cancel_waiting(again.owner, array[closing]);
    end if;
  end loop;
end
$$;

grant execute on function queue.enqueue_batch, queue.enqueue_closing, queue.reopen_batches to kiskadee_worker;
