-- The counters of batches, and the end of a batch: its archive, its status, its event.

-- The status of a batch whose jobs have all ended.
create or replace function queue.batch_outcome(p queue.batch_progress) returns text
language sql immutable as $$
  select case
    when p.cancelled > 0 then 'cancelled'
    when p.failed = 0 then 'completed'
    when p.completed = 0 then 'failed'
    else 'completed_with_errors'
  end
$$;

-- The last job of a batch has ended. What was made is packed by a job; only then is the batch over for its owner, so a
-- client that waits for `completed` can download at once.
create or replace function queue.close_batch(p_batch uuid) returns void
language plpgsql as $$
declare
  progress queue.batch_progress;
  batch queue.batch;
  archive uuid[];
begin
  select * into progress from queue.batch_progress b where b.batch_id = p_batch;
  if progress.completed + progress.failed = 0 then
    perform queue.finish_batch(p_batch, null);
    return;
  end if;
  select * into batch from queue.batch b where b.id = p_batch;
  archive := queue.enqueue(batch.owner, 1, null, array[row(
    'archive', 'archive:zip', 1, 100 + batch.total, jsonb_build_object('batch_id', p_batch), p_batch, null, null,
    null, null, null, batch.trace, null)::queue.new_job]);
  update queue.batch_progress b set archive_job = archive[1] where b.batch_id = p_batch;
end
$$;

-- Counts what ended against its batches. Rows are locked in one order, so flushes of several workers cannot deadlock.
create or replace function queue.count_batches(p_concluded queue.concluded[]) returns void
language plpgsql as $$
declare
  tally record;
  left_over int;
begin
  for tally in
    select c.batch_id,
      count(*) filter (where c.batch_index is not null) as ended,
      count(*) filter (where c.batch_index is not null and c.outcome = 'completed') as completed,
      count(*) filter (where c.batch_index is not null and c.fate = 'dead') as failed,
      count(*) filter (where c.batch_index is not null and c.outcome = 'cancelled') as cancelled,
      bool_or(c.batch_index is null) as archived,
      max(c.result ->> 'key') filter (where c.batch_index is null) as archive_key
    from unnest(p_concluded) c
    where c.batch_id is not null and c.fate in ('done', 'dead')
    group by c.batch_id
    order by c.batch_id
  loop
    if tally.archived then
      perform queue.finish_batch(tally.batch_id, tally.archive_key);
    end if;
    if tally.ended > 0 then
      update queue.batch_progress b
      set pending = b.pending - tally.ended, completed = b.completed + tally.completed,
        failed = b.failed + tally.failed, cancelled = b.cancelled + tally.cancelled, status = 'processing'
      where b.batch_id = tally.batch_id
      returning b.pending into left_over;
      if left_over = 0 then
        perform queue.close_batch(tally.batch_id);
      end if;
    end if;
  end loop;
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
  if batch.webhook_url is not null then
    perform webhook.emit(batch.owner,
      case progress.status when 'failed' then 'batch.failed' when 'cancelled' then 'batch.cancelled' else 'batch.completed' end,
      batch.webhook_url,
      jsonb_build_object(
        'batch_id', api.wire_id('batch', p_batch), 'status', progress.status, 'total_jobs', batch.total,
        'completed', progress.completed, 'failed', progress.failed, 'cancelled', progress.cancelled,
        'created_at', api.wire_time(batch.created_at), 'finished_at', api.wire_time(progress.finished_at),
        'download_url', case when p_archive_key is not null then
          format('/api/v1/advanced/batch-tts/%s/download', api.wire_id('batch', p_batch)) end));
  end if;
end
$$;

grant execute on function queue.batch_outcome, queue.close_batch, queue.count_batches, queue.finish_batch
  to kiskadee_worker;
