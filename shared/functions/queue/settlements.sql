-- The end of an attempt. Everything that ends one (a worker's settlement, a rescue, a cancellation) removes the lease or
-- the waiting row under its own rule and hands what it removed to queue.conclude, the only place that decides what follows.

-- Seconds before attempt n + 1: 2, 8, 32, … at most an hour, with a quarter of jitter either way.
create or replace function queue.backoff(p_errors bigint) returns interval
language sql volatile as $$
  select make_interval(secs => least(3600, 2 * 4 ^ least(p_errors, 10)) * (0.75 + random() / 2))
$$;

-- What becomes of a job whose attempt ended: done, dead, later or ready.
create or replace function queue.fate(
  p_outcome text, p_errors bigint, p_crashes bigint, p_max_attempts smallint, p_max_crashes smallint
) returns text
language sql immutable as $$
  select case
    when p_outcome in ('completed', 'cancelled', 'expired') then 'done'
    when p_outcome = 'failed' then 'dead'
    when p_outcome = 'error' then case when p_errors + 1 >= p_max_attempts then 'dead' else 'later' end
    when p_outcome in ('crash', 'timeout') then case when p_crashes + 1 >= p_max_crashes then 'dead' else 'ready' end
    when p_outcome = 'snoozed' then 'later'
    else 'ready'
  end
$$;

-- Moves each job to its fate and returns what happened, for the counters and the outbox.
create or replace function queue.move(p_ended queue.ended[]) returns setof queue.concluded
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
begin
  return query
  with verdict as materialized (
    select e.*, j.owner, j.kind, j.batch_id, j.batch_index, j.batch_key, j.priority, j.cost, j.webhook_url, j.trace,
      j.unique_key, j.created_at,
      past.errors, past.errors + past.crashes as attempts_before, e.token is not null and e.outcome <> 'expired' as begun,
      -- `shut`: it ended because another is dead, keeps its facts, and comes back with that one.
      case when e.cause is not null then 'shut'
        else queue.fate(e.outcome, past.errors, past.crashes, j.max_attempts, j.max_crashes) end as fate
    from unnest(p_ended) e
    cross join lateral (select * from queue.job j where j.id = e.job_id offset 0) j
    cross join lateral (
      select count(*) filter (where f.kind = 'error') as errors, count(*) filter (where f.kind <> 'error') as crashes
      from queue.failure f where f.job_id = e.job_id
    ) past
  ), chained as (
    insert into queue.failure (job_id, token, kind, worker_id, message)
    select v.job_id, v.token, case when v.outcome = 'failed' then 'error' else v.outcome end, v.worker_id,
      left(coalesce(v.message, v.outcome), 4000)
    from verdict v where v.outcome in ('error', 'failed', 'crash', 'timeout')
  ), removed as (
    delete from queue.job j where j.id = any(array(select v.job_id from verdict v where v.fate = 'done'))
  ), finished as (
    insert into queue.done (job_id, owner, batch_id, token, created_at, started_at, batch_index, attempts, kind,
      batch_key, outcome, result, reason)
    select v.job_id, v.owner, v.batch_id, v.token, v.created_at, case when v.begun then v.started_at end, v.batch_index,
      v.attempts_before + v.begun::int, v.kind, v.batch_key, v.outcome, v.result,
      case when not v.begun then v.message end
    from verdict v where v.fate = 'done'
  ), buried as (
    insert into queue.dead (job_id, reason, started_at, cause)
    select v.job_id, left(coalesce(v.message, v.outcome), 4000), v.started_at, v.cause
    from verdict v where v.fate in ('dead', 'shut')
  ), unlimited as (
    delete from queue.start_limit s where s.job_id = any(array(select v.job_id from verdict v where v.fate <> 'ready'))
  ), unnamed as (
    delete from queue.unique_job u using verdict v
    where v.fate in ('done', 'dead', 'shut') and v.unique_key is not null
      and u.owner = v.owner and u.unique_key = v.unique_key and u.job_id = v.job_id
  ), postponed as (
    insert into queue.later (run_at, job_id, isolate)
    select clock_timestamp() + case
        when v.outcome = 'error' then queue.backoff(v.errors)
        else make_interval(secs => greatest(coalesce(v.delay_ms, 1000), 0) / 1000.0)
      end, v.job_id, v.isolate
    from verdict v where v.fate = 'later'
  ), requeued as (
    insert into queue.ready (batch_key, priority, vtime, job_id, owner, cost, isolate)
    select v.batch_key, v.priority, greatest(v.vtime, clock.mark), v.job_id, v.owner, v.cost,
      v.isolate or v.outcome in ('crash', 'timeout')
    from verdict v, queue.lane_clock(v.owner, v.batch_key, v.priority) clock where v.fate = 'ready'
  )
  -- To everybody else it was cancelled.
  select v.job_id, v.owner, v.kind, v.batch_id, case v.fate when 'shut' then 'done' else v.fate end, v.outcome, v.result,
    v.message, v.webhook_url, v.batch_index, v.trace
  from verdict v;
end
$$;

-- Moves jobs, and keeps those off that would just begin to wait for one of them. The row of a job that is done goes, which
-- says enough; that of a dead one stays.
create or replace function queue.end_jobs(p_ended queue.ended[]) returns queue.concluded[]
language plpgsql as $$
declare
  concluded queue.concluded[];
begin
  if exists (select from unnest(p_ended) e where e.cause is not null or e.outcome not in ('completed', 'cancelled', 'expired')) then
    perform from queue.job j where j.id = any(array(select e.job_id from unnest(p_ended) e)) order by j.id for update;
  end if;
  select array_agg(c) into concluded from queue.move(p_ended) c;
  return concluded;
end
$$;

-- Everything that follows from the end of attempts whose leases or places the caller has removed. p_waiting: jobs behind a gate
-- that are to end, whose rows the caller holds.
create or replace function queue.conclude(p_ended queue.ended[], p_waiting uuid[] default '{}') returns void
language plpgsql as $$
declare
  concluded queue.concluded[];
begin
  concluded := queue.pass_on(queue.end_jobs(p_ended), p_waiting);
  perform queue.count_batches(concluded);
  perform queue.announce_jobs(concluded);
  perform queue.count_ends(concluded);
  perform storage.count_results(concluded);
  perform queue.call_hooks(concluded);
end
$$;

-- Puts the ends of single jobs that somebody wants to hear of into the outbox.
create or replace function queue.announce_jobs(p_concluded queue.concluded[]) returns void
language plpgsql as $$
begin
  perform webhook.emit_of(c.owner,
    'job.' || case when c.fate = 'dead' then 'failed' else c.outcome end,
    c.webhook_url,
    jsonb_strip_nulls(jsonb_build_object(
      'job_id', api.wire_id('job', c.job_id), 'kind', c.kind,
      'status', case when c.fate = 'dead' then 'failed' else c.outcome end,
      'error', case when c.fate = 'dead' or c.outcome = 'expired' then c.message end) || queue.event_fields(c)), c.trace)
  from unnest(p_concluded) c
  where c.webhook_url is not null and c.fate in ('done', 'dead');
end
$$;

-- Counts attempts by their queues and how they ended; both arrays are of the same attempts.
create or replace function queue.count_attempts(p_keys text[], p_outcomes text[]) returns void
language plpgsql as $$
begin
  perform telemetry.count('queue_attempts_total', jsonb_build_object('queue', e.key, 'outcome', e.outcome), e.attempts)
  from (select a.key, a.outcome, count(*) as attempts from unnest(p_keys, p_outcomes) a(key, outcome)
    group by a.key, a.outcome order by a.key, a.outcome) e;
end
$$;

-- Settles attempts, each with its own outcome, and returns the jobs whose settlement was accepted. A job whose lease now
-- bears another token (or none) was given to somebody else meanwhile: its row is left out, and its result counts for nothing.
create or replace function queue.settle(
  p_worker uuid, p_jobs uuid[], p_tokens bigint[], p_outcomes text[], p_results jsonb[], p_messages text[],
  p_delays_ms int[]
) returns uuid[]
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  ended queue.ended[];
  keys text[];
begin
  -- A token is issued once, so it alone names the attempt.
  with won as materialized (
    delete from queue.lease l where l.job_id = any(p_jobs) and l.token = any(p_tokens) returning l.*
  )
  select array_agg(row(w.job_id, w.token, w.worker_id, w.claimed_at, w.vtime, w.isolate,
      case when w.cancel_requested and g.outcome not in ('completed', 'failed') then 'cancelled' else g.outcome end,
      g.result, g.message, g.delay_ms, null)::queue.ended),
    array_agg(w.batch_key)
  into ended, keys
  from won w
  join unnest(p_jobs, p_tokens, p_outcomes, p_results, p_messages, p_delays_ms)
    as g(job_id, token, outcome, result, message, delay_ms) on g.token = w.token and g.job_id = w.job_id;
  if ended is null then
    return '{}';
  end if;
  perform queue.conclude(ended);
  perform queue.count_attempts(keys, array(select e.outcome from unnest(ended) e));
  return (select array_agg(e.job_id) from unnest(ended) e);
end
$$;

grant execute on function queue.backoff, queue.fate, queue.move, queue.end_jobs, queue.conclude, queue.announce_jobs, queue.count_attempts, queue.settle
  to kiskadee_worker;
