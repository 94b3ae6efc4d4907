-- Each attempt ends with its own outcome; answers the jobs whose settlement was accepted, the others were stale.
select queue.settle($1, $2, $3, $4, $5, $6, $7)
