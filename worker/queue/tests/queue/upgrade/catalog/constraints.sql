select concat_ws(' | ', regexp_replace(c.conrelid::regclass::text, '\d{8}', 'day'), regexp_replace(c.conname, '\d{8}', 'day'),
  c.convalidated, pg_get_constraintdef(c.oid))
from pg_constraint c
where c.connamespace::regnamespace::text in OURS
