-- Jobs that name a time by which they must begin. Who begins one takes its row of `start_limit` away; a claim passes over what is
-- overdue, so nothing begins too late although nobody leads, and the leader ends it.

create or replace function queue.is_overdue(p_job uuid) returns boolean
language sql stable as $$
  select exists (select from queue.start_limit s where s.job_id = p_job and s.start_before <= clock_timestamp())
$$;

-- What is wrong with a time by which a job is to begin; null where nothing is.
create or replace function queue.start_fault(p_at timestamptz) returns text
language sql stable as $$
  select case when p_at <= clock_timestamp() or p_at > clock_timestamp() + make_interval(days => s.retention_days)
    then format('must be in the future, and at most %s days ahead', s.retention_days) end
  from queue.setting s
$$;

-- Notes the times of jobs that were just enqueued, whose ids are given in the same order. One that was there before under its name keeps
-- its own.
create or replace function queue.limit_starts(p_ids uuid[], p_jobs queue.new_job[]) returns void
language sql as $$
  insert into queue.start_limit (job_id, start_before)
  select i.id, p_jobs[i.place].start_before
  from unnest(p_ids) with ordinality i(id, place)
  where p_jobs[i.place].start_before is not null
    and (p_jobs[i.place].unique_key is null or exists (
      select from queue.job j where j.id = i.id and j.created_at >= transaction_timestamp()))
  on conflict do nothing
$$;

-- Ends up to p_limit jobs that were to begin by now, wherever they wait. What a worker has claimed meanwhile is that worker's to
-- end. Returns how many were overdue.
create or replace function queue.expire(p_limit int) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  due uuid[] := array(
    select s.job_id from queue.start_limit s
    where s.start_before <= clock_timestamp() and not exists (select from queue.lease l where l.job_id = s.job_id)
    order by s.start_before limit p_limit);
  queued uuid[] := '{}';
  gated uuid[];
  owned record;
begin
  if due = '{}' then
    return 0;
  end if;
  for owned in
    select j.owner, array_agg(j.id) as jobs from queue.job j where j.id = any(due) group by j.owner order by j.owner
  loop
    queued := queued || queue.take_queued(owned.owner, owned.jobs);
  end loop;
  -- Of all owners together, for the locks of what follows are taken in one order.
  gated := queue.lock_waiting(
    queued || array(select w.job_id from queue.waiting w where w.job_id = any(due)), true);
  if queued <> '{}' or gated <> '{}' then
    perform queue.conclude(array(select queue.cut_off(id, null, null) from unnest(queued) id), gated);
  end if;
  delete from queue.start_limit s
  where s.job_id = any(due) and not exists (select from queue.job j where j.id = s.job_id);
  return cardinality(due);
end
$$;

grant execute on function queue.is_overdue, queue.limit_starts, queue.expire to kiskadee_worker;
