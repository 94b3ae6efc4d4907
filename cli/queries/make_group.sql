-- How a group role is made, unless there is one: it belongs to the cluster, so that another database may have it, too.
select format('create role %I nologin', $1::text) where not exists (select from pg_roles where rolname = $1)
