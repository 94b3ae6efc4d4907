select distinct a.pid,
  coalesce(nullif(a.application_name, ''), 'without a name') as application,
  coalesce(a.state, 'state unknown') as state,
  coalesce(to_char(a.query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'an unknown time') as query_start
from unnest(pg_blocking_pids($1)) as blocking(pid)
join pg_stat_activity a using (pid)
order by a.pid
