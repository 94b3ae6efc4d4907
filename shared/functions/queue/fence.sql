-- A database that was restored goes on at an earlier point than workers of before may know.

-- Parts the queue of a restored database from the workers of before: tokens that were issued after the backup was made are never issued again, no worker
-- of then has a lease or is registered (each drops what it does and registers anew), and jobs that ran are ready without an attempt counted. Returns
-- how many ran.
create or replace function queue.fence() returns int
language plpgsql as $$
declare
  ended queue.ended[];
begin
  perform setval('queue.token', nextval('queue.token') + 1000000000000);
  perform setval('webhook.lock_token', nextval('webhook.lock_token') + 1000000000000);
  delete from queue.leader;
  with lost as (
    delete from queue.lease l returning l.*
  )
  select array_agg(row(l.job_id, l.token, l.worker_id, l.claimed_at, l.vtime, l.isolate,
    case when l.cancel_requested then 'cancelled' else 'released' end, null, null, null, null)::queue.ended) into ended
  from lost l;
  delete from queue.worker;
  if ended is not null then
    perform queue.conclude(ended);
  end if;
  return coalesce(cardinality(ended), 0);
end
$$;
