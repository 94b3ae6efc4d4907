-- The way in: who calls, and whether they may. A function of `api` serves one endpoint in one round trip and is executed with
-- its owner's rights; the role of a component may execute its own endpoints and nothing else.

-- Who calls, by token or by key, or why not.
create or replace function api.identify(p_caller api.credentials) returns api.caller
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
      else 'The token was issued before the password changed, or before all tokens were ended. Log in again.'
    end;
    return caller;
  end if;
  caller.user_id := person.id;
  caller.role := person.role;
  caller.weight := person.weight;
  caller.queue_cap := person.queue_cap;
  caller.scopes := coalesce(key.scopes, '{*}');
  -- A key that is not for administering sees what any other user's would.
  if not api.grants(caller.scopes, 'admin:read') and not api.grants(caller.scopes, 'admin:write') then
    caller.role := 'user';
  end if;
  return caller;
end
$$;

-- Authenticates, spends one token of the caller's bucket for the class of the route (`read`, `create`, …), and refuses a key
-- without this scope; one that is null any key has.
create or replace function api.admit_for(p_caller api.credentials, p_class text, p_scope text) returns api.caller
language plpgsql as $$
declare
  caller api.caller := api.identify(p_caller);
  spent record;
begin
  if caller.status is not null then
    return caller;
  end if;
  if coalesce(p_caller.per_minute, 0) > 0 then
    spent := api.spend(p_class || ':' || caller.user_id, p_caller.per_minute);
    caller.rate_limit := p_caller.per_minute;
    caller.rate_remaining := spent.remaining;
    caller.rate_reset := spent.reset;
    if not spent.allowed then
      perform telemetry.count('http_rate_limited_total', jsonb_build_object('class', p_class));
      caller.status := 429;
      caller.code := 'rate_limited';
      caller.detail := format('More than %s requests in a minute. Wait %s s and try again.',
        p_caller.per_minute, spent.retry_after);
      caller.retry_after := spent.retry_after;
      return caller;
    end if;
  end if;
  if p_scope is not null and not api.grants(caller.scopes, p_scope) then
    caller.status := 403;
    caller.code := 'insufficient_scope';
    caller.detail := format('This API key lacks the scope `%s`. Make one that has it, or sign in.', p_scope);
  elsif caller.role = 'admin' and not api.grants(caller.scopes, api.scope_of('admin', p_class)) then
    caller.role := 'user';
  end if;
  return caller;
end
$$;

-- The same for the scope that follows from the component which asks and from the class.
create or replace function api.admit(p_caller api.credentials, p_class text) returns api.caller
language plpgsql as $$
begin
  return api.admit_for(p_caller, p_class,
    -- Who came with a token may all that its user may; there is nothing to look up.
    case when p_caller.key_hash is not null then api.scope_of(api.scope_family(api.component()), p_class) end);
end
$$;

-- The same for administrators alone.
create or replace function api.admit_admin_to(p_caller api.credentials, p_class text) returns api.caller
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_for(p_caller, p_class, api.scope_of('admin', p_class));
begin
  if caller.status is null and caller.role <> 'admin' then
    caller.status := 403;
    caller.code := 'forbidden';
    caller.detail := 'This is for administrators.';
  end if;
  return caller;
end
$$;

create or replace function api.admit_admin(p_caller api.credentials) returns api.caller
language sql set search_path = pg_catalog, pg_temp as $$
  select a.* from api.admit_admin_to(p_caller, 'read') a
$$;
