select pg_get_triggerdef(t.oid)
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
where c.relnamespace::regnamespace::text in OURS and not t.tgisinternal
