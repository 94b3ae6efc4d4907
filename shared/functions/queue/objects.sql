-- Which results in the storage belong to an attempt that counts. Their ledger is the queue itself: a row for each beside that of
-- its job would say the same again.

-- Of the keys `results/{job}/{token}/{file}`, those of attempts that were accepted or are still under lease. A key of
-- another making is nobody's to delete.
create or replace function queue.kept_results(p_keys text[]) returns setof text
language sql stable as $$
  with given as materialized (
    select k as key, m[1]::uuid as job_id, m[2]::bigint as token
    from unnest(p_keys) k
    left join lateral regexp_match(k, '^results/([0-9a-f]{32})/([0-9]{1,18})/.') m on true
  )
  select g.key from given g
  where g.job_id is null
    or exists (select from queue.done d where d.job_id = g.job_id and d.token = g.token)
    or exists (select from queue.lease l where l.job_id = g.job_id and l.token = g.token)
$$;
