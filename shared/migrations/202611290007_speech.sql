-- What can speak: engines and voices, announced by the workers that have them; what voices were made from; and how words are said.

create table speech.engine (
  name text primary key,
  -- The order of preference when a caller names no engine: own voices first, the last fallback last.
  rank smallint not null default 50,
  languages text[] not null,
  description text not null default '',
  sample_rate int not null default 24000,
  quality_profiles jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  -- Whether it can take voices from recordings.
  makes_voices boolean not null default false,
  -- An engine can mix voices without taking any from recordings.
  mixes_voices boolean not null default false
);

create table speech.voice (
  id text primary key,
  owner uuid references account."user" on delete cascade,
  engine text not null,
  name text not null,
  kind text not null check (kind in ('builtin', 'cloned', 'morphed', 'trained')),
  -- Empty: whatever its engine speaks.
  languages text[] not null default '{}',
  preview_key text,
  created_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  lineage jsonb,
  -- The job that makes the voice. A voice with a job and without a conditioning is not ready.
  job_id uuid,
  conditioning_key text,
  -- {"statement", "given_at", "trace"}: who made the recordings agreed to their use.
  consent jsonb,
  -- What a morphed voice is made of: [{"voice_id", "weight"}] of voices that are no mixes themselves; the weights' sum is 1.
  mix jsonb,
  -- {"id", "commercial": "yes" | "no" | "unknown", ...} of a built-in voice. Null: its worker did not tell.
  licence jsonb check (licence ->> 'commercial' in ('yes', 'no', 'unknown')),
  check ((kind = 'builtin') = (owner is null)),
  check (id <> 'default')
);

create index voice_by_owner on speech.voice (owner, id) where deleted_at is null;

create index voice_by_job on speech.voice (job_id) where job_id is not null;

grant select on all tables in schema speech to kiskadee_worker;

-- Recordings that callers hand in. A recording that goes takes everything with it that came from it.
create table speech.recording (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  key text not null,
  filename text not null,
  -- Null until the upload has ended; what stays without it is given up after an hour.
  bytes bigint,
  created_at timestamptz not null default clock_timestamp()
);

create index recording_by_owner on speech.recording (owner, id);

-- A voice may come from several recordings. Each of them takes the voice with it.
create table speech.voice_recording (
  voice_id text not null references speech.voice on delete cascade,
  recording_id uuid not null references speech.recording on delete cascade,
  -- Counted from 1, as they stood in the form.
  place smallint not null,
  primary key (voice_id, recording_id)
);

create index voice_recording_by_recording on speech.voice_recording (recording_id);

-- Objects that nobody may read any more; a worker deletes them from the storage.
create table speech.doomed_object (
  key text primary key,
  doomed_at timestamptz not null default clock_timestamp()
);

-- Words that a user wants to have said in a way of their own. What of them occurs in a text goes along with its job, so a
-- job is said as the dictionary had it when the text was taken in, and workers need not ask.
create table speech.pronunciation (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  -- Without region or script: `pt` of `pt-BR`.
  language text not null,
  word text not null,
  -- As texts are searched for it.
  folded text not null generated always as (lower(normalize(word, nfkc))) stored,
  phonemes text,
  alias text,
  created_at timestamptz not null default clock_timestamp(),
  check (num_nonnulls(phonemes, alias) = 1),
  unique (owner, language, folded)
);

create index pronunciation_by_owner on speech.pronunciation (owner, id);

-- What an operator decided for the whole installation.
create table speech.setting (
  one boolean primary key default true check (one),
  -- Only voices whose licence allows commercial use speak.
  commercial_voices_only boolean not null default false
);

insert into speech.setting default values;
grant select on speech.setting to kiskadee_worker;

-- Everything that is known of some jobs, whichever table each is in.
create type speech.job_state as (
  job_id uuid, owner uuid, kind text, status text, progress smallint, attempts int, created_at timestamptz,
  started_at timestamptz, finished_at timestamptz, error text, result jsonb, batch_id uuid
);
