-- What a user may have.

-- Bytes that may be stored for a user; null where there is no bound.
create or replace function api.storage_quota(p_user uuid) returns bigint
language sql stable as $$
  select u.storage_quota from account."user" u where u.id = p_user
$$;

-- Those whose finished work is kept for less than the installation's own days.
create or replace function account.short_retentions(p_days int) returns table (owner uuid, days int)
language sql stable as $$
  select u.id, u.retention_days from account."user" u where u.retention_days < p_days and u.deleted_at is null
$$;
