-- What senders call: claim what is due, record each attempt, forget what is old.

-- The wait after attempt n, as Standard Webhooks proposes it: ten attempts within three days and a few hours. Null when
-- there is no further attempt.
create or replace function webhook.retry_delay(p_attempts int) returns interval
language sql immutable as $$
  select (array['5 s', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h']::interval[])[p_attempts]
$$;

-- Claims up to p_limit due messages for p_lease_ms, with all of their owners' secrets that are in force, newest first. No
-- host gets more than p_per_host at once, counting what the sender already has running to it (p_hosts, p_running): one that
-- answers slowly does not hold up the others.
create or replace function webhook.claim(p_limit int, p_lease_ms int, p_per_host int, p_hosts text[], p_running int[])
returns setof webhook.claimed
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- A variable, for the index takes no bound from a volatile function.
  present timestamptz := clock_timestamp();
begin
  return query
  with busy as materialized (
    select b.host, b.running from unnest(p_hosts, p_running) as b(host, running)
  ), due as materialized (
    select d.message_id, d.host, d.next_at
    from webhook.delivery d
    where d.status = 'pending' and d.next_at <= present
      and not exists (select from busy b where b.host = d.host and b.running >= p_per_host)
    order by d.next_at
    limit 100 + 10 * p_limit
  ), fair as (
    select p.message_id
    from (select u.*, row_number() over (partition by u.host order by u.next_at) as place from due u) p
    left join busy b on b.host = p.host
    where p.place + coalesce(b.running, 0) <= p_per_host
    order by p.place, p.next_at
    limit p_limit
  ), locked as (
    -- The conditions stand here again: another claim may have taken the row since.
    select d.message_id
    from webhook.delivery d
    where d.message_id in (select f.message_id from fair f) and d.status = 'pending' and d.next_at <= present
    for update skip locked
  ), held as (
    update webhook.delivery d
    set next_at = present + p_lease_ms * interval '1 ms', lock_token = nextval('webhook.lock_token')
    from locked l
    where d.message_id = l.message_id
    returning d.message_id, d.lock_token, d.attempts, d.host
  )
  select h.message_id, h.lock_token, h.attempts + 1, m.url, h.host, m.payload,
    array(
      select s.secret from account.webhook_secret s
      where s.user_id = m.owner and (s.expires_at is null or s.expires_at > present)
      order by s.created_at desc, s.id desc)
  from held h
  join webhook.message m on m.id = h.message_id;
end
$$;

-- Records an attempt and decides what follows: `delivered`, `retry` (after the schedule's wait with a tenth of jitter
-- either way, or what the receiver asked for if that is longer, at most a day; without a further attempt it is parked) or
-- `park`. Returns the new status, or null when the message was claimed again meanwhile: then this attempt counts for nothing.
create or replace function webhook.record_attempt(
  p_message uuid, p_token bigint, p_outcome text, p_status_code int, p_error text, p_duration_ms int, p_retry_after_s int
) returns text
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  present timestamptz := clock_timestamp();
  verdict text;
begin
  update webhook.delivery d
  set attempts = d.attempts + 1,
    lock_token = null,
    (status, next_at, finished_at, reason) = (
      select
        case when p_outcome = 'delivered' then 'delivered' when waits then 'pending' else 'parked' end,
        case when waits then present + greatest(
          webhook.retry_delay(d.attempts + 1) * (0.9 + random() / 5),
          least(coalesce(p_retry_after_s, 0), 86400) * interval '1 s') end,
        case when not waits then present end,
        case when not waits and p_outcome <> 'delivered' then left(p_error, 500) end
      from (select p_outcome = 'retry' and webhook.retry_delay(d.attempts + 1) is not null as waits) w)
  where d.message_id = p_message and d.lock_token = p_token
  returning d.status into verdict;
  if verdict is not null then
    insert into webhook.attempt (message_id, lock_token, at, status_code, duration_ms, error)
    values (p_message, p_token, present - p_duration_ms * interval '1 ms', p_status_code, p_duration_ms, left(p_error, 500));
  end if;
  return verdict;
end
$$;

-- Gives claimed messages back unsent, due at once: a sender that stops burns no attempt.
create or replace function webhook.release(p_messages uuid[], p_tokens bigint[]) returns int
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  with released as (
    update webhook.delivery d
    set next_at = clock_timestamp(), lock_token = null
    from unnest(p_messages, p_tokens) as g(message_id, lock_token)
    where d.message_id = g.message_id and d.lock_token = g.lock_token
    returning 1
  )
  select count(*)::int from released
$$;

-- Deletes up to p_limit messages older than p_keep that are not pending, with their attempts. Returns how many.
create or replace function webhook.sweep(p_keep interval, p_limit int) returns int
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  with old as (
    select m.id
    from webhook.message m
    join webhook.delivery d on d.message_id = m.id
    where m.id < queue.uuid7_floor(now() - p_keep) and d.status <> 'pending'
      and d.finished_at < now() - p_keep
    order by m.id
    limit p_limit
    for update of d skip locked
  ), swept as (
    delete from webhook.message m using old where m.id = old.id returning 1
  )
  select count(*)::int from swept
$$;

grant execute on function webhook.claim, webhook.record_attempt, webhook.release, webhook.sweep to kiskadee_worker;
