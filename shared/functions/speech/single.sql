-- Single speech over HTTP.

create or replace function api.create_speech(
  p_caller api.credentials, p_item jsonb, p_webhook_url text, p_idempotency_key text, p_request_hash bytea,
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
  answer := speech.take_one(caller, p_item, p_webhook_url, p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- A text that is spoken within seconds is interactive; a chapter is work like any batch's, however it came.
create or replace function speech.priority_of(p_item jsonb) returns smallint
language sql immutable as $$
  select case when speech.units_of(p_item ->> 'text', (p_item ->> 'units')::int, (p_item ->> 'speed')::real) > 1000
    then 1 else 0 end::smallint
$$;

-- The part of api.create_speech behind the replay.
create or replace function speech.take_one(
  p_caller api.caller, p_item jsonb, p_webhook_url text, p_trace text, p_malformed jsonb
) returns api.answer
language plpgsql as $$
declare
  work record;
  refusal api.answer;
  seconds int;
  job_id text;
begin
  work := speech.plan(p_caller, jsonb_build_array(p_item), speech.priority_of(p_item), p_webhook_url, p_trace);
  refusal := api.invalid(p_caller, p_malformed, work.errors);
  if refusal.status is not null then
    return refusal;
  end if;
  refusal := storage.refusal(p_caller);
  if refusal.status is not null then
    return refusal;
  end if;
  seconds := queue.estimate(work.jobs);
  job_id := api.wire_id('job',
    (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, work.jobs))[1]);
  perform speech.count_created(work.jobs);
  return api.ok(p_caller, 202, jsonb_build_object(
    'job_id', job_id, 'status_url', '/api/v1/jobs/' || job_id, 'estimated_time', seconds) || speech.warnings_of_item(p_item));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

grant execute on function api.create_speech to kiskadee_speech;
