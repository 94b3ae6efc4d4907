-- Renews the registration of a worker, and so every lease that it holds, and says which of its jobs it must drop.
select job_id, token, verdict from queue.heartbeat($1, $2, $3, $4, $5, $6, $7)
