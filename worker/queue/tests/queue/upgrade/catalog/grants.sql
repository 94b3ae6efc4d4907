with object as (
  select 'schema' as kind, n.nspname::text as name, n.nspacl as acl, 'n' as class, n.nspowner as owner
  from pg_namespace n where n.nspname in OURS
  union all
  select 'relation', regexp_replace(c.oid::regclass::text, '\d{8}', 'day'), c.relacl, case c.relkind when 'S' then 's' else 'r' end,
    c.relowner
  from pg_class c where c.relnamespace::regnamespace::text in OURS and c.relkind in ('r', 'p', 'v', 'S')
  union all
  select 'column', c.oid::regclass || '.' || a.attname, a.attacl, 'c', c.relowner
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace::regnamespace::text in OURS and a.attacl is not null
  union all
  select 'function', p.oid::regprocedure::text, p.proacl, 'f', p.proowner
  from pg_proc p where p.pronamespace::regnamespace::text in OURS
  union all
  select 'type', t.oid::regtype::text, t.typacl, 'T', t.typowner
  from pg_type t where t.typnamespace::regnamespace::text in OURS and t.typelem = 0 and t.oid::regtype::text !~ '\d{8}'
  union all
  select 'default', concat_ws(' ', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype), d.defaclacl, 'f',
    d.defaclrole
  from pg_default_acl d
)
select concat_ws(' | ', o.kind, o.name, case a.grantee when 0 then 'public' else a.grantee::regrole::text end, a.privilege_type,
  a.is_grantable)
from object o
cross join lateral aclexplode(coalesce(o.acl, acldefault(o.class::"char", o.owner))) a
