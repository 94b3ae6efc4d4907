select concat_ws(' | ', r.rolname, r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolbypassrls, r.rolinherit,
  (select string_agg(m.roleid::regrole::text, ',' order by m.roleid::regrole::text) from pg_auth_members m where m.member = r.oid))
from pg_roles r
where r.rolname in ('kiskadee_accounts', 'kiskadee_speech', 'kiskadee_ops', 'kiskadee_edge_host', 'kiskadee_worker', 'kiskadee_scaler')
