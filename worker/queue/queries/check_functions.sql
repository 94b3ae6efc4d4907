-- What Postgres does when a function is made, once all that it may name are there.
select case l.lanname when 'sql' then fmgr_sql_validator(p.oid) else plpgsql_validator(p.oid) end
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where n.nspname = any($1) and l.lanname in ('sql', 'plpgsql')
