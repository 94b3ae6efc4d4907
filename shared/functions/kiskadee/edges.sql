-- Which edges run. A row lasts for 30 s, so an edge that died is gone by itself.

create or replace function kiskadee.note_edge(p_id uuid, p_host text, p_version text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from kiskadee.edge e where e.expires_at < clock_timestamp() - interval '1 minute';
  insert into kiskadee.edge as e (id, host, version, expires_at)
  values (p_id, left(p_host, 255), left(p_version, 64), clock_timestamp() + interval '30 seconds')
  on conflict (id) do update set expires_at = excluded.expires_at
$$;

create or replace function kiskadee.forget_edge(p_id uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from kiskadee.edge e where e.id = p_id
$$;

grant execute on function kiskadee.note_edge, kiskadee.forget_edge to kiskadee_edge_host;
