-- People who leave, and what they may take along.

-- From now on the account is nobody's: it signs nothing in, its name is free, and what it has is erased in steps. Asking again
-- changes nothing. Returns false for the last administrator.
create or replace function account.depart(p_user uuid, p_actor uuid, p_via text, p_client text) returns boolean
language plpgsql as $$
declare
  person account."user";
begin
  select * into person from account."user" u where u.id = p_user for update;
  if person.deleted_at is not null then
    return true;
  elsif person.role = 'admin' and person.disabled_at is null and not account.has_other_admin(p_user) then
    return false;
  end if;
  update account."user" u set
    username = 'deleted-' || replace(u.id::text, '-', ''), email = replace(u.id::text, '-', '') || '@deleted.invalid',
    full_name = null, password_hash = '', role = 'user',
    disabled_at = coalesce(u.disabled_at, clock_timestamp()), deleted_at = clock_timestamp()
  where u.id = p_user;
  perform account.erase_secrets(p_user, 0);
  perform account.note(p_actor, p_via, 'user.deleted', p_user, p_client);
  return true;
end
$$;

create or replace function account.erase_secrets(p_owner uuid, p_most int) returns int
language plpgsql as $$
begin
  delete from account.api_key k where k.user_id = p_owner;
  delete from account.webhook_secret s where s.user_id = p_owner;
  delete from account.password_reset r where r.user_id = p_owner;
  return 0;
end
$$;

-- A step of erasing one who left: of the first family that has something still. The row goes last. Returns how many rows it saw to.
create or replace function account.erase_step(p_user uuid, p_most int) returns int
language plpgsql as $$
declare
  holding account.holding;
  erased int;
begin
  for holding in select * from account.holding h order by h.family loop
    execute format('select %s($1, $2)', holding.erased_by) into erased using p_user, p_most;
    if erased > 0 then
      return erased;
    end if;
  end loop;
  delete from account."user" u where u.id = p_user;
  perform account.note(null, 'nobody', 'user.erased', p_user);
  return 1;
end
$$;

-- A step for each of a few who left. Returns the most that was seen to of one: when it is p_most, there is more to do now.
create or replace function account.erase_some(p_most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  leaving uuid;
  most int := 0;
begin
  for leaving in
    select u.id from account."user" u where u.deleted_at is not null
    order by u.deleted_at limit 20 for update skip locked
  loop
    most := greatest(most, account.erase_step(leaving, p_most));
  end loop;
  return most;
end
$$;

-- What the accounts themselves have of somebody.
create or replace function account.export_account(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select e.place, e.kind, e.item from (
    select 'account' as place, 'account' as kind, account.user_json(u) as item from account."user" u where u.id = p_owner
    union all
    select 'api_key/' || k.id, 'api_key', api.key_json(k) from account.api_key k where k.user_id = p_owner
    union all
    (select 'audit/' || a.id, 'audit', account.audit_json(a) from account.audit a
      where a.subject = p_owner
        and a.id > case when p_after like 'audit/%' then substr(p_after, 7) else '00000000-0000-0000-0000-000000000000' end::uuid
      order by a.id limit p_most)
  ) e
  where e.place collate "C" > coalesce(p_after, '') order by e.place collate "C" limit p_most
$$;

-- A page of all that is known of somebody, family by family, the oldest first.
create or replace function account.export_page(p_user uuid, p_most int, p_cursor text) returns jsonb
language plpgsql stable as $$
declare
  began text := split_part(coalesce(p_cursor, ''), ':', 1);
  holding account.holding;
  page jsonb;
  items jsonb := '[]';
begin
  for holding in
    select * from account.holding h where h.exported_by is not null and h.family >= began order by h.family
  loop
    execute format('select coalesce(jsonb_agg(jsonb_build_object(''kind'', e.kind, ''place'', e.place, ''data'', e.item)), ''[]'')
        from %s($1, $2, $3) e', holding.exported_by)
      into page using p_user, case when holding.family = began then nullif(substr(p_cursor, length(began) + 2), '') end,
        p_most - jsonb_array_length(items);
    items := items || page;
    exit when jsonb_array_length(items) >= p_most;
  end loop;
  return jsonb_build_object(
    'items', (select coalesce(jsonb_agg(i.item - 'place' order by i.n), '[]')
      from jsonb_array_elements(items) with ordinality i(item, n)),
    'next_cursor', case when jsonb_array_length(items) >= p_most
      then holding.family || ':' || (items -> -1 ->> 'place') end);
end
$$;

create or replace function api.export_me(p_caller api.credentials, p_limit int, p_cursor text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_cursor !~ '^[a-z]+:([a-z_]+/)?[0-9a-z_-]{1,64}$' then
    return api.problem(caller, 422, 'validation', 'The cursor does not come from a page of this list.',
      '[{"field": "cursor", "message": "must be the next_cursor of a page"}]');
  end if;
  return api.ok(caller, 200, account.export_page(caller.user_id, p_limit, p_cursor));
exception when invalid_text_representation then
  return api.problem(caller, 422, 'validation', 'The cursor does not come from a page of this list.',
    '[{"field": "cursor", "message": "must be the next_cursor of a page"}]');
end
$$;

-- p_checked_hash is the one that the caller's password was checked against.
create or replace function api.delete_me(p_caller api.credentials, p_checked_hash text, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif not exists (select from account."user" u where u.id = caller.user_id and u.password_hash = p_checked_hash) then
    return api.problem(caller, 409, 'conflict', 'The password was changed meanwhile. Log in again.');
  elsif not account.depart(caller.user_id, caller.user_id, account.via(p_caller), p_client) then
    return account.last_admin(caller);
  end if;
  return api.ok(caller, 202, jsonb_build_object('id', api.wire_id('user', caller.user_id), 'status', 'deleting'));
end
$$;

create or replace function account.last_admin(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 409, 'conflict', 'This is the last administrator. Make another one first.')
$$;

create or replace function api.delete_user(p_caller api.credentials, p_user uuid, p_client text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif not exists (select from account."user" u where u.id = p_user) then
    return account.no_user(caller);
  elsif not account.depart(p_user, caller.user_id, account.via(p_caller), p_client) then
    return account.last_admin(caller);
  end if;
  return api.ok(caller, 202, jsonb_build_object('id', api.wire_id('user', p_user), 'status', 'deleting'));
end
$$;

grant execute on function api.export_me, api.delete_me, api.delete_user to kiskadee_accounts;
grant execute on function account.erase_some to kiskadee_worker;
