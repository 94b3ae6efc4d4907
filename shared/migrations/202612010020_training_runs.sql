-- Runs that train voices, what they leave, and the voices that came of them.

create table training.run (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  model_name text not null,
  engine text not null check (engine in ('kiskadee', 'xtts')),
  dataset_id uuid not null references training.dataset on delete cascade,
  version_id uuid not null references training.version on delete cascade,
  language text not null,
  -- {"kind": "engine"} or {"kind": "checkpoint", "checkpoint_id", "key"}
  base jsonb not null,
  -- What its owner asked for, defaults filled in: steps, batch_size, learning_rate, seed, sample_texts, ...
  recipe jsonb not null,
  state text not null default 'queued'
    check (state in ('queued', 'running', 'stopping', 'stopped', 'completed', 'failed')),
  -- The slice under way: a run is a chain of jobs, never two at once; and the attempt that began it last.
  job_id uuid,
  token bigint,
  slices int not null default 0,
  -- How often a slice began anew at a checkpoint after its worker was lost.
  resumed int not null default 0,
  -- Where what was analysed and aligned lies, once the first slice made it.
  corpus_key text,
  -- What it found: {"sentences", "held_out", "left_out", "seconds", "steps", "batch_size", "learning_rate", "warmup_steps", "seed"}.
  plan jsonb,
  -- A loss was no number: from this step on the learning rate is half.
  halved_from bigint,
  step bigint not null default 0,
  steps bigint,
  -- {"loss": {...}, "learning_rate", "gradient_norm", "steps_per_second", "seconds_left", "device", "worker", "memory_bytes"}
  told jsonb not null default '{}',
  discard boolean not null default false,
  -- The number of the last line that it said, and what its lines take.
  last_seq bigint not null default 0,
  event_bytes bigint not null default 0,
  error text,
  webhook_url text,
  trace text,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  check ((finished_at is not null) = (state in ('stopped', 'completed', 'failed')))
);

create index run_by_owner on training.run (owner, id);
create index run_by_dataset on training.run (dataset_id);
create index run_by_job on training.run (job_id) where job_id is not null;

-- What a run leaves on its way. Only an accepted slice names one.
create table training.checkpoint (
  id uuid primary key,
  run_id uuid not null references training.run on delete cascade,
  step bigint not null,
  train_loss double precision,
  evaluation_loss double precision,
  -- All that a run needs to go on; null once only its voice is kept.
  key text,
  bytes bigint not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  -- The weights that speak.
  voice_key text,
  voice_bytes bigint not null default 0,
  -- Why it stays: latest, best, sample, promoted.
  kept text[] not null default '{}',
  -- What was measured of its voice on sentences that the run never saw.
  measures jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  unique (run_id, step)
);

-- What a run said, in numbered lines; progress, samples, checkpoints and states are lines, too, so that one cursor follows all.
create table training.event (
  run_id uuid not null references training.run on delete cascade,
  seq bigint not null,
  at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('log', 'progress', 'sample', 'checkpoint', 'state')),
  level text check (level in ('debug', 'info', 'warning', 'error')),
  step bigint,
  -- {"message"} of a log; what the others tell.
  body jsonb not null,
  primary key (run_id, seq)
);

-- Sentences that a run speaks while it trains.
create table training.sample (
  id uuid primary key,
  run_id uuid not null references training.run on delete cascade,
  step bigint not null,
  place int not null,
  text text not null,
  key text not null,
  bytes bigint not null,
  unique (run_id, step, place)
);

-- The versions of a trained voice, of which one is current: its voice's conditioning is the same object.
create table speech.voice_version (
  voice_id text not null references speech.voice on delete cascade,
  version int not null check (version > 0),
  -- Its weights.
  key text not null,
  bytes bigint not null,
  is_current boolean not null default false,
  -- What it was made of, and the version that was current before; they may be gone.
  checkpoint_id uuid not null,
  dataset_id uuid not null,
  job_id uuid not null,
  previous int,
  created_at timestamptz not null default clock_timestamp(),
  primary key (voice_id, version)
);

create unique index voice_version_current on speech.voice_version (voice_id) where is_current;
create index voice_version_by_checkpoint on speech.voice_version (checkpoint_id);
create index voice_version_by_dataset on speech.voice_version (dataset_id);
create index voice_version_by_job on speech.voice_version (job_id);

-- The same texts by two voices, for somebody to choose without knowing which is which.
create table training.comparison (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  a jsonb not null,
  b jsonb not null,
  blind boolean not null,
  seed bigint not null,
  job_id uuid,
  -- [{"text", "seed", "swapped", "a": {"key", "measures"}, "b": {...}, "between": {...}}], once it was spoken.
  pairs jsonb,
  error text,
  -- Of whose recordings something is heard in it.
  datasets uuid[] not null default '{}',
  created_at timestamptz not null default clock_timestamp()
);

create index comparison_by_owner on training.comparison (owner, id);
create index comparison_by_job on training.comparison (job_id) where job_id is not null;

-- One vote a listener and pair; a later one takes the place of an earlier.
create table training.preference (
  comparison_id uuid not null references training.comparison on delete cascade,
  pair int not null,
  listener uuid not null references account."user" on delete cascade,
  choice text not null check (choice in ('a', 'b', 'tie')),
  at timestamptz not null default clock_timestamp(),
  primary key (comparison_id, pair, listener)
);

insert into telemetry.metric (name, kind, help, labels) values
  ('training_runs_total', 'counter', 'Runs that trained voices and have ended, by how they did.', '{engine,state}'),
  ('training_steps_total', 'counter', 'Steps of runs that were kept.', '{engine}');
