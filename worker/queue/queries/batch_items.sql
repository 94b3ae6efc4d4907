-- The jobs of a batch in the order of the request, and how each ended.
select item.job_id,
  case when done.job_id is not null then done.outcome when dead.cause is not null then 'cancelled'
    when dead.job_id is not null then 'failed' end as state,
  done.result, coalesce(dead.reason, done.reason) as error
from queue.batch b
cross join unnest(b.job_ids) with ordinality as item(job_id, place)
left join queue.done done on done.job_id = item.job_id
left join queue.dead dead on dead.job_id = item.job_id
where b.id = $1
order by item.place
