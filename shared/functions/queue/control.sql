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

-- Ends those of the jobs that wait, in whatever place. Returns how many. Only rows of jobs that do end are held: those behind a
-- job that runs are its worker's, who would wait for them while we wait for his lease.
create or replace function queue.cancel_waiting(p_owner uuid, p_jobs uuid[]) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  queued uuid[] := queue.take_queued(p_owner, p_jobs);
  waiting uuid[] := array(
    select w.job_id from queue.waiting w where w.owner = p_owner and w.job_id = any(p_jobs));
  gated uuid[];
  ended queue.ended[];
begin
  gated := queue.lock_waiting(queued || waiting, true);
  if cardinality(gated) < cardinality(waiting) then
    queued := queued || queue.take_queued(p_owner, waiting);  -- some were let in meanwhile
  end if;
  select array_agg(queue.cut_off(id, null, null)) into ended from unnest(queued) id;
  if ended is not null or gated <> '{}' then
    perform queue.conclude(ended, gated);
  end if;
  return cardinality(queued) + cardinality(gated);
end
$$;

-- Takes those of the jobs that nothing but their turn or their time keeps out of their places.
create or replace function queue.take_queued(p_owner uuid, p_jobs uuid[]) returns uuid[]
language plpgsql
set enable_seqscan = off as $$
declare
  taken uuid[];
begin
  with lane as (
    select distinct j.batch_key, j.priority from queue.job j where j.id = any(p_jobs) and j.owner = p_owner
  ), waiting as (
    delete from queue.ready r using lane l
    where r.owner = p_owner and hashtextextended(r.batch_key, r.priority) = hashtextextended(l.batch_key, l.priority)
      and r.job_id = any(p_jobs)
    returning r.job_id
  ), postponed as (
    delete from queue.later l using queue.job j
    where l.job_id = any(p_jobs) and j.id = l.job_id and j.owner = p_owner
    returning l.job_id
  )
  select array_agg(w.job_id) into taken from (select job_id from waiting union all select job_id from postponed) w;
  return coalesce(taken, '{}');
end
$$;

-- Cancels what has not started of an owner's batch. Returns how many jobs, or null when there is no such batch.
create or replace function queue.cancel_batch(p_owner uuid, p_batch uuid) returns int
language plpgsql as $$
declare
  jobs uuid[];
  ended int;
  cancelled int := 0;
begin
  select b.job_ids into jobs from queue.batch b where b.id = p_batch and b.owner = p_owner;
  if not found then
    return null;
  end if;
  -- A job that changes its place meanwhile (promoted, given back) is in neither when one statement looks: looked for again, by
  -- a statement that sees where it went.
  for round in 1..5 loop
    ended := queue.cancel_waiting(p_owner, jobs);
    cancelled := cancelled + ended;
    exit when ended = 0 and round > 1;
  end loop;
  return cancelled;
end
$$;

-- Gives a dead job another life, and those that ended because of it: its error chain is kept apart in the log of the caller,
-- its counts begin anew. A job of a batch reopens the batch. False when the job is not dead.
create or replace function queue.redrive(p_job uuid) returns boolean
language plpgsql
set enable_seqscan = off as $$
declare
  revived uuid[];
  shut queue.ended[];
begin
  -- Nobody begins to wait for it now, or one more would have ended because of it unseen.
  perform from queue.job j where j.id = p_job for update;
  delete from queue.dead d where d.job_id = p_job and d.cause is null;
  if not found then
    return false;
  end if;
  delete from queue.failure f where f.job_id = p_job;
  insert into queue.later (run_at, job_id) values (clock_timestamp(), p_job);
  revived := queue.revive(p_job);
  if revived <> '{}' then
    perform queue.hold_before(j.owner, array(select f.id from queue.job r, unnest(r.after) f(id) where r.id = any(revived)))
    from queue.job j where j.id = p_job;
    shut := queue.place_gated(array(select row(r.id, null, 1, 0)::queue.gated from unnest(revived) r(id)));
  end if;
  if shut is not null then
    perform queue.lock_waiting(array(select e.job_id from unnest(shut) e), true);  -- before the counters of batches
  end if;
  perform queue.reopen_batches(p_job, revived);
  perform queue.conclude_shut(shut);
  return true;
end
$$;

-- Takes those that ended because of a dead job out of the dead, and returns them. One more may be found when their rows are
-- held, for somebody was just beginning to wait for one of them.
create or replace function queue.revive(p_cause uuid) returns uuid[]
language plpgsql
set enable_seqscan = off as $$
declare
  found_now uuid[];
  revived uuid[] := '{}';
begin
  loop
    found_now := array(select d.job_id from queue.dead d where d.cause = p_cause order by d.job_id);
    exit when found_now = '{}';
    perform from queue.job j where j.id = any(found_now) order by j.id for update;
    delete from queue.dead d where d.job_id = any(found_now);
    revived := revived || found_now;
  end loop;
  return revived;
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

grant execute on function queue.cancel_job, queue.cancel_waiting, queue.take_queued, queue.cancel_batch, queue.redrive,
  queue.revive, queue.set_paused to kiskadee_worker;
