-- Recordings and their words, from which voices are trained, and the role of the component that takes them in.

create schema training;

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made it already.
do $$
begin
  create role kiskadee_training nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema api to kiskadee_training;
grant usage on type api.credentials, api.answer to kiskadee_training;
grant usage on schema training to kiskadee_worker;

create table training.dataset (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  -- What older clients call a folder: never a path.
  name text not null,
  language text not null,
  -- What its owner declared of the right to use the material; null where nothing was downloaded.
  rights text check (rights in ('own', 'licensed', 'public_domain')),
  -- {"statement", "given_at", "trace"}: who speaks agreed to it.
  consent jsonb,
  -- The step under way, one at a time.
  step text check (step in ('import', 'download', 'segment', 'transcribe')),
  step_job uuid,
  -- An object that only the step needs: it goes with it.
  step_key text,
  -- How the last one ended: {"name", "job_id", "outcome", "error", "ended_at"}.
  last_step jsonb,
  -- Sounds of the language that the words have, and that they lack, as the last look at all of them found: {"covered", "missing"}.
  phones jsonb,
  -- Counts changes of segments and their words: what was computed of an older revision is out of date.
  revision bigint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check ((step is null) = (step_job is null)),
  unique (owner, name)
);

create index dataset_by_step_job on training.dataset (step_job) where step_job is not null;

-- A recording as it came. What cannot be read stays with its reason, so that its owner sees what became of it.
create table training.file (
  id uuid primary key,
  dataset_id uuid not null references training.dataset on delete cascade,
  filename text not null,
  -- Where it lies as it came; null once it was refused.
  key text,
  bytes bigint not null,
  sha256 bytea check (octet_length(sha256) = 32),
  -- {"kind": "upload" | "archive" | "url" | "prompt", ...}
  source jsonb not null,
  -- Known once it was decoded.
  seconds double precision,
  sample_rate int,
  -- Words that came with it: by a manifest, or read aloud from a prompt.
  text text,
  text_source text check (text_source in ('given', 'prompts')),
  speaker text,
  state text not null default 'pending' check (state in ('pending', 'ready', 'refused')),
  reason text,
  created_at timestamptz not null default clock_timestamp(),
  check ((state = 'refused') = (reason is not null)),
  check ((text is null) = (text_source is null))
);

create index file_by_dataset on training.file (dataset_id, id);

-- A stretch of a recording with its words. Nothing is deleted: rejection is a state, and its owner may revoke it.
create table training.segment (
  id uuid primary key,
  dataset_id uuid not null references training.dataset on delete cascade,
  file_id uuid not null references training.file on delete cascade,
  start_seconds double precision not null,
  end_seconds double precision not null check (end_seconds > start_seconds),
  -- FLAC at the recording's rate, mono.
  key text not null,
  bytes bigint not null,
  text text,
  text_source text check (text_source in ('given', 'prompts', 'whisper', 'remote', 'pocketsphinx', 'edited')),
  -- A person wrote or confirmed the words: no step overwrites them unless it is told to.
  edited boolean not null default false,
  -- Pending: it waits for words.
  state text not null check (state in ('accepted', 'rejected', 'pending')),
  -- A person decided on the state.
  decided boolean not null default false,
  -- Why it is rejected, or what is odd about it.
  reasons text[] not null default '{}',
  -- Of the reasons those for which it is rejected.
  faults text[] not null default '{}',
  -- What was measured: {"snr_db", "clipped", "loudness_lufs", "silence", "bandwidth_hz", "hash", ...}
  measures jsonb not null default '{}',
  alignment_score double precision,
  created_at timestamptz not null default clock_timestamp()
);

create index segment_by_dataset on training.segment (dataset_id, id);
create index segment_by_file on training.segment (file_id);

-- The accepted segments of a dataset as they were when a run took them: later edits do not reach it.
create table training.version (
  id uuid primary key,
  dataset_id uuid not null references training.dataset on delete cascade,
  number int not null check (number > 0),
  -- SHA-256 of the clips: the same segments with the same words are the same version.
  hash bytea not null check (octet_length(hash) = 32),
  -- [{"segment_id", "key", "text", "seconds"}]
  clips jsonb not null,
  seconds double precision not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (dataset_id, number),
  unique (dataset_id, hash)
);

-- The objects that a version needs, which stay when the dataset is cut anew.
create table training.version_object (
  version_id uuid not null references training.version on delete cascade,
  key text not null,
  primary key (version_id, key)
);

create index version_object_by_key on training.version_object (key);
