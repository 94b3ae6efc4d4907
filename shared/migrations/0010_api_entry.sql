-- The way in: who calls, how often they may, and the shape of every answer. A function of `api` serves one endpoint in one
-- round trip and is executed with its owner's rights; the caller's role may execute it and nothing else.

-- From a verified token (user_id, issued_at) or from an API key (key_hash, its SHA-256). per_minute is the rate limit of
-- the route's class, 0 for none.
create type api.credentials as (user_id uuid, issued_at timestamptz, key_hash bytea, per_minute int);

create type api.answer as (
  status smallint,
  body text,
  code text,
  detail text,
  errors jsonb,
  rate_limit int,
  rate_remaining int,
  rate_reset int,
  retry_after int
);

-- An authenticated caller, or the reason of a refusal (status not null).
create type api.caller as (
  user_id uuid,
  role text,
  weight real,
  queue_cap bigint,
  status smallint,
  code text,
  detail text,
  rate_limit int,
  rate_remaining int,
  rate_reset int,
  retry_after int
);

-- Token buckets. Unlogged: a crash forgives everybody, and spending a token writes no WAL, so a read waits for no disk.
create unlogged table api.rate_bucket (
  bucket text collate "C" primary key,
  tokens double precision not null,
  refilled_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Spends one token of a bucket that holds a minute's worth and refills evenly. Afterwards `remaining` whole tokens are
-- left, and the bucket is full again in `reset` seconds; when refused, one token is there in `retry_after` seconds.
create function api.spend(
  p_bucket text, p_per_minute int,
  out allowed boolean, out remaining int, out reset int, out retry_after int
) language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  level double precision;
begin
  insert into api.rate_bucket as b (bucket, tokens, refilled_at)
  values (p_bucket, p_per_minute - 1, clock_timestamp())
  on conflict (bucket) do update set
    tokens = greatest(-1, least(p_per_minute,
      b.tokens + extract(epoch from clock_timestamp() - b.refilled_at) * p_per_minute / 60.0) - 1),
    refilled_at = clock_timestamp()
  returning tokens into level;
  allowed := level >= 0;
  if not allowed then
    -- A refused request costs nothing: else a client that hammers would never be let in again.
    update api.rate_bucket b set tokens = b.tokens + 1 where b.bucket = p_bucket;
    level := level + 1;
    retry_after := ceil((1 - level) * 60.0 / p_per_minute);
  end if;
  remaining := greatest(floor(level), 0);
  reset := ceil((p_per_minute - level) * 60.0 / p_per_minute);
end
$$;

-- Buckets untouched for two minutes are full, so their rows say nothing. Returns how many went.
create function api.sweep_rate_buckets() returns int
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with swept as (
    delete from api.rate_bucket b where b.refilled_at < clock_timestamp() - interval '2 minutes' returning 1
  )
  select count(*)::int from swept
$$;

create function api.identify(p_caller api.credentials) returns api.caller
language plpgsql as $$
declare
  caller api.caller;
  key account.api_key;
  person account."user";
begin
  if p_caller.key_hash is not null then
    select * into key from account.api_key k where k.hash = p_caller.key_hash;
    if not found or key.revoked_at is not null or key.expires_at <= clock_timestamp() then
      caller.status := 401;
      caller.code := 'unauthenticated';
      caller.detail := case
        when key.id is null then 'The API key is not known here.'
        when key.revoked_at is not null then 'The API key has been revoked.'
        else 'The API key has expired.'
      end;
      return caller;
    end if;
    if key.last_used_at is null or key.last_used_at < clock_timestamp() - interval '1 minute' then
      update account.api_key k set last_used_at = clock_timestamp() where k.id = key.id;
    end if;
    select * into person from account."user" u where u.id = key.user_id;
  else
    select * into person from account."user" u where u.id = p_caller.user_id;
  end if;
  if person.id is null or person.disabled_at is not null
    or (p_caller.key_hash is null and p_caller.issued_at < date_trunc('second', person.tokens_valid_after)) then
    caller.status := 401;
    caller.code := 'unauthenticated';
    caller.detail := case
      when person.id is null then 'The account of this token does not exist.'
      when person.disabled_at is not null then 'The account is disabled.'
      else 'The token was issued before the password changed. Log in again.'
    end;
    return caller;
  end if;
  caller.user_id := person.id;
  caller.role := person.role;
  caller.weight := person.weight;
  caller.queue_cap := person.queue_cap;
  return caller;
end
$$;

-- Authenticates and spends one token of the caller's bucket for the class of the route (`read`, `create`, …).
create function api.admit(p_caller api.credentials, p_class text) returns api.caller
language plpgsql as $$
declare
  caller api.caller := api.identify(p_caller);
  spent record;
begin
  if caller.status is not null or coalesce(p_caller.per_minute, 0) = 0 then
    return caller;
  end if;
  spent := api.spend(p_class || ':' || caller.user_id, p_caller.per_minute);
  caller.rate_limit := p_caller.per_minute;
  caller.rate_remaining := spent.remaining;
  caller.rate_reset := spent.reset;
  if not spent.allowed then
    caller.status := 429;
    caller.code := 'rate_limited';
    caller.detail := format('More than %s requests in a minute. Wait %s s and try again.',
      p_caller.per_minute, spent.retry_after);
    caller.retry_after := spent.retry_after;
  end if;
  return caller;
end
$$;

create function api.refused(p_caller api.caller) returns api.answer
language sql immutable as $$
  select row(p_caller.status, null, p_caller.code, p_caller.detail, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, p_caller.retry_after)::api.answer
$$;

create function api.ok(p_caller api.caller, p_status int, p_body jsonb) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, p_body::text, null, null, null,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, null)::api.answer
$$;

create function api.problem(
  p_caller api.caller, p_status int, p_code text, p_detail text, p_errors jsonb default null,
  p_retry_after int default null
) returns api.answer
language sql immutable as $$
  select row(p_status::smallint, null, p_code, p_detail, p_errors,
    p_caller.rate_limit, p_caller.rate_remaining, p_caller.rate_reset, p_retry_after)::api.answer
$$;

-- Answers that are given again to the same key, for a day.
create table api.idempotency (
  owner uuid not null,
  key text not null,
  request_hash bytea not null,
  status smallint,
  body text,
  expires_at timestamptz not null default clock_timestamp() + interval '1 day',
  primary key (owner, key)
);

create index idempotency_by_expiry on api.idempotency (expires_at);

-- The stored answer to a key, or null when the request is new. The row that is inserted here is the lock: a twin that
-- arrives meanwhile waits for this transaction and then finds the answer (or, after a rollback, takes its place).
create function api.replay(p_caller api.caller, p_key text, p_hash bytea) returns api.answer
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

-- Keeps a good answer for the key; any other answer frees the key, so that the request can be made again once mended.
create function api.remember(p_caller api.caller, p_key text, p_answer api.answer) returns void
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

create function api.sweep_idempotency() returns int
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with swept as (delete from api.idempotency i where i.expires_at < clock_timestamp() returning 1)
  select count(*)::int from swept
$$;

-- Parameters of composite types need the right to use them.
grant usage on type api.credentials, api.answer to kiskadee_accounts, kiskadee_speech, kiskadee_ops;
grant execute on function api.spend to kiskadee_accounts;
grant execute on function api.sweep_rate_buckets, api.sweep_idempotency to kiskadee_worker;
