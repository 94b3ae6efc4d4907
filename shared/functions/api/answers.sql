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
