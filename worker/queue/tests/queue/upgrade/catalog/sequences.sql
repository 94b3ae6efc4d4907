select concat_ws(' | ', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
  s.seqcycle, d.refobjid::regclass, d.refobjsubid)
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
left join pg_depend d on d.objid = s.seqrelid and d.deptype = 'a' and d.classid = 'pg_class'::regclass
where c.relnamespace::regnamespace::text in OURS
