-- The groups that are not there, or of which nobody who can log in is a member.
select g.name
from unnest($1::text[]) g(name)
where not exists (
  select from pg_roles r where r.rolcanlogin and not r.rolsuper
    and exists (select from pg_roles h where h.rolname = g.name)
    and pg_has_role(r.rolname, (select h.oid from pg_roles h where h.rolname = g.name), 'member'))
order by g.name
