select concat_ws(' | ', t.oid::regtype, t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault,
  (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
from pg_type t
left join pg_class c on c.oid = t.typrelid
where t.typnamespace::regnamespace::text in OURS and t.typelem = 0 and (c.oid is null or not c.relispartition)
