-- The caller's own account.

-- A user as it looks outside.
create or replace function api.profile_json(p_user account."user") returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', api.wire_id('user', p_user.id),
    'username', p_user.username,
    'email', p_user.email,
    'full_name', p_user.full_name,
    'role', p_user.role,
    'created_at', api.wire_time(p_user.created_at))
$$;

-- Whoever has a key may ask whose it is.
create or replace function api.me(p_caller api.credentials) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_for(p_caller, 'read', null);
  person account."user";
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into person from account."user" u where u.id = caller.user_id;
  return api.ok(caller, 200, api.profile_json(person));
end
$$;

-- The caller's password hash, for the edge to check the password that a change needs. Its own class: a stolen token must not
-- allow more guesses than signing in does.
create or replace function api.password_hash(p_caller api.credentials) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'auth');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.ok(caller, 200, '{}');
  select u.password_hash into answer.body from account."user" u where u.id = caller.user_id;
  return answer;
end
$$;

-- Changes what is not null. p_checked_hash is the hash that the caller's current password was checked against; null when
-- neither e-mail nor password changes. A new password ends every token and, where it is wanted, every key.
create or replace function api.change_profile(
  p_caller api.credentials, p_full_name text, p_email text, p_password_hash text, p_checked_hash text, p_keys boolean, p_client text
) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  person account."user";
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_checked_hash is null and (p_email is not null or p_password_hash is not null) then
    return api.problem(caller, 403, 'forbidden', 'Changing the e-mail address or the password needs the current password.');
  end if;
  update account."user" u set
    full_name = case when p_full_name is null then u.full_name else nullif(p_full_name, '') end,
    email = coalesce(p_email, u.email),
    password_hash = coalesce(p_password_hash, u.password_hash)
  where u.id = caller.user_id and (p_checked_hash is null or u.password_hash = p_checked_hash)
  returning * into person;
  if not found then
    return api.problem(caller, 409, 'conflict', 'The password was changed meanwhile. Log in again.');
  end if;
  if p_password_hash is not null then
    perform account.note(caller.user_id, account.via(p_caller), 'password.changed', caller.user_id, p_client,
      jsonb_build_object('revoked_keys', account.revoke_all(caller.user_id, p_keys)));
  end if;
  if p_email is not null or p_full_name is not null then
    perform account.note(caller.user_id, account.via(p_caller), 'profile.changed', caller.user_id, p_client);
  end if;
  return api.ok(caller, 200, api.profile_json(person));
exception when unique_violation then
  return api.taken(caller, 'email');
end
$$;

-- As edges of the release before ask for it.
create or replace function api.update_profile(
  p_caller api.credentials, p_full_name text, p_email text, p_password_hash text, p_checked_hash text
) returns api.answer
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select a.* from api.change_profile(p_caller, p_full_name, p_email, p_password_hash, p_checked_hash, false, null) a
$$;

grant execute on function api.me, api.password_hash, api.change_profile, api.update_profile to kiskadee_accounts;
