-- What an API key may be used for. A scope is `family:read`, `family:write`, or `family:*` for both. The family is that of the
-- component which serves the route, and what is done follows from the route's class: so a new family has its scopes by having
-- a role of its own. `work` stands for every family but `account` and `admin`; `*` alone for everything that its owner may.

-- The component that asks: the one group role `kiskadee_…` of whoever is logged in, without the prefix. Null where there is not
-- exactly one, and then nothing but `*` is enough. Looked up once in a session, for that costs more than all else that is asked of a
-- caller; a component that could forge it could name any caller as well.
create or replace function api.component() returns text
language plpgsql as $$
declare
  login text := coalesce(nullif(current_setting('role'), 'none'), session_user);
  known text := current_setting('kiskadee.component', true);
begin
  if known is null or split_part(known, '=', 1) <> login then
    known := set_config('kiskadee.component', login || '=' || coalesce(api.component_of(login), ''), false);
  end if;
  return nullif(split_part(known, '=', 2), '');
end
$$;

create or replace function api.component_of(p_login text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  with login as (
    select r.oid, r.rolname, r.rolcanlogin from pg_roles r where r.rolname = p_login
  ), groups as (
    select l.rolname from login l where not l.rolcanlogin
    union
    select g.rolname from login l join pg_auth_members m on m.member = l.oid join pg_roles g on g.oid = m.roleid
    where not g.rolcanlogin
  )
  select case count(*) when 1 then substr(min(g.rolname::text), 10) end
  from groups g where g.rolname like 'kiskadee\_%'
$$;

-- The family of scopes of a component.
create or replace function api.scope_family(p_component text) returns text
language sql immutable as $$
  select case p_component when 'accounts' then 'account' when 'ops' then 'admin' else p_component end
$$;

-- What a key must have for a route of this class.
create or replace function api.scope_of(p_family text, p_class text) returns text
language sql immutable as $$
  select coalesce(p_family || case p_class when 'read' then ':read' else ':write' end, '*')
$$;

-- Whether scopes include one of the form `family:read` or `family:write`.
create or replace function api.grants(p_scopes text[], p_scope text) returns boolean
language sql immutable as $$
  select p_scopes && array['*', p_scope, split_part(p_scope, ':', 1) || ':*']
    or split_part(p_scope, ':', 1) not in ('*', 'account', 'admin')
      and p_scopes && array['work:*', 'work:' || split_part(p_scope, ':', 2)]
$$;

-- Families that have scopes here, those of components that only this installation has, too.
create or replace function api.scope_families() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select api.scope_family(substr(r.rolname::text, 10)) from pg_roles r
  where r.rolname like 'kiskadee\_%' and not r.rolcanlogin and r.rolname not in ('kiskadee_worker', 'kiskadee_edge_host', 'kiskadee_scaler')
  union
  select unnest(array['work', 'webhooks'])
  order by 1
$$;

-- What is wrong with the scopes that somebody of this role wants for a key, or null.
create or replace function api.scope_faults(p_scopes text[], p_role text) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_agg(api.fault('scopes', f.message) || jsonb_build_object('index', f.place - 1) order by f.place)
  from (
    select s.place, case
      when s.scope !~ '^(\*|[a-z0-9_]+:(read|write|\*))$' then
        'must be `*`, or a family with `:read`, `:write` or `:*`'
      when s.scope <> '*' and split_part(s.scope, ':', 1) not in (select api.scope_families()) then
        format('there is no such family; there are %s', (select string_agg(f, ', ') from api.scope_families() f))
      when s.scope like 'admin:%' and p_role <> 'admin' then 'only a key of an administrator can have it'
    end as message
    from unnest(p_scopes) with ordinality as s(scope, place)
  ) f where f.message is not null
$$;
