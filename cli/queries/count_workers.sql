select count(*) from queue.worker w where w.expires_at > clock_timestamp()
