-- What people do to jobs: cancel, redrive, pause.

-- Cancels one job of an owner. What waits ends at once; what runs is asked to stop and ends with its worker's next
-- heartbeat. Returns `cancelled`, `cancelling`, `ended` (too late) or null (no such job).
create or replace function queue.cancel_job(p_owner uuid, p_job uuid) returns text
language plpgsql
set enable_seqscan = off as $$
declare
  job queue.job;
begin
  select * into job from queue.job j where j.id = p_job and j.owner = p_owner;
  if not found then
    perform from queue.done d where d.job_id = p_job and d.owner = p_owner;
    return case when found then 'ended' end;
  end if;
  -- A job that changes its place meanwhile (claimed, promoted, given back) is looked for again.
  for round in 1..5 loop
    if queue.cancel_waiting(p_owner, array[p_job]) > 0 then
      return 'cancelled';
    end if;
    update queue.lease l set cancel_requested = true where l.job_id = p_job;
    if found then
      return 'cancelling';
    end if;
    exit when not exists (select from queue.job j where j.id = p_job)
      or exists (select from queue.dead d where d.job_id = p_job);
  end loop;
  return 'ended';
end
$$;

-- Ends those of the jobs that wait. Returns how many.
create or replace function queue.cancel_waiting(p_owner uuid, p_jobs uuid[]) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  ended queue.ended[];
begin
  with lane as (
    select distinct j.batch_key, j.priority from queue.job j where j.id = any(p_jobs) and j.owner = p_owner
  ), waiting as (
    delete from queue.ready r using lane l
    where r.owner = p_owner and r.batch_key = l.batch_key and r.priority = l.priority and r.job_id = any(p_jobs)
    returning r.job_id
  ), postponed as (
    delete from queue.later l using queue.job j
    where l.job_id = any(p_jobs) and j.id = l.job_id and j.owner = p_owner
    returning l.job_id
  )
  select array_agg(row(w.job_id, null, null, null, null, false, 'cancelled', null, null, null)::queue.ended) into ended
  from (select job_id from waiting union all select job_id from postponed) w;
  if ended is not null then
    perform queue.conclude(ended);
  end if;
  return coalesce(cardinality(ended), 0);
end
$$;

-- Cancels what has not started of an owner's batch. Returns how many jobs, or null when there is no such batch.
create or replace function queue.cancel_batch(p_owner uuid, p_batch uuid) returns int
language sql as $$
  select queue.cancel_waiting(b.owner, b.job_ids) from queue.batch b where b.id = p_batch and b.owner = p_owner
$$;

-- Gives a dead job another life: its error chain is kept apart in the log of the caller, its counts begin anew. A job of
-- a batch reopens the batch. False when the job is not dead.
create or replace function queue.redrive(p_job uuid) returns boolean
language plpgsql as $$
declare
  job queue.job;
begin
  delete from queue.dead d where d.job_id = p_job;
  if not found then
    return false;
  end if;
  select * into job from queue.job j where j.id = p_job;
  delete from queue.failure f where f.job_id = p_job;
  insert into queue.later (run_at, job_id) values (clock_timestamp(), p_job);
  if job.batch_id is not null then
    update queue.batch_progress b
    set pending = b.pending + (job.batch_index is not null)::int, failed = b.failed - (job.batch_index is not null)::int,
      status = 'processing', finished_at = null
    where b.batch_id = job.batch_id;
  end if;
  return true;
end
$$;

-- Nobody claims from a batch key that is paused.
create or replace function queue.set_paused(p_batch_key text, p_paused boolean, p_reason text) returns void
language plpgsql as $$
begin
  if p_paused then
    insert into queue.pause (batch_key, reason) values (p_batch_key, p_reason) on conflict do nothing;
  else
    delete from queue.pause x where x.batch_key = p_batch_key;
  end if;
end
$$;

grant execute on function queue.cancel_job, queue.cancel_waiting, queue.cancel_batch, queue.redrive, queue.set_paused
  to kiskadee_worker;
