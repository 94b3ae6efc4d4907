-- The kind of job that makes one object of what was uploaded, and where the storage's own objects lie.

insert into queue.kind (kind, family, on_concluded, max_attempts, timeout_s) values
  ('upload', 'uploads', 'storage.upload_checked', 8, 3600)
on conflict (kind) do update set family = excluded.family, on_concluded = excluded.on_concluded,
  max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s;

insert into queue.lane (batch_key) values ('upload:check') on conflict do nothing;

insert into storage.prefix (prefix, family, kept_by, expired_by) values
  ('results', 'queue', 'queue.kept_results', null),
  ('uploads', 'uploads', null, 'storage.expire_uploads'),
  -- Written and deleted at once, to see whether the storage works.
  ('probes', 'storage', null, null)
on conflict (prefix) do update set family = excluded.family, kept_by = excluded.kept_by, expired_by = excluded.expired_by;

insert into account.holding (family, erased_by, exported_by) values
  ('storage', 'storage.erase_owner', 'storage.export_owner')
on conflict (family) do update set erased_by = excluded.erased_by, exported_by = excluded.exported_by;
