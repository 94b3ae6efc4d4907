-- The way in: the shapes of callers and answers, and what is kept of calls.

-- From a verified token (user_id, issued_at) or from an API key (key_hash, its SHA-256). per_minute is the rate limit of
-- the route's class, 0 for none.
create type api.credentials as (user_id uuid, issued_at timestamptz, key_hash bytea, per_minute int);

create type api.answer as (
  status smallint,
  body text,
  code text,
  detail text,
  errors jsonb,
  rate_limit int,
  rate_remaining int,
  rate_reset int,
  retry_after int
);

-- An authenticated caller, or the reason of a refusal (status not null).
create type api.caller as (
  user_id uuid,
  role text,
  weight real,
  queue_cap bigint,
  status smallint,
  code text,
  detail text,
  rate_limit int,
  rate_remaining int,
  rate_reset int,
  retry_after int
);

-- What an edge needs to check a password; see api.login_lookup.
create type api.login as (
  user_id uuid,
  password_hash text,
  issued_at double precision,
  rate_limit int,
  rate_remaining int,
  rate_reset int,
  retry_after int
);

-- Parameters of composite types need the right to use them.
grant usage on type api.credentials, api.answer to kiskadee_accounts, kiskadee_speech, kiskadee_ops;
grant usage on type api.login to kiskadee_accounts;

-- Token buckets. Unlogged: a crash forgives everybody, and spending a token writes no WAL, so a read waits for no disk.
create unlogged table api.rate_bucket (
  bucket text collate "C" primary key,
  tokens double precision not null,
  refilled_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Answers that are given again to the same key, for a day.
create table api.idempotency (
  owner uuid not null,
  key text not null,
  request_hash bytea not null,
  status smallint,
  body text,
  expires_at timestamptz not null default clock_timestamp() + interval '1 day',
  primary key (owner, key)
);

create index idempotency_by_expiry on api.idempotency (expires_at);
