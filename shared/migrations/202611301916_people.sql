-- People as an operator and they themselves see them: leaving, resetting a password, guesses at passwords, and the log of who did
-- what.

-- Asked for: from then on the account is nobody's, and its data goes in steps (account.erase_some).
alter table account."user" add column deleted_at timestamptz;
create index user_by_deletion on account."user" (deleted_at) where deleted_at is not null;

-- What each family has of people: who erases it, and who shows it to them.
create table account.holding (
  family text primary key,
  -- `schema.function` of (owner uuid, most int), which returns int: a step of erasing. How many rows it saw to; 0 when none are left.
  erased_by text not null check (erased_by ~ '^[a-z_]+\.[a-z0-9_]+$'),
  -- `schema.function` of (owner uuid, after text, most int), which returns table (place text, kind text, item jsonb), in the
  -- order of places, each unlike any other of the family.
  exported_by text check (exported_by ~ '^[a-z_]+\.[a-z0-9_]+$')
);

-- Links that set a new password, each once. Only the SHA-256 of what the link holds is known here.
create table account.password_reset (
  hash bytea primary key check (length(hash) = 32),
  user_id uuid not null references account."user" on delete cascade,
  expires_at timestamptz not null
);

create index password_reset_by_user on account.password_reset (user_id);

-- Wrong passwords for one name from one address, or from one device that its owner signed in with. By the SHA-256 of the two,
-- for names are as long as callers like. Unlogged: a crash forgives everybody.
create unlogged table account.guess (
  guesser bytea primary key,
  failures int not null,
  failed_at timestamptz not null
) with (fillfactor = 50);

create index guess_by_time on account.guess (failed_at);

-- How sign-ins ended, over all names, for the alarm.
create unlogged table account.sign_in_minute (
  minute timestamptz primary key,
  succeeded int not null,
  failed int not null
) with (fillfactor = 50);

insert into telemetry.metric (name, kind, help, labels, buckets) values
  ('sign_ins_total', 'counter', 'Passwords that were checked.', '{outcome}', null),
  ('sign_in_alarm', 'gauge', 'Whether many more passwords are wrong than right now, over all accounts.', '{}', null);

-- Who did what. Rows are neither changed nor deleted (functions/account/audit.sql); whole months are dropped when they are old.
create table account.audit (
  id uuid not null default queue.uuid7() primary key,
  at timestamptz not null default clock_timestamp(),
  -- Null: nobody who is known. People are told by ids alone, so what is left of one who left names nobody.
  actor uuid,
  via text not null check (via in ('token', 'key', 'operator', 'password', 'link', 'nobody')),
  action text not null,
  subject uuid,
  client text,
  detail jsonb
) partition by range (id);

create index audit_by_subject on account.audit (subject, id);
create index audit_by_actor on account.audit (actor, id);
create table account.audit_default partition of account.audit default;

do $$
declare
  month timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
begin
  for ahead in 0..2 loop
    execute format('create table account.%I partition of account.audit for values from (%L) to (%L)',
      'audit_' || to_char((month + make_interval(months => ahead)) at time zone 'UTC', 'YYYYMM'),
      queue.uuid7_floor(month + make_interval(months => ahead)), queue.uuid7_floor(month + make_interval(months => ahead + 1)));
  end loop;
end
$$;

-- Replaced by one that spends nothing of the name that is tried.
drop function if exists api.admit_attempt(text, text, int);
