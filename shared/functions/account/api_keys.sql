-- API keys. Only the SHA-256 of a key is known here; the key itself was shown once, when it was made.

-- A key as it looks outside.
create or replace function api.key_json(p_key account.api_key) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', api.wire_id('key', p_key.id),
    'name', p_key.name,
    'prefix', p_key.prefix,
    'scopes', p_key.scopes,
    'created_at', api.wire_time(p_key.created_at),
    'expires_at', api.wire_time(p_key.expires_at),
    'last_used_at', api.wire_time(p_key.last_used_at),
    'revoked_at', api.wire_time(p_key.revoked_at))
$$;

-- Without scopes it does work.
create or replace function api.make_api_key(
  p_caller api.credentials, p_name text, p_prefix text, p_hash bytea, p_expires_days int, p_scopes text[], p_client text
) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  most constant int := 100;
  caller api.caller := api.admit(p_caller, 'create');
  key account.api_key;
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, null, api.scope_faults(p_scopes, caller.role));
  if answer.status is not null then
    return answer;
  end if;
  -- Whoever else counts this user's keys waits here.
  perform from account."user" u where u.id = caller.user_id for no key update;
  if most <= (
    select count(*) from account.api_key k
    where k.user_id = caller.user_id and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > clock_timestamp())
  ) then
    return api.problem(caller, 409, 'conflict', format('You have %s live keys. Revoke one that is no longer used.', most));
  end if;
  insert into account.api_key (user_id, name, prefix, hash, expires_at, scopes)
  values (caller.user_id, p_name, p_prefix, p_hash, clock_timestamp() + make_interval(days => p_expires_days),
    coalesce((select array_agg(distinct s order by s) from unnest(p_scopes) s), '{work:*}'))
  returning * into key;
  perform account.note(caller.user_id, account.via(p_caller), 'key.made', caller.user_id, p_client,
    jsonb_build_object('key_id', api.wire_id('key', key.id), 'scopes', key.scopes));
  return api.ok(caller, 201, api.key_json(key));
end
$$;

-- As edges of the release before ask for it.
create or replace function api.create_api_key(
  p_caller api.credentials, p_name text, p_prefix text, p_hash bytea, p_expires_days int
) returns api.answer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select a.* from api.make_api_key(p_caller, p_name, p_prefix, p_hash, p_expires_days, null, null) a
$$;

-- A page of the caller's keys, newest first, with those that are revoked or expired.
create or replace function api.list_api_keys(p_caller api.credentials, p_limit int, p_cursor text) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  page_size int := least(greatest(coalesce(p_limit, 20), 1), 100);
  before uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  items jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_cursor is not null and p_cursor !~ '^key_[0-9a-f]{32}$' then
    return api.problem(caller, 422, 'validation', 'The cursor does not come from a page of this list.',
      '[{"field": "cursor", "message": "must be the next_cursor of a page"}]');
  elsif p_cursor is not null then
    before := substr(p_cursor, 5)::uuid;
  end if;
  -- One more than the page holds tells whether there is another.
  select coalesce(jsonb_agg(f.item order by f.id desc), '[]') into items
  from (
    select k.id, api.key_json(k) as item
    from account.api_key k
    where k.user_id = caller.user_id and k.id < before
    order by k.id desc
    limit page_size + 1
  ) f;
  return api.ok(caller, 200, case when jsonb_array_length(items) > page_size
    then jsonb_build_object('items', items - page_size, 'next_cursor', items #> array[(page_size - 1)::text, 'id'])
    else jsonb_build_object('items', items, 'next_cursor', null) end);
end
$$;

-- Revoking a key again changes nothing and succeeds.
create or replace function api.revoke_key(p_caller api.credentials, p_key uuid, p_client text) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  key account.api_key;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into key from account.api_key k
  where k.id = p_key and (k.user_id = caller.user_id or caller.role = 'admin') for update;
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no API key with this id.');
  elsif key.revoked_at is null then
    update account.api_key k set revoked_at = clock_timestamp() where k.id = p_key;
    perform account.note(caller.user_id, account.via(p_caller), 'key.revoked', key.user_id, p_client,
      jsonb_build_object('key_id', api.wire_id('key', p_key)));
  end if;
  return api.ok(caller, 204, null);
end
$$;

-- As edges of the release before ask for it.
create or replace function api.revoke_api_key(p_caller api.credentials, p_key uuid) returns api.answer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select a.* from api.revoke_key(p_caller, p_key, null) a
$$;

grant execute on function api.make_api_key, api.create_api_key, api.list_api_keys, api.revoke_key,
  api.revoke_api_key to kiskadee_accounts;
