-- Objects in the storage that nobody may read any more: noted here, and deleted by a worker.

-- Marks objects for deletion.
create or replace function speech.doom(p_keys text[]) returns void
language sql as $$
  insert into speech.doomed_object (key) select k from unnest(p_keys) k where k is not null on conflict do nothing
$$;

-- What a worker is to delete now. Uploads that never ended are given up with it.
create or replace function speech.doomed_objects(p_limit int) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform speech.forget_recording(r.id) from speech.recording r
  where r.bytes is null and r.created_at < clock_timestamp() - interval '1 hour';
  return query select o.key from speech.doomed_object o order by o.doomed_at limit p_limit;
end
$$;

-- Forgets what the worker has deleted.
create or replace function speech.objects_deleted(p_keys text[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from speech.doomed_object o where o.key = any(p_keys)
$$;

grant execute on function speech.doomed_objects, speech.objects_deleted to kiskadee_worker;
