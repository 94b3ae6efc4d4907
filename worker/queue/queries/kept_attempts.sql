-- Of the attempts given, those whose objects are needed: the accepted ones, and those still under lease.
select given.job_id, given.token
from unnest($1::uuid[], $2::bigint[]) as given(job_id, token)
where exists (select from queue.done d where d.job_id = given.job_id and d.token = given.token)
  or exists (select from queue.lease l where l.job_id = given.job_id and l.token = given.token)
