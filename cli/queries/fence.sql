-- What the snapshot of a backup still held is let go, and workers of before are shut out. Tells how many jobs ran.
with let_go as (delete from storage.hold)
select queue.fence()
