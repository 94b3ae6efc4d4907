-- What owners see and do: list their deliveries, look at one with its attempts, send one again.

create or replace function webhook.attempt_json(p_attempt webhook.attempt) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'at', api.wire_time(p_attempt.at),
    'status_code', p_attempt.status_code,
    'error', p_attempt.error,
    'duration_ms', p_attempt.duration_ms)
$$;

-- A delivery as callers see it. The newest attempt stands in it, the others in api.get_delivery.
create or replace function webhook.delivery_json(p_message webhook.message, p_delivery webhook.delivery) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', api.wire_id('msg', p_message.id),
    'event', p_message.event,
    'url', p_message.url,
    'status', p_delivery.status,
    'attempts', p_delivery.attempts,
    'reason', p_delivery.reason,
    'created_at', api.wire_time(p_message.created_at),
    'next_attempt_at', api.wire_time(p_delivery.next_at),
    'finished_at', api.wire_time(p_delivery.finished_at),
    'last_attempt', (
      select webhook.attempt_json(a) from webhook.attempt a
      where a.message_id = p_message.id order by a.lock_token desc limit 1))
$$;

-- A page of the caller's deliveries, newest first. The cursor is the id of the last item of the page before.
create or replace function api.find_deliveries(
  p_caller api.credentials, p_status text, p_event text, p_limit int, p_cursor text
) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp
-- Planned for each call: whether the owner's index serves depends on who asks.
set plan_cache_mode = force_custom_plan as $$
declare
  caller api.caller := api.admit_for(p_caller, 'read', 'webhooks:read');
  page_size int := least(greatest(coalesce(p_limit, 20), 1), 100);
  before uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  items jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_status is not null and p_status not in ('pending', 'delivered', 'parked') then
    return api.problem(caller, 422, 'validation', 'The status is none that a delivery can have.',
      '[{"field": "status", "message": "must be pending, delivered or parked"}]');
  elsif p_cursor is not null and p_cursor !~ '^msg_[0-9a-f]{32}$' then
    return api.problem(caller, 422, 'validation', 'The cursor does not come from a page of this list.',
      '[{"field": "cursor", "message": "must be the next_cursor of a page"}]');
  end if;
  if p_cursor is not null then
    before := substr(p_cursor, 5)::uuid;
  end if;
  -- One more than the page holds tells whether there is another.
  select coalesce(jsonb_agg(f.item order by f.id desc), '[]') into items
  from (
    select m.id, webhook.delivery_json(m, d) as item
    from webhook.message m
    join webhook.delivery d on d.message_id = m.id
    where m.id < before
      and (m.owner = caller.user_id or caller.role = 'admin')
      and (p_status is null or d.status = p_status)
      and (p_event is null or m.event = p_event)
    order by m.id desc
    limit page_size + 1
  ) f;
  return api.ok(caller, 200, case when jsonb_array_length(items) > page_size
    then jsonb_build_object('items', items - page_size, 'next_cursor', items #> array[(page_size - 1)::text, 'id'])
    else jsonb_build_object('items', items, 'next_cursor', null) end);
end
$$;

-- The same for edges of the release before, which know no events.
create or replace function api.list_deliveries(p_caller api.credentials, p_status text, p_limit int, p_cursor text)
returns api.answer
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select f.* from api.find_deliveries(p_caller, p_status, null, p_limit, p_cursor) f
$$;

create or replace function api.get_delivery(p_caller api.credentials, p_message uuid) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_for(p_caller, 'read', 'webhooks:read');
  found_one jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select webhook.delivery_json(m, d) || jsonb_build_object(
    'payload', m.payload::jsonb,
    'attempt_log', (
      select coalesce(jsonb_agg(webhook.attempt_json(a) order by a.lock_token), '[]')
      from webhook.attempt a where a.message_id = m.id)) into found_one
  from webhook.message m
  join webhook.delivery d on d.message_id = m.id
  where m.id = p_message and (m.owner = caller.user_id or caller.role = 'admin');
  if found_one is null then
    return api.problem(caller, 404, 'not_found', 'There is no webhook delivery with this id.');
  end if;
  return api.ok(caller, 200, found_one);
end
$$;

-- Puts a parked or delivered message back at the start of its schedule. It keeps its id, so a receiver that has seen it can
-- tell.
create or replace function api.replay_delivery(p_caller api.credentials, p_message uuid) returns api.answer
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit_for(p_caller, 'create', 'webhooks:write');
  message webhook.message;
  delivery webhook.delivery;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into message from webhook.message m
  where m.id = p_message and (m.owner = caller.user_id or caller.role = 'admin');
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no webhook delivery with this id.');
  end if;
  update webhook.delivery d
  set status = 'pending', attempts = 0, next_at = clock_timestamp(), finished_at = null, reason = null
  where d.message_id = p_message and d.status <> 'pending'
  returning * into delivery;
  if not found then
    return api.problem(caller, 409, 'conflict', 'The delivery is pending: it will be tried again by itself.');
  end if;
  return api.ok(caller, 202, webhook.delivery_json(message, delivery));
end
$$;

grant execute on function api.find_deliveries, api.list_deliveries, api.get_delivery, api.replay_delivery to kiskadee_accounts;
