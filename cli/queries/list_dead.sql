-- The newest first, each with how often it was tried.
select api.wire_id('job', d.job_id), j.kind, api.wire_time(d.finished_at), d.reason,
  (select count(*) from queue.failure f where f.job_id = d.job_id)
from queue.dead d
join queue.job j on j.id = d.job_id
order by d.finished_at desc
limit $1
