-- The log of who did what. It grows and is never changed: whole months go when they are 400 days old.

create or replace function account.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception 'the audit log is only ever added to' using errcode = 'insufficient_privilege';
end
$$;

create or replace trigger audit_stays before update or delete on account.audit
  for each row execute function account.refuse_change();
create or replace trigger audit_is_not_emptied before truncate on account.audit
  for each statement execute function account.refuse_change();

-- Puts an event of security where the worker that leads takes it from, to tell those who read logs.
create or replace function account.tell(
  p_actor uuid, p_via text, p_action text, p_subject uuid, p_client text, p_detail jsonb
) returns void
language sql as $$
  insert into account.untold (actor, via, action, subject, client, detail)
  values (p_actor, p_via, p_action, p_subject, p_client, p_detail);
$$;

-- The next events that were not told, the oldest first.
create or replace function account.untold_events(p_most int)
returns table (id bigint, at text, actor text, via text, action text, subject text, client text, detail jsonb)
language sql stable
security definer set search_path = pg_catalog, pg_temp as $$
  select e.id, api.wire_time(e.at), api.wire_id('user', e.actor), e.via, e.action, api.wire_id('user', e.subject), e.client, e.detail
  from account.untold e order by e.id limit p_most
$$;

-- Forgets events that were told.
create or replace function account.told(p_events bigint[]) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  delete from account.untold e where e.id = any(p_events)
$$;

-- Writes down an action of a known actor, and counts it.
create or replace function account.note(
  p_actor uuid, p_via text, p_action text, p_subject uuid, p_client text default null, p_detail jsonb default null
) returns void
language sql as $$
  insert into account.audit (actor, via, action, subject, client, detail)
  values (p_actor, p_via, p_action, p_subject, p_client, p_detail);
  select account.tell(p_actor, p_via, p_action, p_subject, p_client, p_detail);
  select telemetry.count('security_events_total', jsonb_build_object('action', p_action));
$$;

-- By what a caller came.
create or replace function account.via(p_caller api.credentials) returns text
language sql immutable as $$
  select case when p_caller.key_hash is null then 'token' else 'key' end
$$;

create or replace function account.audit_json(p_entry account.audit) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', api.wire_id('audit', p_entry.id),
    'at', api.wire_time(p_entry.at),
    'actor', api.wire_id('user', p_entry.actor),
    'via', p_entry.via,
    'action', p_entry.action,
    'subject', api.wire_id('user', p_entry.subject),
    'client', p_entry.client,
    'detail', p_entry.detail)
$$;

-- A page of the log, newest first. A null filter passes everything.
create or replace function account.audit_page(p_limit int, p_before uuid, p_user uuid, p_action text) returns jsonb
language sql stable as $$
  with page as (
    select a.id, account.audit_json(a) as item from account.audit a
    where a.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (p_user is null or a.subject = p_user or a.actor = p_user)
      and (p_action is null or a.action = p_action)
    order by a.id desc limit p_limit + 1
  ), numbered as (
    select p.id, p.item, row_number() over (order by p.id desc) as place from page p
  )
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(n.item order by n.id desc) filter (where n.place <= p_limit), '[]'),
    'next_cursor', case when count(*) > p_limit
      then api.wire_id('audit', (select l.id from numbered l where l.place = p_limit)) end)
  from numbered n
$$;

create or replace function api.list_audit(
  p_caller api.credentials, p_limit int, p_before uuid, p_user uuid, p_action text
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  caller api.caller := api.admit_admin_to(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok(caller, 200, account.audit_page(p_limit, p_before, p_user, p_action));
end
$$;

-- Makes the months that come, and drops those that ended 400 days ago. Gives up soon when somebody reads the log for long.
create or replace function account.rotate_audit() returns void
language plpgsql
security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  this_month timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
  month timestamptz;
  old record;
begin
  for ahead in 0..2 loop
    month := this_month + make_interval(months => ahead);
    begin
      execute format('create table if not exists account.%I partition of account.audit for values from (%L) to (%L)',
        'audit_' || to_char(month at time zone 'UTC', 'YYYYMM'),
        queue.uuid7_floor(month), queue.uuid7_floor(month + interval '1 month'));
    exception when check_violation then
      null;  -- entries of that month went to the default partition while nobody led; they stay there
    end;
  end loop;
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'account.audit'::regclass and c.relname ~ '^audit_\d{6}$'
      and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' < (clock_timestamp() - interval '400 days') at time zone 'UTC'
  loop
    execute format('drop table account.%I', old.relname);
  end loop;
end
$$;

grant execute on function api.list_audit to kiskadee_accounts;
grant execute on function account.rotate_audit, account.untold_events, account.told to kiskadee_worker;
