-- What a user may have.

-- Bytes that may be stored for a user; null where there is no bound.
create or replace function api.storage_quota(p_user uuid) returns bigint
language sql stable as $$
  select u.storage_quota from account."user" u where u.id = p_user
$$;
