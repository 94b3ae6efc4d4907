-- The secrets that sign an owner's webhooks. During a rotation the old and the new one both sign, so a receiver can change over
-- without losing a message.

-- The newest secret, and when the one before it stops signing.
create or replace function api.webhook_secret_json(p_user uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'secret', s.secret,
    'created_at', api.wire_time(s.created_at),
    'previous_valid_until', (
      select api.wire_time(max(o.expires_at)) from account.webhook_secret o
      where o.user_id = p_user and o.expires_at > clock_timestamp()))
  from account.webhook_secret s
  where s.user_id = p_user and s.expires_at is null
  order by s.created_at desc
  limit 1
$$;

-- p_fresh becomes the secret of an account that has none yet.
create or replace function api.webhook_secret(p_caller api.credentials, p_fresh text) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  secret jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  secret := api.webhook_secret_json(caller.user_id);
  if secret is null then
    -- Two first readers must see the same secret.
    perform from account."user" u where u.id = caller.user_id for no key update;
    insert into account.webhook_secret (user_id, secret)
    select caller.user_id, p_fresh
    where not exists (
      select from account.webhook_secret s where s.user_id = caller.user_id and s.expires_at is null);
    secret := api.webhook_secret_json(caller.user_id);
  end if;
  return api.ok(caller, 200, secret);
end
$$;

-- Makes p_fresh the secret. The one before signs for a day more; those before that stop at once, so that a header never
-- carries more than two signatures.
create or replace function api.renew_webhook_secret(p_caller api.credentials, p_fresh text, p_client text) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  perform from account."user" u where u.id = caller.user_id for no key update;
  delete from account.webhook_secret s where s.user_id = caller.user_id and s.expires_at is not null;
  update account.webhook_secret s set expires_at = clock_timestamp() + interval '24 hours' where s.user_id = caller.user_id;
  insert into account.webhook_secret (user_id, secret) values (caller.user_id, p_fresh);
  perform account.note(caller.user_id, account.via(p_caller), 'webhook_secret.rotated', caller.user_id, p_client);
  return api.ok(caller, 200, api.webhook_secret_json(caller.user_id));
end
$$;

-- As edges of the release before ask for it.
create or replace function api.rotate_webhook_secret(p_caller api.credentials, p_fresh text) returns api.answer
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select a.* from api.renew_webhook_secret(p_caller, p_fresh, null) a
$$;

grant execute on function api.webhook_secret, api.renew_webhook_secret, api.rotate_webhook_secret to kiskadee_accounts;
