-- The statements that take back who may execute the functions of these schemas, from everybody but their owners and roles that
-- are not the product's.
select coalesce(string_agg(format('revoke execute on routine %s from %s', p.oid::regprocedure,
  case a.grantee when 0 then 'public' else a.grantee::regrole::text end), '; '), '')
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
left join pg_roles r on r.oid = a.grantee
where n.nspname = any($1) and a.grantee <> p.proowner and (a.grantee = 0 or starts_with(r.rolname, 'kiskadee_'))
