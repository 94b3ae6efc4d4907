-- Leases of a worker that it does not know of: the answer to their claim was lost. A scan of all leases, so it is not for
-- every heartbeat.
select l.job_id, l.token
from queue.lease l
where l.worker_id = $1 and l.token < $4
  and not exists (select from unnest($2::uuid[], $3::bigint[]) as known(job_id, token)
    where known.job_id = l.job_id and known.token = l.token)
