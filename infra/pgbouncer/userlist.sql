-- The logins of edges and workers with what Postgres keeps of their passwords, as lines of PgBouncer's auth_file. Run it as a superuser:
--   psql postgres://postgres@HOST/kiskadee -AtqX -f infra/pgbouncer/userlist.sql > userlist.txt
select format('"%s" "%s"', replace(login.rolname, '"', '""'), login.rolpassword)
  from pg_authid login
  where login.rolcanlogin and login.rolpassword like 'SCRAM-SHA-256$%'
    and exists (
      select from pg_auth_members member join pg_roles part on part.oid = member.roleid
        where member.member = login.oid and part.rolname like 'kiskadee\_%'
    )
  order by login.rolname;
