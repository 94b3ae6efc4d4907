-- Which workers can train an imported model, as they tell it themselves.
create table training.trainer (
  -- Of the worker that told it.
  process uuid not null,
  engine text not null,
  -- What tells the model from all others: the hash of its file.
  model text not null,
  -- {"lane", "languages", "licence", "device", "free_bytes", "parameters", "fixed_bytes", "clips": [{"seconds", "bytes", "least_bytes",
  -- "cost_seconds"}]}: what a run takes whatever it is like, and what a clip of each length adds.
  told jsonb not null,
  seen_at timestamptz not null default clock_timestamp(),
  primary key (process, engine)
);
