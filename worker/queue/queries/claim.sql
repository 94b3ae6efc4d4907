-- One batch of one batch key and one priority, leased to a live worker; no row when there is nothing to do.
select job_id, token, kind, batch_key, owner, priority, cost, isolate, attempt, args, batch_id, batch_index, trace,
  deadline_ms, created_at, start_in_ms, waited_ms
from queue.claim($1, $2, $3, $4, $5, $6)
