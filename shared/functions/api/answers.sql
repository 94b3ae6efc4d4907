-- The shape of every answer.

-- The refusal of a caller, as an answer.
create or replace function api.refused(p_caller api.caller) returns api.answer
language sql immutable as $$
  select row(p_caller.status, null, p_caller.code, p_caller.detail, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, p_caller.retry_after)::api.answer
$$;

-- A good answer.
create or replace function api.ok(p_caller api.caller, p_status int, p_body jsonb) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, p_body::text, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer
$$;

-- A refusal after RFC 9457: a code, a sentence for people, and the errors by field.
create or replace function api.problem(
  p_caller api.caller, p_status int, p_code text, p_detail text, p_errors jsonb default null,
  p_retry_after int default null
) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, null, p_code, p_detail, p_errors,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, p_retry_after)::api.answer
$$;

-- Like api.ok, for a body that is text already.
create or replace function api.ok_text(p_caller api.caller, p_status int, p_body text) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, p_body, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer
$$;

-- One thing that is wrong with a request.
create or replace function api.fault(p_field text, p_message text) returns jsonb
language sql immutable as $$
  select jsonb_build_object('field', p_field, 'message', p_message)
$$;

-- The answer to a request that asks for what cannot be, or null. p_malformed names what was wrong with its form.
create or replace function api.invalid(p_caller api.caller, p_malformed jsonb, p_errors jsonb) returns api.answer
language sql immutable as $$
  select case when p_malformed is not null or p_errors is not null then
    api.problem(p_caller, 422, 'validation', 'Some values are not acceptable; `errors` names each.',
      coalesce(p_malformed, '[]') || coalesce(p_errors, '[]')) end
$$;

-- The answer to work that the queue does not admit.
create or replace function api.not_admitted(p_caller api.caller, p_sqlstate text) returns api.answer
language plpgsql as $$
begin
  perform telemetry.count('queue_admission_refused_total',
    jsonb_build_object('reason', case p_sqlstate when 'KQ429' then 'owner' else 'queue' end));
  return case p_sqlstate
    when 'KQ429' then api.problem(p_caller, 429, 'queue_full',
      'You have as much work queued as your account may. Wait until some of it is done.', null, 30)
    else api.problem(p_caller, 503, 'queue_full',
      'The queue is full. Try again in a while.', null, 30)
  end;
end
$$;
