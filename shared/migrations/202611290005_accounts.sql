-- People, their keys and the secrets that sign their webhooks.

create table account."user" (
  id uuid primary key default queue.uuid7(),
  username text not null,
  email text not null,
  full_name text,
  role text not null default 'user' check (role in ('user', 'admin')),
  password_hash text not null,
  created_at timestamptz not null default clock_timestamp(),
  disabled_at timestamptz,
  -- A token issued before this instant is refused: a changed password ends every session.
  tokens_valid_after timestamptz not null default '-infinity',
  -- The share of the fleet beside other owners, and the queued cost (see queue.enqueue) that is admitted.
  weight real not null default 1 check (weight > 0),
  queue_cap bigint not null default 20000000 check (queue_cap > 0)
);

create unique index user_by_username on account."user" (lower(username));
create unique index user_by_email on account."user" (lower(email));

create table account.api_key (
  id uuid primary key default queue.uuid7(),
  user_id uuid not null references account."user" on delete cascade,
  name text not null,
  prefix text not null,
  hash bytea not null unique check (length(hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);

create index api_key_by_user on account.api_key (user_id, id);

-- Several may be alive during a rotation; all of them sign.
create table account.webhook_secret (
  id uuid primary key default queue.uuid7(),
  user_id uuid not null references account."user" on delete cascade,
  secret text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz
);

create index webhook_secret_by_user on account.webhook_secret (user_id, created_at);
