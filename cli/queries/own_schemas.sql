-- Schemas that something other than the server made, quoted.
select quote_ident(n.nspname) from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public') order by 1
