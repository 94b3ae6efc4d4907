-- Registering and signing in. Anyone may call these, so the address that tries spends first; hashing a password costs far more than
-- asking, so the edge asks before it hashes. Wrong passwords cost whoever guesses, never the owner of the name: they are counted
-- for one name from one address together, and where they are many, that address waits longer and longer for that name. A device
-- with which the owner has signed in has a count and a rate of its own, so it waits for nobody else and never for long.

-- Spends one attempt of somebody unknown, by the address or, where the host does not know it, by the name.
create or replace function account.admit_stranger(p_client text, p_name text, p_per_minute int) returns api.caller
language sql as $$
  select account.admit_attempt_of(coalesce('auth:client:' || p_client, 'auth:name:' || lower(p_name)), p_per_minute)
$$;

-- Spends one attempt of a bucket, and says whether it may go on: a caller without a user, refused when the bucket is empty.
create or replace function account.admit_attempt_of(p_bucket text, p_per_minute int) returns api.caller
language plpgsql as $$
declare
  caller api.caller;
  spent record;
begin
  if coalesce(p_per_minute, 0) = 0 then
    return caller;
  end if;
  spent := api.spend(p_bucket, p_per_minute);
  caller.rate_limit := p_per_minute;
  caller.rate_remaining := spent.remaining;
  caller.rate_reset := spent.reset;
  if not spent.allowed then
    perform telemetry.count('http_rate_limited_total', '{"class": "sign_in"}');
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
  caller api.caller := account.admit_stranger(p_client, p_username, p_per_minute);
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
  perform account.note(person.id, 'nobody', 'user.registered', person.id);
  return api.ok(null, 201, api.profile_json(person));
exception when unique_violation then
  -- Someone took the name since it was asked for.
  get stacked diagnostics broken = constraint_name;
  return api.taken(null, case broken when 'user_by_username' then 'username' else 'email' end);
end
$$;

-- Charges a guess, which a right password gives back, so that many at once are as many. Returns how long to wait instead, in
-- seconds, or 0: ten are free; then the waits double, from a second on, up to p_longest. An attempt while one waits costs nothing.
-- After an hour without any all is forgotten.
create or replace function account.charge_guess(p_guesser bytea, p_longest int) returns int
language plpgsql as $$
declare
  free constant int := 10;
  past account.guess;
  waits double precision := 0;
begin
  insert into account.guess (guesser, failures, failed_at) values (p_guesser, 1, clock_timestamp()) on conflict do nothing;
  if found then
    return 0;
  end if;
  select * into past from account.guess g where g.guesser = p_guesser for update;
  if past.failed_at < clock_timestamp() - interval '1 hour' then
    past.failures := 0;
  elsif past.failures >= free then
    waits := least(p_longest, power(2, least(past.failures - free, 20)))
      - extract(epoch from clock_timestamp() - past.failed_at);
  end if;
  if waits > 0 then
    return ceil(waits);
  end if;
  update account.guess g set failures = past.failures + 1, failed_at = clock_timestamp() where g.guesser = p_guesser;
  return 0;
end
$$;

-- Whose guesses are counted together: a known device, else the address and the name.
create or replace function account.guesser(p_device text, p_client text, p_username text) returns bytea
language sql immutable as $$
  select sha256(convert_to(coalesce('device:' || p_device,
    'client:' || coalesce(p_client, '') || '|' || lower(p_username)), 'UTF8'))
$$;

-- What the edge needs to check a password and to sign a token, in one read. The hash is null for an unknown or disabled
-- user; retry_after is set when there were too many attempts. issued_at is in seconds, by this clock alone: a token must not
-- seem older than the last change of the password because two machines disagree.
--
-- p_device_user and p_device_issued are what a device's id says, whose signature the edge has checked: it is known where its owner
-- is the one who signs in, and has not ended all tokens since.
create or replace function api.begin_sign_in(
  p_username text, p_client text, p_device_user uuid, p_device_issued timestamptz, p_per_minute int
) returns api.login
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  longest constant int := 900;
  longest_known constant int := 5;
  login api.login;
  caller api.caller;
  person account."user";
  device text;
begin
  select * into person from account."user" u where lower(u.username) = lower(p_username) and u.disabled_at is null;
  device := account.known_device(person, p_device_user, p_device_issued);
  caller := case when device is null then account.admit_stranger(p_client, p_username, p_per_minute)
    else account.admit_attempt_of('auth:device:' || device, p_per_minute) end;
  if caller.status is null and p_per_minute > 0 then
    caller.retry_after := nullif(account.charge_guess(account.guesser(device, p_client, p_username),
      case when device is null then longest else longest_known end), 0);
  end if;
  if caller.retry_after is null then
    login.user_id := person.id;
    login.password_hash := person.password_hash;
    login.issued_at := extract(epoch from greatest(date_trunc('milliseconds', clock_timestamp()), person.tokens_valid_after));
  end if;
  login.rate_limit := caller.rate_limit;
  login.rate_remaining := caller.rate_remaining;
  login.rate_reset := caller.rate_reset;
  login.retry_after := caller.retry_after;
  return login;
end
$$;

-- How a device is counted, or null for one that is not known.
create or replace function account.known_device(p_person account."user", p_user uuid, p_issued timestamptz) returns text
language sql immutable as $$
  select case when p_user = p_person.id and p_issued >= date_trunc('second', p_person.tokens_valid_after)
    then p_user || ':' || extract(epoch from p_issued) end
$$;

-- How the check of the password ended, after api.begin_sign_in with the same arguments. p_user is null for nobody's name.
create or replace function api.end_sign_in(
  p_username text, p_client text, p_device_user uuid, p_device_issued timestamptz, p_user uuid, p_right boolean
) returns void
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  person account."user";
  who bytea;
  wrong int;
begin
  select * into person from account."user" u where u.id = p_user;
  who := account.guesser(account.known_device(person, p_device_user, p_device_issued), p_client, p_username);
  insert into account.sign_in_minute as m (minute, succeeded, failed)
  values (date_trunc('minute', clock_timestamp()), p_right::int, (not p_right)::int)
  on conflict (minute) do update set succeeded = m.succeeded + excluded.succeeded, failed = m.failed + excluded.failed;
  perform telemetry.count('sign_ins_total', jsonb_build_object('outcome', case when p_right then 'right' else 'wrong' end));
  if p_right then
    delete from account.guess g where g.guesser = who;
    perform account.note(p_user, 'password', 'user.signed_in', p_user, p_client);
    return;
  end if;
  -- Each is told to those who read logs; an address has only so many a minute.
  perform account.tell(null, 'nobody', 'user.sign_in_failed', p_user, p_client, null);
  select g.failures into wrong from account.guess g where g.guesser = who;
  -- Written down as it begins to be many, or a guesser would fill the log.
  if p_user is not null and wrong >= 10 and wrong % 10 = 0 then
    perform account.note(null, 'nobody', 'user.guessed_at', p_user, p_client, jsonb_build_object('failures', wrong));
  end if;
end
$$;

-- Whether somebody tries passwords over all names: in ten minutes a hundred wrong ones, and five times as many as right ones.
create or replace function account.sign_ins(out succeeded bigint, out failed bigint, out alarm boolean)
language sql stable as $$
  select s.succeeded, s.failed, s.failed >= 100 and s.failed > 5 * s.succeeded
  from (select coalesce(sum(m.succeeded), 0) as succeeded, coalesce(sum(m.failed), 0) as failed
    from account.sign_in_minute m where m.minute > clock_timestamp() - interval '10 minutes') s
$$;

-- As edges of the release before ask for it: they do not tell how it ended, so only their address spends.
create or replace function api.login_lookup(p_username text, p_client text, p_per_minute int) returns api.login
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := account.admit_stranger(p_client, p_username, p_per_minute);
  login api.login;
begin
  if caller.status is null then
    login := api.begin_sign_in(p_username, p_client, null, null, 0);
  end if;
  login.rate_limit := caller.rate_limit;
  login.rate_remaining := caller.rate_remaining;
  login.rate_reset := caller.rate_reset;
  login.retry_after := caller.retry_after;
  return login;
end
$$;

-- Forgets guesses of more than an hour ago, links that have expired, and old minutes; at most p_most of each.
create or replace function account.sweep(p_most int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from account.guess g where g.guesser = any(array(
    select o.guesser from account.guess o where o.failed_at < clock_timestamp() - interval '1 hour' limit p_most for update skip locked));
  delete from account.password_reset r where r.expires_at < clock_timestamp();
  delete from account.sign_in_minute m where m.minute < clock_timestamp() - interval '1 day';
end
$$;

grant execute on function api.may_register, api.register, api.login_lookup, api.begin_sign_in, api.end_sign_in to kiskadee_accounts;
grant execute on function account.sweep to kiskadee_worker;
