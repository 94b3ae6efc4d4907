-- The workers of this name are dead: they lose their registration and the lead at once, not after their time to live.
with gone as (
  update queue.worker w
  set expires_at = clock_timestamp()
  where w.expires_at > clock_timestamp() and w.name like $1
  returning w.id
)
delete from queue.leader l
using gone g
where l.worker_id = g.id
