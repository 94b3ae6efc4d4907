-- Every table of ours that has rows of its own, as it is spelled in a statement.
select format('%I.%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  -- What this program writes to keep the backup whole.
  and (n.nspname, c.relname) not in (('storage', 'hold'), ('storage', 'backup'))
order by 1
