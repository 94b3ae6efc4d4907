-- How ids and instants are spelled outside.

-- `job_0192f0…`: what an id looks like outside.
create or replace function api.wire_id(p_prefix text, p_id uuid) returns text
language sql immutable strict parallel safe as $$
  select p_prefix || '_' || replace(p_id::text, '-', '')
$$;

-- RFC 3339 in UTC with milliseconds.
create or replace function api.wire_time(p_at timestamptz) returns text
language sql stable strict parallel safe as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

grant execute on function api.wire_id, api.wire_time to kiskadee_worker;
