-- How many whole days ahead jobs have a partition to end in; the names end with the day.
select max(to_date(right(c.relname, 8), 'YYYYMMDD') - current_date)::bigint
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'queue.done'::regclass and c.relname ~ '^done_\d{8}$'
