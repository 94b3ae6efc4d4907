-- Schemas, roles, and the few functions that tables stand on: those that defaults of columns call, and the bounds of partitions.
-- All others lie in shared/functions, and the grants of these, too.
--
-- The schema is the contract between edge and worker, and the roles are its teeth: an edge component may execute the
-- functions of `api` that are granted to it by name and touch no table; a worker may execute the functions of its areas.

create schema account;
create schema queue;
create schema speech;
create schema webhook;
create schema telemetry;
create schema api;

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made them already.
do $$
declare
  wanted name;
begin
  foreach wanted in array array['kiskadee_accounts', 'kiskadee_speech', 'kiskadee_ops', 'kiskadee_edge_host', 'kiskadee_worker'] loop
    begin
      execute format('create role %I nologin', wanted);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end
$$;

-- Postgres lets everyone execute a new function. Here a grant is always written out.
alter default privileges revoke execute on functions from public;

grant usage on schema api to kiskadee_accounts, kiskadee_speech, kiskadee_ops, kiskadee_worker;
grant usage on schema telemetry to kiskadee_edge_host, kiskadee_worker;
grant usage on schema queue, speech, webhook, account to kiskadee_worker;

-- A UUIDv7 (RFC 9562, section 5.7) of an instant, in microseconds since 1970: 48 bits of Unix milliseconds, 12 bits of the
-- millisecond's fraction (section 6.2, method 3), then 62 random bits, which keep those of one microsecond apart. Sorts by
-- time, to the microsecond. One expression, so that it is inlined where many are made.
create function queue.uuid7_of(p_us bigint) returns uuid
language sql volatile parallel safe as $$
  select (lpad(to_hex(p_us / 1000), 12, '0') || to_hex(28672 + p_us % 1000 * 4096 / 1000)
    || substr(gen_random_uuid()::text, 20))::uuid
$$;

-- Microseconds since 1970.
create function queue.microseconds(p_at timestamptz) returns bigint
language sql stable parallel safe as $$
  select (date_part('epoch', p_at) * 1000000)::bigint
$$;

-- An id of an instant, or of now: the default of columns.
create function queue.uuid7(p_at timestamptz default clock_timestamp()) returns uuid
language sql volatile parallel safe as $$
  select queue.uuid7_of(us) from (select queue.microseconds(p_at) as us) as instant
$$;

-- The smallest UUIDv7 of an instant: the bound of a day's partition.
create function queue.uuid7_floor(p_at timestamptz) returns uuid
language sql immutable strict parallel safe as $$
  select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;
