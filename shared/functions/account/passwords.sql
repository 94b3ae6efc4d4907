-- New passwords: changed by those who know the old one, set by a link that an operator gave, and what ends with the old one.

-- Rounded up, for a token tells whole seconds or milliseconds: every token from before this instant ends, and the next one is issued
-- at this time or later (api.begin_sign_in).
create or replace function account.tokens_end() returns timestamptz
language sql volatile as $$
  select date_trunc('second', clock_timestamp()) + interval '1 second'
$$;

-- Ends all tokens of a user and, where it is wanted, all keys. Returns how many keys.
create or replace function account.revoke_all(p_user uuid, p_keys boolean) returns int
language plpgsql as $$
declare
  revoked int := 0;
begin
  update account."user" u set tokens_valid_after = account.tokens_end() where u.id = p_user;
  if p_keys then
    update account.api_key k set revoked_at = clock_timestamp() where k.user_id = p_user and k.revoked_at is null;
    get diagnostics revoked = row_count;
  end if;
  return revoked;
end
$$;

create or replace function api.revoke_all(p_caller api.credentials, p_keys boolean, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  revoked int;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  revoked := account.revoke_all(caller.user_id, p_keys);
  perform account.note(caller.user_id, account.via(p_caller), 'sessions.revoked', caller.user_id, p_client,
    jsonb_build_object('keys', revoked));
  return api.ok(caller, 200, jsonb_build_object('revoked_keys', revoked));
end
$$;

-- Makes a link good for an hour, in the place of any before. The link itself is shown by who asked.
create or replace function account.offer_reset(p_user uuid, p_hash bytea, p_actor uuid, p_via text, p_client text) returns timestamptz
language plpgsql as $$
declare
  ends timestamptz := clock_timestamp() + interval '1 hour';
begin
  delete from account.password_reset r where r.user_id = p_user;
  insert into account.password_reset (hash, user_id, expires_at) values (p_hash, p_user, ends);
  perform account.note(p_actor, p_via, 'password.reset_offered', p_user, p_client);
  return ends;
end
$$;

create or replace function api.offer_reset(p_caller api.credentials, p_user uuid, p_hash bytea, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif not exists (select from account."user" u where u.id = p_user and u.deleted_at is null) then
    return account.no_user(caller);
  end if;
  return api.ok(caller, 201, jsonb_build_object('expires_at',
    api.wire_time(account.offer_reset(p_user, p_hash, caller.user_id, account.via(p_caller), p_client))));
end
$$;

create or replace function account.no_reset(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 410, 'gone', 'This link was used, has expired, or never was one. Ask the operator for another.')
$$;

-- Whether a link could be used now: asked before the new password is hashed, which costs far more.
create or replace function api.may_reset(p_hash bytea, p_client text, p_per_minute int) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := account.admit_stranger(p_client, '', p_per_minute);
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif not exists (select from account.password_reset r where r.hash = p_hash and r.expires_at > clock_timestamp()) then
    return account.no_reset(caller);
  end if;
  return api.ok(caller, 200, '{}');
end
$$;

-- Uses the link: sets the password, and ends tokens and every other link. Keys stay unless it is said.
create or replace function api.reset_password(p_hash bytea, p_password_hash text, p_keys boolean, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  person uuid;
  revoked int;
begin
  delete from account.password_reset r where r.hash = p_hash and r.expires_at > clock_timestamp() returning r.user_id into person;
  if not found then
    return account.no_reset(null);
  end if;
  delete from account.password_reset r where r.user_id = person;
  update account."user" u set password_hash = p_password_hash where u.id = person;
  revoked := account.revoke_all(person, p_keys);
  perform account.note(person, 'link', 'password.reset', person, p_client, jsonb_build_object('revoked_keys', revoked));
  return api.ok(null, 200, jsonb_build_object('revoked_keys', revoked));
end
$$;

grant execute on function api.revoke_all, api.offer_reset, api.may_reset, api.reset_password to kiskadee_accounts;
