-- The workers of this name are dead: they lose their registration, and the lead with it, at once.
update queue.worker w
set expires_at = clock_timestamp()
where w.expires_at > clock_timestamp() and w.name like $1
