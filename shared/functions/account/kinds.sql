-- What the product's families have of people, in the order of their names: erasing goes from one to the next when nothing of the
-- one is left, so the queue's jobs have ended before what they make is looked for.

insert into account.holding (family, erased_by, exported_by) values
  ('account', 'account.erase_secrets', 'account.export_account'),
  ('api', 'api.forget_answers', null),
  ('queue', 'queue.erase_owner', 'queue.export_owner'),
  ('webhook', 'webhook.erase_owner', 'webhook.export_owner')
on conflict (family) do update set erased_by = excluded.erased_by, exported_by = excluded.exported_by;
