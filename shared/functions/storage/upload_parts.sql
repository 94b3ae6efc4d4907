-- The parts of an upload: each is stored under a key of its own before it is noted here, so one that comes twice, or dies
-- half-way, harms nothing.

-- The caller may bring this part: where it is to be stored, and how long it must be.
create or replace function api.admit_part(p_caller api.credentials, p_upload uuid, p_number int, p_bytes bigint) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Hundreds of parts are one upload: they are counted as cheap calls.
  caller api.caller := api.admit_for(p_caller, 'read', 'uploads:write');
  upload storage.upload;
  wanted bigint;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into upload from storage.upload u where u.id = p_upload and u.owner = caller.user_id;
  if not found then
    return storage.no_upload(caller);
  elsif p_number not between 1 and storage.parts(upload) then
    return api.problem(caller, 404, 'not_found', format('The upload has parts 1 to %s.', storage.parts(upload)));
  elsif upload.status <> 'receiving' then
    return storage.not_receiving(caller, upload);
  end if;
  wanted := storage.part_bytes(upload, p_number);
  if p_bytes <> wanted then
    return api.problem(caller, 422, 'validation', format('Part %s must have %s bytes, not %s.', p_number, wanted, p_bytes));
  end if;
  return api.ok(caller, 200, jsonb_build_object(
    'key', storage.upload_key(p_upload, format('parts/%s/%s', p_number, replace(queue.uuid7()::text, '-', '')))));
end
$$;

-- Bytes of one part: the last one has what is left.
create or replace function storage.part_bytes(p_upload storage.upload, p_number int) returns bigint
language sql immutable as $$
  select least(p_upload.part_bytes, p_upload.bytes - (p_number - 1)::bigint * p_upload.part_bytes)
$$;

-- A part has been stored. One that came before is replaced.
create or replace function api.note_part(
  p_caller api.credentials, p_upload uuid, p_number int, p_key text, p_bytes bigint, p_sha256 bytea
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Counted when it was admitted.
  caller api.caller := api.admit_for(
    row(p_caller.user_id, p_caller.issued_at, p_caller.key_hash, 0)::api.credentials, 'read', 'uploads:write');
  upload storage.upload;
begin
  if caller.status is null then
    upload := storage.own_upload(caller, p_upload);
  end if;
  if upload.status is distinct from 'receiving' then
    -- Nobody will ask for it: it need not wait for a sweep.
    perform storage.discard(array[p_key]);
    return case when caller.status is not null then api.refused(caller)
      when upload.id is null then storage.no_upload(caller) else storage.not_receiving(caller, upload) end;
  end if;
  perform storage.discard(array(
    select p.key from storage.upload_part p where p.upload_id = p_upload and p.number = p_number));
  insert into storage.upload_part (upload_id, number, key, bytes, sha256)
  values (p_upload, p_number, p_key, p_bytes, p_sha256)
  on conflict (upload_id, number) do update set key = excluded.key, bytes = excluded.bytes, sha256 = excluded.sha256;
  perform storage.keep(p_key, 'uploads', caller.user_id, p_bytes);
  update storage.upload u set touched_at = clock_timestamp() where u.id = p_upload;
  return api.ok(caller, 200, jsonb_build_object(
    'number', p_number, 'bytes', p_bytes, 'sha256', encode(p_sha256, 'hex')));
end
$$;

grant execute on function api.admit_part, api.note_part to kiskadee_uploads;
