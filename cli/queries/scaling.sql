-- How many workers a pool should have, and why.
select s.workers, s.alive, s.waiting_jobs, s.waiting_cost, s.held_jobs, s.held_cost, s.cost_per_second, s.interactive_seconds, s.lanes
from queue.scaling($1, $2) s
