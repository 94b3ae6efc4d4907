-- What a backup needs: that nothing is deleted which it still has to copy, and a record of what was backed up.

-- While a row lasts, workers delete no objects. A backup that dies lets go by not renewing it.
create table storage.hold (
  holder text primary key,
  until timestamptz not null
);

create table storage.backup (
  id text primary key,
  taken_at timestamptz not null,
  bytes bigint not null check (bytes >= 0),
  verified_at timestamptz
);

insert into telemetry.metric (name, kind, help) values
  ('backup_last_success_timestamp_seconds', 'gauge', 'When the newest backup began, in seconds since 1970; absent where there is none.'),
  ('backup_size_bytes', 'gauge', 'Bytes of the newest backup: its database and all objects that it names.'),
  ('backup_verified_timestamp_seconds', 'gauge', 'When a backup was last read whole and found right, in seconds since 1970.');
