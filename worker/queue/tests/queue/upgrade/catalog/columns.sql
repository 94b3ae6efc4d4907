-- In their order, without the gaps of dropped ones.
select concat_ws(' | ', regexp_replace(c.oid::regclass::text, '\d{8}', 'day'), a.attname,
  row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  a.attgenerated, a.attcollation::regcollation, a.attstorage, pg_get_expr(d.adbin, d.adrelid))
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace::regnamespace::text in OURS and c.relkind in ('r', 'p', 'v', 'c')
