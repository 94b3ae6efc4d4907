-- The outbox of webhooks. What happened and the message that tells it are written in one transaction, so no event is lost
-- and none is told that did not happen. Workers send the messages.

-- The immutable message. The payload is the exact text that is signed and sent, at every attempt the same.
create table webhook.message (
  id uuid primary key default queue.uuid7(),
  owner uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  event text not null,
  url text not null,
  payload text not null
);

create index message_by_owner on webhook.message (owner, id);

-- A claim and the record of its attempt must match: from one sequence, so a later claim always has the larger token.
create sequence webhook.lock_token;

-- Where the delivery of a message stands: narrow, because it changes.
create table webhook.delivery (
  message_id uuid primary key references webhook.message on delete cascade,
  owner uuid not null,
  -- When the message is due; while a sender holds it, when its hold lapses.
  next_at timestamptz default clock_timestamp(),
  finished_at timestamptz,
  lock_token bigint,
  -- Since it was emitted or last replayed: the place in the schedule of retries.
  attempts int not null default 0,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'parked')),
  host text not null,
  reason text,
  check ((status = 'pending') = (next_at is not null)),
  check ((status = 'pending') = (finished_at is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

create index delivery_due on webhook.delivery (next_at) where status = 'pending';
create index delivery_by_owner on webhook.delivery (owner, status, message_id);

-- Every attempt, for the owner to see. Neither the body of an answer nor a header is kept.
create table webhook.attempt (
  message_id uuid not null references webhook.message on delete cascade,
  lock_token bigint not null,
  at timestamptz not null,
  status_code smallint,
  duration_ms int not null,
  error text,
  primary key (message_id, lock_token)
);

-- A message that a sender holds, with the secrets that sign it.
create type webhook.claimed as (
  message_id uuid,
  lock_token bigint,
  attempt int,
  url text,
  host text,
  payload text,
  secrets text[]
);
