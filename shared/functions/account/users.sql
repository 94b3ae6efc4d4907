-- Users as an operator sees and changes them.

create or replace function account.status_of(p_user account."user") returns text
language sql immutable as $$
  select case when p_user.deleted_at is not null then 'deleting' when p_user.disabled_at is not null then 'disabled' else 'active' end
$$;

create or replace function account.user_json(p_user account."user") returns jsonb
language sql stable as $$
  select api.profile_json(p_user) || jsonb_build_object(
    'status', account.status_of(p_user),
    'disabled_at', api.wire_time(p_user.disabled_at),
    'weight', p_user.weight,
    'queue_cap', p_user.queue_cap,
    'in_flight_cap', queue.cap_of(p_user.id),
    'storage_quota', p_user.storage_quota,
    'retention_days', p_user.retention_days,
    'live_keys', (select count(*) from account.api_key k
      where k.user_id = p_user.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())))
$$;

-- A page of users, newest first. p_name finds the beginning of a name or e-mail address.
create or replace function account.user_page(p_limit int, p_before uuid, p_name text, p_role text, p_status text) returns jsonb
language sql stable as $$
  with page as (
    select u.id, account.user_json(u) as item from account."user" u
    where u.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (p_name is null or starts_with(lower(u.username), lower(p_name)) or starts_with(lower(u.email), lower(p_name)))
      and (p_role is null or u.role = p_role)
      and (p_status is null or account.status_of(u) = p_status)
    order by u.id desc limit p_limit + 1
  ), numbered as (
    select p.id, p.item, row_number() over (order by p.id desc) as place from page p
  )
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(n.item order by n.id desc) filter (where n.place <= p_limit), '[]'),
    'next_cursor', case when count(*) > p_limit
      then api.wire_id('user', (select l.id from numbered l where l.place = p_limit)) end)
  from numbered n
$$;

-- Whether somebody else could go on administering. Whoever asks holds the lock, for two that leave at once must see each other.
create or replace function account.has_other_admin(p_user uuid) returns boolean
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('account.admins', 0));
  return exists (select from account."user" u where u.role = 'admin' and u.disabled_at is null and u.id <> p_user);
end
$$;

-- What is wrong with changes of a user, or null: {"role"?, "disabled"?, "weight"?, "queue_cap"?, "in_flight_cap"?,
-- "storage_quota"?, "retention_days"?}; null lifts the last three.
create or replace function account.change_faults(p_user account."user", p_changes jsonb) returns jsonb
language plpgsql as $$
declare
  wanted record;
  faults jsonb := '[]';
begin
  select * into wanted from jsonb_to_record(p_changes) as w(role text, disabled boolean, weight real, queue_cap bigint, in_flight_cap bigint,
    storage_quota bigint, retention_days int);
  if wanted.role not in ('user', 'admin') then
    faults := faults || api.fault('role', 'must be `user` or `admin`');
  end if;
  if wanted.weight <= 0 or wanted.weight > 1000 then
    faults := faults || api.fault('weight', 'must be more than 0 and at most 1000');
  end if;
  if wanted.queue_cap < 1 then
    faults := faults || api.fault('queue_cap', 'must be at least 1');
  end if;
  if wanted.in_flight_cap < 1 then
    faults := faults || api.fault('in_flight_cap', 'must be at least 1, or null for none');
  end if;
  if wanted.storage_quota < 1 then
    faults := faults || api.fault('storage_quota', 'must be at least 1, or null for none');
  end if;
  if wanted.retention_days < 1 or wanted.retention_days > 36500 then
    faults := faults || api.fault('retention_days', 'must be between 1 and 36500, or null for as long as everybody''s');
  end if;
  if p_user.role = 'admin' and p_user.disabled_at is null and (wanted.role = 'user' or wanted.disabled)
    and not account.has_other_admin(p_user.id) then
    faults := faults || api.fault(case when wanted.disabled then 'disabled' else 'role' end, 'this is the last administrator');
  end if;
  return nullif(faults, '[]');
end
$$;

-- Changes a user that is not being deleted, and writes it down. Returns what is wrong with the changes, or null.
create or replace function account.change_user(p_user uuid, p_changes jsonb, p_actor uuid, p_via text, p_client text) returns jsonb
language plpgsql as $$
declare
  person account."user";
  faults jsonb;
begin
  select * into person from account."user" u where u.id = p_user and u.deleted_at is null for no key update;
  if not found then
    return jsonb_build_array(api.fault('id', 'there is no such user'));
  end if;
  faults := account.change_faults(person, p_changes);
  if faults is not null then
    return faults;
  end if;
  update account."user" u set
    role = coalesce(p_changes ->> 'role', u.role),
    disabled_at = case (p_changes ->> 'disabled')::boolean
      when true then coalesce(u.disabled_at, clock_timestamp()) when false then null else u.disabled_at end,
    weight = coalesce((p_changes ->> 'weight')::real, u.weight),
    queue_cap = coalesce((p_changes ->> 'queue_cap')::bigint, u.queue_cap),
    storage_quota = case when p_changes ? 'storage_quota' then (p_changes ->> 'storage_quota')::bigint else u.storage_quota end,
    retention_days = case when p_changes ? 'retention_days' then (p_changes ->> 'retention_days')::int else u.retention_days end
  where u.id = p_user;
  if p_changes ? 'in_flight_cap' then
    perform queue.cap_owner(p_user, (p_changes ->> 'in_flight_cap')::bigint);
  end if;
  perform account.note(p_actor, p_via, 'user.changed', p_user, p_client, p_changes);
  return null;
end
$$;

create or replace function account.no_user(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such user.')
$$;

create or replace function api.list_users(
  p_caller api.credentials, p_limit int, p_before uuid, p_name text, p_role text, p_status text
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, account.user_page(p_limit, p_before, p_name, p_role, p_status));
end
$$;

create or replace function api.get_user(p_caller api.credentials, p_user uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'read');
  person account."user";
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into person from account."user" u where u.id = p_user;
  if not found then
    return account.no_user(caller);
  end if;
  return api.ok(caller, 200, account.user_json(person));
end
$$;

create or replace function api.change_user(p_caller api.credentials, p_user uuid, p_changes jsonb, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'create');
  person account."user";
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif not exists (select from account."user" u where u.id = p_user and u.deleted_at is null) then
    return account.no_user(caller);
  end if;
  answer := api.invalid(caller, null,
    account.change_user(p_user, p_changes, caller.user_id, account.via(p_caller), p_client));
  if answer.status is not null then
    return answer;
  end if;
  select * into person from account."user" u where u.id = p_user;
  return api.ok(caller, 200, account.user_json(person));
end
$$;

grant execute on function api.list_users, api.get_user, api.change_user to kiskadee_accounts;
