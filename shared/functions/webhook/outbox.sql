-- The outbox of webhooks. What happened and the message that tells it are written in one transaction, so no event is lost
-- and none is told that did not happen.

-- Puts an event into the outbox, for the address that the work was given with, and with where the work came from. Without an address
-- nothing is to be told.
create or replace function webhook.emit_of(
  p_owner uuid, p_event text, p_url text, p_data jsonb, p_trace text
) returns uuid
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  message uuid;
begin
  if p_url is null then
    return null;
  end if;
  insert into webhook.message (owner, event, url, trace, payload)
  values (p_owner, p_event, p_url, p_trace, json_build_object(
    'type', p_event, 'timestamp', api.wire_time(clock_timestamp()), 'data', p_data)::text)
  returning id into message;
  insert into webhook.delivery (message_id, owner, host)
  values (message, p_owner, lower(coalesce(substring(p_url from '^[A-Za-z]+://([^/?#]+)'), p_url)));
  return message;
end
$$;

-- The same for what comes from no request.
create or replace function webhook.emit(p_owner uuid, p_event text, p_url text, p_data jsonb) returns uuid
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select webhook.emit_of(p_owner, p_event, p_url, p_data, null)
$$;

grant execute on function webhook.emit, webhook.emit_of to kiskadee_worker;
