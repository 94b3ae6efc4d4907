-- What the outbox has of an owner: shown to the owner, and erased when one leaves.

create or replace function webhook.export_owner(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select m.id::text, 'webhook', webhook.delivery_json(m, d) || jsonb_build_object('payload', m.payload)
  from webhook.message m join webhook.delivery d on d.message_id = m.id
  where m.owner = p_owner and m.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')::uuid
  order by m.id limit p_most
$$;

create or replace function webhook.erase_owner(p_owner uuid, p_most int) returns int
language sql as $$
  with gone as (
    delete from webhook.message m where m.id = any(array(
      select o.id from webhook.message o where o.owner = p_owner order by o.id limit p_most))
    returning 1
  )
  select count(*)::int from gone
$$;
