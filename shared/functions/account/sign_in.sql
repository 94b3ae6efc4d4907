-- Registering and signing in. Anyone may call these, so each spends from two buckets first: one of the name that is tried,
-- one of the address that tries. Hashing a password costs far more than asking, so the edge asks before it hashes.

-- Spends for one attempt, and says who may go on: a caller without a user, refused when either bucket is empty. The headers
-- tell of the tighter of the two. The address is null where the host does not know it.
create or replace function api.admit_attempt(p_username text, p_client text, p_per_minute int) returns api.caller
language plpgsql as $$
declare
  caller api.caller;
  spent record;
begin
  if coalesce(p_per_minute, 0) = 0 then
    return caller;
  end if;
  select bool_and(s.allowed) as allowed, min(s.remaining) as remaining, max(s.reset) as reset, max(s.retry_after) as retry_after
  into spent
  from unnest(array['auth:name:' || lower(p_username), 'auth:client:' || p_client]) as b(bucket)
  cross join lateral api.spend(b.bucket, p_per_minute) s
  where b.bucket is not null;
  caller.rate_limit := p_per_minute;
  caller.rate_remaining := spent.remaining;
  caller.rate_reset := spent.reset;
  if not spent.allowed then
    caller.status := 429;
    caller.code := 'rate_limited';
    caller.detail := format('More than %s attempts in a minute. Wait %s s and try again.', p_per_minute, spent.retry_after);
    caller.retry_after := spent.retry_after;
  end if;
  return caller;
end
$$;

-- A name that is taken, as a problem that names the field.
create or replace function api.taken(p_caller api.caller, p_field text) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 409, 'conflict', format('Another account has this %s.', replace(p_field, 'email', 'e-mail address')),
    jsonb_build_array(jsonb_build_object('field', p_field, 'message', 'is taken')))
$$;

-- Whether an account of these names could be made now. Answers 200 when it could.
create or replace function api.may_register(p_username text, p_email text, p_client text, p_per_minute int) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_attempt(p_username, p_client, p_per_minute);
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif exists (select from account."user" u where lower(u.username) = lower(p_username)) then
    return api.taken(caller, 'username');
  elsif exists (select from account."user" u where lower(u.email) = lower(p_email)) then
    return api.taken(caller, 'email');
  end if;
  return api.ok(caller, 200, '{}');
end
$$;

-- Makes an account with its first webhook secret.
create or replace function api.register(p_username text, p_email text, p_full_name text, p_password_hash text, p_webhook_secret text)
returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  person account."user";
  broken text;
begin
  insert into account."user" (username, email, full_name, password_hash)
  values (p_username, p_email, nullif(p_full_name, ''), p_password_hash)
  returning * into person;
  insert into account.webhook_secret (user_id, secret) values (person.id, p_webhook_secret);
  return api.ok(null, 201, api.profile_json(person));
exception when unique_violation then
  -- Someone took the name since it was asked for.
  get stacked diagnostics broken = constraint_name;
  return api.taken(null, case broken when 'user_by_username' then 'username' else 'email' end);
end
$$;

-- What the edge needs to check a password and to sign a token, in one read. The hash is null for an unknown or disabled
-- user; retry_after is set when there were too many attempts. issued_at is in seconds, by this clock alone: a token must not
-- seem older than the last change of the password because two machines disagree.
create or replace function api.login_lookup(p_username text, p_client text, p_per_minute int) returns api.login
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_attempt(p_username, p_client, p_per_minute);
  login api.login;
begin
  if caller.status is null then
    select u.id, u.password_hash,
      extract(epoch from greatest(date_trunc('milliseconds', clock_timestamp()), u.tokens_valid_after))
    into login.user_id, login.password_hash, login.issued_at
    from account."user" u
    where lower(u.username) = lower(p_username) and u.disabled_at is null;
  end if;
  login.rate_limit := caller.rate_limit;
  login.rate_remaining := caller.rate_remaining;
  login.rate_reset := caller.rate_reset;
  login.retry_after := caller.retry_after;
  return login;
end
$$;

grant execute on function api.may_register, api.register, api.login_lookup to kiskadee_accounts;
