-- The ends of batches: their counters, what waits for them, their status, and the event that tells of it.

-- The status of a batch whose jobs have all ended.
create or replace function queue.batch_outcome(p queue.batch_progress) returns text
language sql immutable as $$
  select case
    when p.cancelled > 0 then 'cancelled'
    when p.failed + p.expired = 0 then 'completed'
    when p.completed = 0 then 'failed'
    else 'completed_with_errors'
  end
$$;

-- Whether a job is still to end.
create or replace function queue.is_live(p_job uuid) returns boolean
language sql stable as $$
  select exists (select from queue.job j where j.id = p_job) and not exists (select from queue.dead d where d.job_id = p_job)
$$;

-- Lets in what waits for these batches, whose last jobs have ended: their closing jobs, and whatever else.
create or replace function queue.open_batches(p_batches uuid[]) returns void
language plpgsql
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  passes queue.passed[];
begin
  with cut as (
    delete from queue.edge e where e.before = any(p_batches) returning row(e.after, e.before, true)::queue.passed as pass
  )
  select array_agg(c.pass) into passes from cut c;
  if passes is not null then
    perform queue.lock_waiting(array(select p.job_id from unnest(passes) p), false);
    perform queue.open_waiting(passes);
  end if;
end
$$;

-- Ends a batch whose last job has ended, unless its closing job does. With nothing made there is nothing to close; a batch that a
-- release before enqueued gets its closing job only now; and one whose closing job was cancelled ends without.
create or replace function queue.close_batch(p_batch uuid) returns void
language plpgsql as $$
declare
  progress queue.batch_progress;
  cancelled int;
begin
  select * into progress from queue.batch_progress b where b.batch_id = p_batch;
  if progress.completed + progress.failed = 0 then
    select queue.cancel_waiting(b.owner, array[progress.archive_job]) into cancelled from queue.batch b where b.id = p_batch;
    if cancelled > 0 then
      return;  -- its end has ended the batch
    end if;
  elsif (case when progress.archive_job is null then queue.enqueue_closing(p_batch)
      else queue.is_live(progress.archive_job) end) then
    return;
  end if;
  perform queue.finish_batch(p_batch, null);
end
$$;

-- Counts what ended against its batches. Rows are locked in one order, all counters before what waits for their batches, so
-- flushes of several workers cannot deadlock. A job that bears no place in its batch closes it, if it is the one that does now:
-- others were overtaken by a redrive.
create or replace function queue.count_batches(p_concluded queue.concluded[]) returns void
language plpgsql as $$
declare
  tally record;
  progress queue.batch_progress;
  over uuid[] := '{}';
begin
  for tally in
    select c.batch_id,
      count(c.batch_index) as ended,
      count(c.batch_index) filter (where c.outcome = 'completed') as completed,
      count(c.batch_index) filter (where c.fate = 'dead') as failed,
      count(c.batch_index) filter (where c.outcome = 'cancelled') as cancelled,
      count(c.batch_index) filter (where c.outcome = 'expired') as expired,
      array_agg(c.job_id) filter (where c.batch_index is null) as closings,
      max(c.result ->> 'key') filter (where c.batch_index is null) as key
    from unnest(p_concluded) c
    where c.batch_id is not null and c.fate in ('done', 'dead')
    group by c.batch_id
    order by c.batch_id
  loop
    update queue.batch_progress b
    set pending = b.pending - tally.ended, completed = b.completed + tally.completed,
      failed = b.failed + tally.failed, cancelled = b.cancelled + tally.cancelled,
      expired = b.expired + tally.expired, status = 'processing'
    where b.batch_id = tally.batch_id and tally.ended > 0
    returning * into progress;
    if progress.pending = 0 then
      over := over || tally.batch_id;
    end if;
    if tally.closings is not null and exists (
        select from queue.batch_progress b where b.batch_id = tally.batch_id and b.archive_job = any(tally.closings)) then
      perform queue.finish_batch(tally.batch_id, tally.key);
    end if;
  end loop;
  if over <> '{}' then
    perform queue.open_batches(over);
    perform queue.close_batch(id) from unnest(over) id;
  end if;
end
$$;

-- Ends a batch for its owner: the status, and the event in the outbox. Without an archive (its job is dead) what was made
-- can be had one by one, but the batch did not go well. Not while jobs are pending: one that was redriven
-- while the archive was packed has reopened the batch, and its end packs another.
create or replace function queue.finish_batch(p_batch uuid, p_archive_key text) returns void
language plpgsql as $$
declare
  progress queue.batch_progress;
  batch queue.batch;
  kind queue.group_kind;
begin
  update queue.batch_progress b
  set status = case when p_archive_key is null and b.completed > 0 and b.cancelled = 0
      then 'completed_with_errors' else queue.batch_outcome(b) end,
    archive_key = p_archive_key, finished_at = clock_timestamp()
  where b.batch_id = p_batch and b.pending = 0
  returning * into progress;
  if not found then
    return;
  end if;
  select * into batch from queue.batch b where b.id = p_batch;
  select * into kind from queue.group_kind k where k.kind = batch.kind;
  if batch.webhook_url is not null then
    perform webhook.emit_of(batch.owner,
      coalesce(kind.event_prefix, 'batch')
        || case progress.status when 'failed' then '.failed' when 'cancelled' then '.cancelled' else '.completed' end,
      batch.webhook_url,
      jsonb_build_object(
        'batch_id', api.wire_id('batch', p_batch), 'status', progress.status, 'total_jobs', batch.total,
        'completed', progress.completed, 'failed', progress.failed, 'cancelled', progress.cancelled,
        'expired', progress.expired,
        'created_at', api.wire_time(batch.created_at), 'finished_at', api.wire_time(progress.finished_at),
        'download_url', case when p_archive_key is not null then
          replace(kind.download_path, '{batch}', api.wire_id('batch', p_batch)) end),
      batch.trace);
  end if;
end
$$;

grant execute on function queue.batch_outcome, queue.is_live, queue.open_batches, queue.close_batch, queue.count_batches,
  queue.finish_batch to kiskadee_worker;
