-- The jobs that this one comes after, in the order in which it named them, and how each ended.
select job_id, state, result, error from queue.results_before($1)
