-- Batches over HTTP: one function, one round trip for each endpoint.

-- Takes in a whole batch in one transaction: authentication, rate, idempotency, validation against what is here, enqueue.
-- p_malformed are the errors of form that the edge found; the others are added to them, so that one answer names all.
create or replace function api.create_batch(
  p_caller api.credentials, p_items jsonb, p_webhook_url text, p_idempotency_key text, p_request_hash bytea,
  p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := speech.take_batch(caller, p_items, p_webhook_url, p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The part of api.create_batch behind the replay.
create or replace function speech.take_batch(
  p_caller api.caller, p_items jsonb, p_webhook_url text, p_trace text, p_malformed jsonb
) returns api.answer
language plpgsql as $$
declare
  work record;
  refusal api.answer;
  seconds int;
  batch_id text;
begin
  work := speech.plan(p_caller, p_items, 1::smallint, null, p_trace);
  refusal := api.invalid(p_caller, p_malformed, work.errors);
  if refusal.status is not null then
    return refusal;
  end if;
  refusal := storage.refusal(p_caller);
  if refusal.status is not null then
    return refusal;
  end if;
  seconds := queue.estimate(work.jobs);
  batch_id := api.wire_id('batch',
    queue.enqueue_batch(p_caller.user_id, p_caller.weight, p_caller.queue_cap, work.jobs, p_webhook_url, p_trace));
  perform speech.count_created(work.jobs);
  return api.ok(p_caller, 202, jsonb_build_object(
    'job_id', batch_id, 'batch_id', batch_id, 'total_jobs', cardinality(work.jobs), 'estimated_time', seconds,
    'status_url', format('/api/v1/advanced/batch-tts/%s/status', batch_id)) || speech.warnings_of_items(p_items));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- The batch if the caller may see it.
create or replace function speech.visible_batch(p_caller api.caller, p_batch uuid) returns queue.batch
language plpgsql stable as $$
declare
  batch queue.batch;
begin
  select * into batch from queue.batch b
  where b.id = p_batch and (b.owner = p_caller.user_id or p_caller.role = 'admin');
  return batch;
end
$$;

create or replace function speech.no_batch(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such batch, or it is older than finished work is kept.')
$$;

-- The items of a batch in the order of the request, as JSON text. The jobs of a batch were made within moments, so their
-- ids lie side by side: each table is read in one short range of its index, and the partitions of other days are left
-- out. What is in none of the tables waits. The text is joined by hand, for this is the answer that is polled, and
-- json_build_object takes three times as long; the values are numbers, ids and names but for the error, which is quoted.
create or replace function speech.batch_items(p_owner uuid, p_jobs uuid[]) returns text
language plpgsql stable
set enable_seqscan = off
set plan_cache_mode = force_generic_plan as $$
declare
  sorted uuid[] := array(select id from unnest(p_jobs) id order by id);
  first_id uuid := sorted[1];
  last_id uuid := sorted[cardinality(sorted)];
  items text;
begin
  with state as (
    select d.job_id, d.outcome as status, d.attempts, case d.outcome when 'completed' then 100 else 0 end as progress,
      case d.outcome when 'completed' then
        ',"audio_url":"/api/v1/jobs/' || api.wire_id('job', d.job_id)
        || '/audio","duration_seconds":' || coalesce(d.result ->> 'duration_seconds', 'null')
        || ',"bytes":' || coalesce(d.result ->> 'bytes', 'null')
        when 'expired' then ',"error":' || to_json(d.reason) end as more
    from queue.done d where d.owner = p_owner and d.job_id between first_id and last_id
    union all
    select x.job_id, case when x.cause is null then 'failed' else 'cancelled' end, 0, 0, ',"error":' || to_json(x.reason)
    from queue.dead x where x.job_id between first_id and last_id
    union all
    select l.job_id, 'running', 1, l.progress, null
    from queue.lease l where l.job_id between first_id and last_id and l.begun_at is not null
  ), failed_attempt as (
    -- Those of finished jobs are counted in `done`.
    select f.job_id, count(*)::int as number
    from queue.failure f where f.job_id between first_id and last_id group by f.job_id
  )
  select string_agg('{"index":' || p.place - 1 || ',"job_id":"' || api.wire_id('job', p.id)
    || '","status":"' || coalesce(s.status, 'queued')
    || '","progress":' || coalesce(s.progress, 0)
    || ',"attempts":' || coalesce(s.attempts, 0)
      + case when s.status in ('completed', 'cancelled', 'expired') then 0 else coalesce(f.number, 0) end
    || coalesce(s.more, '') || '}', ',' order by p.place) into items
  from unnest(p_jobs) with ordinality p(id, place)
  left join state s on s.job_id = p.id
  left join failed_attempt f on f.job_id = p.id;
  return '[' || items || ']';
end
$$;

-- The body of the status answer. Stable, so all of it is of one snapshot.
create or replace function speech.batch_body(p_batch queue.batch) returns text
language plpgsql stable as $$
declare
  b queue.batch_progress;
begin
  select * into b from queue.batch_progress p where p.batch_id = p_batch.id;
  return format('{"batch_id":"%s","total_jobs":%s,"completed":%s,"failed":%s,"cancelled":%s,"expired":%s,"pending":%s,"progress":%s,'
    '"status":"%s","created_at":"%s","finished_at":%s,"items":%s}',
    api.wire_id('batch', p_batch.id), p_batch.total, b.completed, b.failed, b.cancelled, b.expired, b.pending,
    (p_batch.total - b.pending) * 100 / p_batch.total,
    case
      when b.status = 'queued' and exists (select from queue.lease l where l.job_id = any(p_batch.job_ids) and l.begun_at is not null)
        then 'processing' else b.status end,
    api.wire_time(p_batch.created_at), coalesce(to_json(api.wire_time(b.finished_at))::text, 'null'),
    speech.batch_items(p_batch.owner, p_batch.job_ids));
end
$$;

create or replace function api.batch_status(p_caller api.credentials, p_batch uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  batch queue.batch;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  batch := speech.visible_batch(caller, p_batch);
  if batch.id is null then
    return speech.no_batch(caller);
  end if;
  return api.ok_text(caller, 200, speech.batch_body(batch));
end
$$;

-- Where the archive lies: {"key", "filename"}, for the edge; it streams the bytes.
create or replace function api.batch_download(p_caller api.credentials, p_batch uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  batch queue.batch;
  progress queue.batch_progress;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  batch := speech.visible_batch(caller, p_batch);
  if batch.id is null then
    return speech.no_batch(caller);
  end if;
  select * into progress from queue.batch_progress b where b.batch_id = p_batch;
  -- A batch that was opened again has an archive of before, which lacks what is being made.
  if progress.archive_key is not null and progress.finished_at is not null then
    return api.ok(caller, 200, jsonb_build_object(
      'key', progress.archive_key, 'filename', api.wire_id('batch', p_batch) || '.zip'));
  elsif progress.finished_at is not null then
    return api.problem(caller, 409, 'conflict', 'The batch has no archive: nothing of it was made, or packing it failed.');
  end if;
  return api.problem(caller, 409, 'conflict',
    format('The batch is not finished: %s of %s jobs are pending.', progress.pending, batch.total), null, 2);
end
$$;

-- Cancels what has not started and answers with the status as it is then.
create or replace function api.batch_cancel(p_caller api.credentials, p_batch uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  batch queue.batch;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  batch := speech.visible_batch(caller, p_batch);
  if batch.id is null then
    return speech.no_batch(caller);
  end if;
  perform queue.cancel_batch(batch.owner, p_batch);
  return api.ok_text(caller, 200, speech.batch_body(batch));
end
$$;

grant execute on function api.create_batch to kiskadee_speech;

grant execute on function api.batch_status, api.batch_download, api.batch_cancel to kiskadee_jobs;
