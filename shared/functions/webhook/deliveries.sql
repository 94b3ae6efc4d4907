-- What senders call: claim what is due, record each attempt, forget what is old.

-- The wait after attempt n, as Standard Webhooks proposes it: ten attempts within three days and a few hours. Null when
-- there is no further attempt.
create or replace function webhook.retry_delay(p_attempts int) returns interval
language sql immutable as $$
  select (array['5 s', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h']::interval[])[p_attempts]
$$;

-- Owners with messages that wait, at most p_most of them, from a random one on: so where there are more, all have their turn.
create or replace function webhook.some_owners(p_most int) returns setof uuid
language plpgsql as $$
declare
  first uuid := gen_random_uuid();
  last uuid := first;
  next uuid;
  has_wrapped boolean := false;
begin
  for step in 0..p_most loop
    select d.owner into next from webhook.delivery d where d.status = 'pending' and d.owner > last order by d.owner limit 1;
    if next is not null and not (has_wrapped and next > first) then
      return next next;
      last := next;
    elsif has_wrapped then
      exit;
    else
      has_wrapped := true;
      last := '00000000-0000-0000-0000-000000000000';
    end if;
  end loop;
end
$$;

-- Claims up to p_limit due messages for p_lease_ms, with all of their owners' secrets that are in force, newest first. No
-- host gets more than p_per_host at once and no owner more than p_per_owner, counting what the sender holds already (p_held):
-- a host that answers slowly does not hold up the others, nor does an owner whose every message goes to another slow
-- host. Owners take turns, and within a host they do, too.
create or replace function webhook.claim_messages(p_limit int, p_lease_ms int, p_per_host int, p_per_owner int, p_held uuid[])
returns setof webhook.claimed
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- A variable, for the index takes no bound from a volatile function.
  present timestamptz := clock_timestamp();
begin
  return query
  with held as materialized (
    select d.owner, d.host from webhook.delivery d where d.message_id = any (p_held)
  ), busy as materialized (
    select h.host, count(*) as running from held h group by h.host
  ), owners as materialized (
    select o.owner, p_per_owner - (select count(*) from held h where h.owner = o.owner) as room
    from webhook.some_owners(1000) as o(owner)
  ), due as materialized (
    select f.* from owners o
    cross join lateral (
      select d.message_id, d.owner, d.host, d.next_at
      from webhook.delivery d
      where o.room > 0 and d.owner = o.owner and d.status = 'pending' and d.next_at <= present
        and not exists (select from busy b where b.host = d.host and b.running >= p_per_host)
      order by d.next_at
      -- More than there is room for, since some go to one host.
      limit 8 + 4 * p_limit / (select count(*) from owners)
    ) f
  ), by_host as (
    select t.*, row_number() over (partition by t.host order by t.turn, t.next_at) + coalesce(b.running, 0) as place
    from (select u.*, row_number() over (partition by u.owner, u.host order by u.next_at) as turn from due u) t
    left join busy b on b.host = t.host
  ), by_owner as (
    select h.message_id, h.place, h.next_at, p_per_owner - o.room
      + row_number() over (partition by h.owner order by h.place, h.next_at) as turn
    from by_host h join owners o on o.owner = h.owner
    where h.place <= p_per_host
  ), fair as (
    select f.message_id from by_owner f
    where f.turn <= p_per_owner
    order by f.turn, f.place, f.next_at
    limit p_limit
  ), locked as (
    -- The conditions stand here again: another claim may have taken the row since.
    select d.message_id
    from webhook.delivery d
    where d.message_id in (select f.message_id from fair f) and d.status = 'pending' and d.next_at <= present
    for update skip locked
  ), taken as (
    update webhook.delivery d
    set next_at = present + p_lease_ms * interval '1 ms', lock_token = nextval('webhook.lock_token')
    from locked l
    where d.message_id = l.message_id
    returning d.message_id, d.lock_token, d.attempts, d.host
  )
  select t.message_id, t.lock_token, t.attempts + 1, m.url, t.host, m.payload,
    array(
      select s.secret from account.webhook_secret s
      where s.user_id = m.owner and (s.expires_at is null or s.expires_at > present)
      order by s.created_at desc, s.id desc)
  from taken t
  join webhook.message m on m.id = t.message_id;
end
$$;

-- The same, and where the work came from that each message tells of. That is looked up by statements of their own: a statement around
-- the claim has an older view than the claim, and would lose messages that came between the two, taken by nobody.
create or replace function webhook.claim_traced(p_limit int, p_lease_ms int, p_per_host int, p_per_owner int, p_held uuid[])
returns table (message_id uuid, lock_token bigint, attempt int, url text, payload text, secrets text[], trace text)
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  for message_id, lock_token, attempt, url, payload, secrets in
    select c.message_id, c.lock_token, c.attempt, c.url, c.payload, c.secrets
    from webhook.claim_messages(p_limit, p_lease_ms, p_per_host, p_per_owner, p_held) c
  loop
    trace := (select m.trace from webhook.message m where m.id = claim_traced.message_id);
    return next;
  end loop;
end
$$;

-- As the senders of the release before call it, who do not tell what they hold.
create or replace function webhook.claim(p_limit int, p_lease_ms int, p_per_host int, p_hosts text[], p_running int[])
returns setof webhook.claimed
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  select * from webhook.claim_messages(p_limit, p_lease_ms, p_per_host, greatest(p_limit / 4, 1), '{}'::uuid[])
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
    perform telemetry.count('webhook_attempts_total',
      jsonb_build_object('outcome', case verdict when 'pending' then 'retry' else verdict end));
    perform telemetry.observe('webhook_attempt_seconds', '{}', array[p_duration_ms / 1000.0]);
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

grant execute on function webhook.claim_messages, webhook.claim_traced, webhook.claim,
  webhook.record_attempt, webhook.release, webhook.sweep to kiskadee_worker;
