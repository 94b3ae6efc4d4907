-- The kind of job that packs what a batch made.

insert into queue.kind (kind, family, hidden, max_attempts, timeout_s) values
  ('archive', 'archive', true, 8, 3600)
on conflict (kind) do update set family = excluded.family, hidden = excluded.hidden,
  max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s;

insert into queue.lane (batch_key) values ('archive:zip') on conflict do nothing;
