-- Answers that are given again to the same key, for a day.

-- The stored answer to a key, or null when the request is new. The row that is inserted here is the lock: a twin that
-- arrives meanwhile waits for this transaction and then finds the answer (or, after a rollback, takes its place).
create or replace function api.replay(p_caller api.caller, p_key text, p_hash bytea) returns api.answer
language plpgsql as $$
declare
  stored api.idempotency;
begin
  if p_key is null then
    return null;
  end if;
  delete from api.idempotency i
  where i.owner = p_caller.user_id and i.key = p_key and i.expires_at < clock_timestamp();
  insert into api.idempotency (owner, key, request_hash) values (p_caller.user_id, p_key, p_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;
  select * into stored from api.idempotency i where i.owner = p_caller.user_id and i.key = p_key;
  if stored.request_hash <> p_hash then
    return api.problem(p_caller, 422, 'idempotency_mismatch',
      'This Idempotency-Key was used with another request. Use a new key for a new request.');
  end if;
  return row(stored.status, stored.body, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer;
end
$$;

-- The answer that a request with this key has had already, or null. It takes no key: for what is asked before the work begins.
create or replace function api.answered(p_caller api.caller, p_key text, p_hash bytea) returns api.answer
language sql stable as $$
  select row(i.status, i.body, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer
  from api.idempotency i
  where i.owner = p_caller.user_id and i.key = p_key and i.request_hash = p_hash
    and i.status is not null and i.expires_at > clock_timestamp()
$$;

-- Keeps a good answer for the key; any other answer frees the key, so that the request can be made again once mended.
create or replace function api.remember(p_caller api.caller, p_key text, p_answer api.answer) returns void
language plpgsql as $$
begin
  if p_key is null then
    return;
  elsif p_answer.status between 200 and 299 then
    update api.idempotency i set status = p_answer.status, body = p_answer.body
    where i.owner = p_caller.user_id and i.key = p_key;
  else
    delete from api.idempotency i where i.owner = p_caller.user_id and i.key = p_key;
  end if;
end
$$;

-- Forgets answers that are older than a day. Returns how many went.
create or replace function api.sweep_idempotency() returns int
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with swept as (delete from api.idempotency i where i.expires_at < clock_timestamp() returning 1)
  select count(*)::int from swept
$$;

-- Forgets up to so many of an owner's answers. Returns how many went.
create or replace function api.forget_answers(p_owner uuid, p_most int) returns int
language sql as $$
  with forgotten as (
    delete from api.idempotency i where i.owner = p_owner and i.key in (
      select o.key from api.idempotency o where o.owner = p_owner limit p_most)
    returning 1
  )
  select count(*)::int from forgotten
$$;

grant execute on function api.sweep_idempotency to kiskadee_worker;
