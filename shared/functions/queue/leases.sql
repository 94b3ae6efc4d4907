-- What an attempt may still say in its own name.

-- Whether an attempt is the one that has the job, held so until the transaction ends: nobody takes it from there meanwhile. With this a
-- function of a family takes word from a running job, and from no other.
create or replace function queue.holds(p_job uuid, p_token bigint) returns boolean
language plpgsql
set enable_seqscan = off as $$
begin
  perform from queue.lease l where l.job_id = p_job and l.token = p_token for key share;
  return found;
end
$$;

-- What the worker is called that has a job; null where none has.
create or replace function queue.worker_of(p_job uuid) returns text
language sql stable
set enable_seqscan = off as $$
  select w.name from queue.lease l join queue.worker w on w.id = l.worker_id where l.job_id = p_job
$$;

grant execute on function queue.holds to kiskadee_worker;
