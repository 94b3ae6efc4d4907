-- What the ends of jobs do to those that wait for them.

-- Takes away the edges from jobs that have ended; null when nobody waited.
create or replace function queue.cut_edges(p_concluded queue.concluded[]) returns queue.passed[]
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  passes queue.passed[];
begin
  with cut as (
    delete from queue.edge e using unnest(p_concluded) c
    where e.before = c.job_id and c.fate in ('done', 'dead')
    returning row(e.after, e.before, e.soft or c.outcome = 'completed')::queue.passed as pass
  )
  select array_agg(cut.pass) into passes from cut;
  return passes;
end
$$;

-- Takes the rows of waiting jobs. With p_deep also those of all that come after them, for they may end together: rows are taken
-- in one order, whatever is found on the way.
create or replace function queue.lock_waiting(p_jobs uuid[], p_deep boolean) returns uuid[]
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  reached uuid[] := p_jobs;
begin
  if p_deep then
    with recursive reach(id, soft) as (
      select id, false from unnest(p_jobs) id
      union
      select e.after, e.soft from reach r join queue.edge e on e.before = r.id where not r.soft
    )
    select array_agg(r.id) into reached from reach r;
  end if;
  perform from queue.waiting w where w.job_id = any(reached) order by w.job_id for update;
  return array(select w.job_id from queue.waiting w where w.job_id = any(p_jobs));
end
$$;

-- Takes out what ends unbegun: what somebody wants to end, and what came after a job that did not go well.
create or replace function queue.shut_waiting(p_passes queue.passed[], p_wanted uuid[]) returns queue.ended[]
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  shut queue.ended[];
begin
  with doomed as materialized (
    select p.job_id as id, (array_agg(p.before order by p.before) filter (where x.job_id is null))[1] as cancelled,
      (array_agg(coalesce(x.cause, x.job_id) order by x.job_id) filter (where x.job_id is not null))[1] as dead
    from unnest(p_passes) p left join queue.dead x on x.job_id = p.before
    where not p.opens and p.job_id <> all(p_wanted)
    group by p.job_id
    union all
    select id, null, null from unnest(p_wanted) id
  ), gone as (
    delete from queue.waiting w using doomed d where w.job_id = d.id returning w.job_id
  )
  select array_agg(queue.cut_off(d.id, d.cancelled, d.dead) order by d.id) into shut
  from doomed d join gone g on g.job_id = d.id;
  return shut;
end
$$;

-- One less to wait for; what waits for nothing more is let in.
create or replace function queue.open_waiting(p_passes queue.passed[]) returns void
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  free queue.gated[];
begin
  with counted as materialized (
    select p.job_id, count(*) as ended from unnest(p_passes) p where p.opens group by p.job_id
  ), fewer as (
    update queue.waiting w set left_open = w.left_open - c.ended
    from counted c where w.job_id = c.job_id and w.left_open > c.ended
  ), freed as (
    delete from queue.waiting w using counted c where w.job_id = c.job_id and w.left_open <= c.ended
    returning row(w.job_id, w.run_at, w.weight, w.backlog)::queue.gated as gated
  )
  select array_agg(f.gated) into free from freed f;
  perform queue.let_in(free);
end
$$;

-- Ends jobs that cannot run after what they come after, as queue.place_gated found; null where there are none.
create or replace function queue.conclude_shut(p_ended queue.ended[]) returns void
language plpgsql as $$
begin
  if p_ended is not null then
    perform queue.conclude(p_ended);
  end if;
end
$$;

-- Carries ends on to those that wait, and their ends to those behind them. p_wanted: jobs that wait and are to end, whose rows
-- the caller holds. Returns all ends, the given ones and what followed.
create or replace function queue.pass_on(p_concluded queue.concluded[], p_wanted uuid[]) returns queue.concluded[]
language plpgsql as $$
declare
  ends queue.concluded[] := p_concluded;
  newest queue.concluded[] := p_concluded;
  wanted uuid[] := coalesce(p_wanted, '{}');
  passes queue.passed[];
  shut queue.ended[];
begin
  loop
    passes := queue.cut_edges(newest);
    exit when passes is null and wanted = '{}';
    perform queue.lock_waiting(array(select p.job_id from unnest(passes) p) || wanted,
      wanted <> '{}' or exists (select from unnest(passes) p where not p.opens));
    shut := queue.shut_waiting(passes, wanted);
    perform queue.open_waiting(passes);
    exit when shut is null;
    wanted := '{}';
    newest := queue.end_jobs(shut);
    ends := ends || newest;
  end loop;
  return ends;
end
$$;

grant execute on function queue.cut_edges, queue.lock_waiting, queue.shut_waiting, queue.open_waiting, queue.conclude_shut, queue.pass_on
  to kiskadee_worker;
