-- What a program asks before it starts: the newest migration, and the oldest release that can read what it made (null: all can).
create or replace function kiskadee.schema_version(out version bigint, out min_reader text) returns record
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.version, s.min_reader from kiskadee.schema s
$$;

grant execute on function kiskadee.schema_version to kiskadee_edge_host, kiskadee_worker;
