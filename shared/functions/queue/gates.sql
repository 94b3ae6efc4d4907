-- Gates: a job that comes after others waits in `waiting` until they have ended. It may come after a batch, too, which is over
-- when the last of its jobs has ended, however they did.
--
-- Locks, so that nothing is lost and nobody waits in a circle: who ends a job holds its row of `queue.job` for update, who ends
-- a batch updates its row of `queue.batch_progress`, and who would wait for one of them shares that row while he looks; he never
-- waits for a second of them, but lets go and tries again. Rows of `waiting` are taken in the order of their ids, and then those
-- of batches in the order of theirs.

-- How each of some jobs or batches stands for those that come after it: `open`, `completed`, `cancelled`, `expired` or `dead`,
-- and then because of whom.
create or replace function queue.standing(p_jobs uuid[]) returns table (job_id uuid, owner uuid, state text, cause uuid)
language sql stable as $$
  select b.id, coalesce(j.owner, d.owner, g.owner),
    case when x.job_id is not null then 'dead' when j.id is not null or g.pending > 0 then 'open'
      when g.pending = 0 then 'completed' else d.outcome end,
    coalesce(x.cause, x.job_id)
  from (select distinct id from unnest(p_jobs) id) b
  left join queue.job j on j.id = b.id
  left join queue.dead x on x.job_id = b.id
  left join lateral (select o.owner, o.outcome from queue.done o where o.job_id = b.id and j.id is null) d on true
  left join lateral (
    select g.owner, p.pending from queue.batch g join queue.batch_progress p on p.batch_id = g.id
    where g.id = b.id and j.id is null) g on true
$$;

-- Holds the live ones of the jobs that somebody is going to wait for, so that none ends unseen. All must be the owner's.
--
-- Error: KQ404 (not there, or another's).
create or replace function queue.hold_before(p_owner uuid, p_before uuid[]) returns void
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
begin
  for round in 1..100 loop
    begin
      perform from queue.job j where j.id = any(p_before) order by j.id for key share nowait;
      perform from queue.batch_progress b where b.batch_id = any(p_before) order by b.batch_id for share nowait;
      exit;
    exception when lock_not_available then
      -- One of them is just ending. What was held went with the block, so whoever ends it need not wait for us.
      if round = 100 then
        raise;
      end if;
      perform pg_sleep(0.001 * round * random());
    end;
  end loop;
  if exists (select from queue.standing(p_before) s where s.owner is distinct from p_owner) then
    raise exception 'a job to wait for is not there' using errcode = 'KQ404';
  end if;
end
$$;

-- Holds everything that these jobs come after, and answers the first microsecond for their ids: a job is younger than what it
-- comes after, whatever the clock did meanwhile, so gates never form a circle.
create or replace function queue.begin_behind(p_owner uuid, p_jobs queue.new_job[]) returns bigint
language plpgsql as $$
declare
  before uuid[] := array(select f.id from unnest(p_jobs) j, unnest(j.after) f(id));
begin
  if cardinality(before) > 10000 then
    raise exception 'one call names % jobs to wait for; it may name 10000', cardinality(before) using errcode = 'KQ413';
  end if;
  perform queue.hold_before(p_owner, before);
  return 1000 * (1 + (select ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint
    from unnest(before) id order by id desc limit 1));
end
$$;

-- The end of a job that never began: because one that it comes after was cancelled or expired, or is dead; or because somebody
-- wished it, or its time to begin is over.
create or replace function queue.cut_off(p_job uuid, p_cancelled uuid, p_dead uuid) returns queue.ended
language sql stable as $$
  select row(p_job, null, null, null, null, false, case when late.is_so then 'expired' else 'cancelled' end, null,
    case when late.is_so then 'it had not begun by its `start_before`'
      when p_cancelled is not null then format('the job %s %s', api.wire_id('job', p_cancelled),
        case (select d.outcome from queue.done d where d.job_id = p_cancelled) when 'expired' then 'expired'
          else 'was cancelled' end)
      when p_dead is not null then format('the job %s failed', api.wire_id('job', p_dead)) end,
    null, case when p_cancelled is null then p_dead end)::queue.ended
  from (select p_cancelled is null and p_dead is null and queue.is_overdue(p_job) as is_so) late
$$;

-- Puts jobs where those before them, which the caller holds, let them be. Returns the ends of those that can never run.
create or replace function queue.place_gated(p_jobs queue.gated[]) returns queue.ended[]
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  shut queue.ended[];
  free queue.gated[];
begin
  with link as materialized (
    select g.job_id as id, j.soft, s.job_id as before, s.state, s.cause
    from unnest(p_jobs) g join queue.job j on j.id = g.job_id cross join lateral queue.standing(j.after) s
  ), verdict as materialized (
    select l.id, count(*) filter (where l.state = 'open') as open,
      bool_or(not l.soft and l.state in ('cancelled', 'expired', 'dead')) as shut,
      (array_agg(l.before order by l.before) filter (where l.state in ('cancelled', 'expired')))[1] as cancelled,
      (array_agg(l.cause order by l.before) filter (where l.state = 'dead'))[1] as dead
    from link l group by l.id
  ), linked as (
    insert into queue.edge (before, after, soft)
    select l.before, l.id, l.soft from link l join verdict v on v.id = l.id
    where l.state = 'open' and not v.shut
    on conflict do nothing
  ), waits as (
    insert into queue.waiting (job_id, left_open, run_at, weight, owner, backlog)
    select v.id, v.open, g.run_at, g.weight, j.owner, g.backlog
    from verdict v join unnest(p_jobs) g on g.job_id = v.id join queue.job j on j.id = v.id
    where v.open > 0 and not v.shut
  )
  select array_agg(queue.cut_off(v.id, v.cancelled, v.dead) order by v.id) filter (where v.shut),
    array_agg(row(g.job_id, g.run_at, g.weight, g.backlog)::queue.gated) filter (where v.open = 0 and not v.shut)
  into shut, free
  from verdict v join unnest(p_jobs) g on g.job_id = v.id;
  perform queue.let_in(free);
  return shut;
end
$$;

-- Lets in what has nothing left to wait for, with a fresh stamp: its turn is counted from now.
create or replace function queue.let_in(p_jobs queue.gated[]) returns void
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  now timestamptz := clock_timestamp();
begin
  if p_jobs is null then
    return;
  end if;
  insert into queue.later (run_at, job_id) select g.run_at, g.job_id from unnest(p_jobs) g where g.run_at > now;
  with item as materialized (
    select j.id, j.owner, j.batch_key, j.priority, j.cost, g.weight
    from unnest(p_jobs) g join queue.job j on j.id = g.job_id where g.run_at is null or g.run_at <= now
  ), lane as materialized (
    select l.*, greatest(clock.last, clock.mark) as start
    from (select distinct i.owner, i.batch_key, i.priority from item i) l,
      queue.lane_clock(l.owner, l.batch_key, l.priority) clock
  )
  insert into queue.ready (batch_key, priority, vtime, job_id, owner, cost)
  select i.batch_key, i.priority,
    l.start + ceil(sum(i.cost / i.weight) over (partition by i.owner, i.batch_key, i.priority order by i.id))::bigint,
    i.id, i.owner, i.cost
  from item i join lane l on (l.owner, l.batch_key, l.priority) = (i.owner, i.batch_key, i.priority);
end
$$;

-- What a job's predecessors made, in the order in which it named them, and a batch's jobs in their order.
create or replace function queue.results_before(p_job uuid) returns table (job_id uuid, state text, result jsonb, error text)
language sql stable as $$
  select member.id,
    case when x.job_id is null then d.outcome when x.cause is null then 'failed' else 'cancelled' end,
    d.result, coalesce(x.reason, d.reason)
  from queue.job j
  cross join unnest(j.after) with ordinality as item(id, place)
  cross join unnest(coalesce((select b.job_ids from queue.batch b where b.id = item.id), array[item.id]))
    with ordinality as member(id, place)
  left join queue.done d on d.job_id = member.id
  left join queue.dead x on x.job_id = member.id
  where j.id = p_job
  order by item.place, member.place
$$;

grant execute on function queue.standing, queue.hold_before, queue.begin_behind, queue.cut_off, queue.place_gated, queue.let_in,
  queue.results_before to kiskadee_worker;
