-- Partitions of days are made for the days after the database was.
select concat_ws(' | ', regexp_replace(c.oid::regclass::text, '\d{8}', 'day'), c.relkind, c.relpersistence, c.relowner::regrole,
  c.reloptions::text, c.relrowsecurity, pg_get_partkeydef(c.oid), case when c.relkind = 'v' then pg_get_viewdef(c.oid) end,
  case when c.relkind = 'i' then regexp_replace(pg_get_indexdef(c.oid), '\d{8}', 'day', 'g') end)
from pg_class c
where c.relnamespace::regnamespace::text in OURS
union all
select concat_ws(' | ', 'schema', n.nspname, n.nspowner::regrole) from pg_namespace n where n.nspname in OURS
union all
select concat_ws(' | ', 'days', count(*)) from pg_inherits i where i.inhparent = 'queue.done'::regclass
