-- Files of any size on their way in: announced, brought in parts or to an address at the store, put together and checked by a
-- job, and then taken over by the family that they are meant for. One that nobody goes on with is given up after a day.

-- An upload as it looks outside. Parts that have not come are told as ranges: there may be hundreds.
create or replace function storage.upload_body(p_upload storage.upload) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'upload_id', api.wire_id('upload', p_upload.id), 'family', p_upload.family, 'filename', p_upload.filename,
    'bytes', p_upload.bytes, 'sha256', encode(p_upload.sha256, 'hex'), 'status', p_upload.status,
    'error', p_upload.refusal,
    'job_id', api.wire_id('job', p_upload.job_id),
    'status_url', '/api/v1/uploads/' || api.wire_id('upload', p_upload.id),
    'created_at', api.wire_time(p_upload.created_at),
    'expires_at', case when p_upload.status <> 'checking' then
      api.wire_time(p_upload.touched_at + storage.upload_lifetime()) end))
    || case when p_upload.status = 'receiving' then jsonb_build_object('part_bytes', p_upload.part_bytes,
      'parts', storage.parts(p_upload), 'missing', storage.missing_parts(p_upload)) else '{}' end
$$;

-- How long an upload that nobody touches is kept.
create or replace function storage.upload_lifetime() returns interval
language sql immutable as $$ select interval '1 day' $$;

-- Into how many parts an upload is divided; all but the last are of one size.
create or replace function storage.parts(p_upload storage.upload) returns int
language sql immutable as $$
  select ((p_upload.bytes + p_upload.part_bytes - 1) / p_upload.part_bytes)::int
$$;

-- The numbers of parts that have not come: ["3", "7-12"].
create or replace function storage.missing_parts(p_upload storage.upload) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(case when r.first = r.last then r.first::text else r.first || '-' || r.last end order by r.first), '[]')
  from (
    select min(m.n) as first, max(m.n) as last
    from (
      select n, n - row_number() over (order by n) as island
      from generate_series(1, storage.parts(p_upload)) n
      where not exists (select from storage.upload_part p where p.upload_id = p_upload.id and p.number = n)
    ) m
    group by m.island
  ) r
$$;

-- Where an upload's objects lie; `p_rest` is of our own making.
create or replace function storage.upload_key(p_upload uuid, p_rest text) returns text
language sql immutable as $$
  select format('uploads/%s/%s', replace(p_upload::text, '-', ''), p_rest)
$$;

-- An upload of the caller's, locked.
create or replace function storage.own_upload(p_caller api.caller, p_upload uuid) returns storage.upload
language sql as $$
  select u.* from storage.upload u where u.id = p_upload and u.owner = p_caller.user_id for update
$$;

create or replace function storage.no_upload(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such upload. One that nobody goes on with is given up after a day.')
$$;

-- What is wrong with an announced file, or null.
create or replace function storage.upload_fault(p_upload jsonb) returns jsonb
language plpgsql stable as $$
declare
  intake storage.intake;
  families text;
begin
  select * into intake from storage.intake i where i.family = p_upload ->> 'family';
  if not found then
    select string_agg(format('`%s`', i.family), ', ' order by i.family) into families from storage.intake i;
    return api.fault('family', 'must be one of those that take uploads: ' || coalesce(families, 'none'));
  elsif (p_upload ->> 'bytes')::bigint > intake.upload_bytes then
    return api.fault('bytes', format('must be at most %s (%s) for `%s`',
      intake.upload_bytes, pg_size_pretty(intake.upload_bytes), intake.family));
  end if;
  return null;
end
$$;

-- What keeps an owner from bringing in another file, or null. Whoever asks holds the owner's lock, for two that are announced
-- at once must see each other.
create or replace function storage.upload_refusal(p_caller api.caller, p_upload jsonb) returns api.answer
language plpgsql as $$
declare
  intake storage.intake;
  open record;
  held bigint;
  refusal api.answer;
begin
  perform pg_advisory_xact_lock(hashtextextended('storage.upload:' || p_caller.user_id, 0));
  refusal := storage.refusal(p_caller);
  if refusal.status is not null then
    return refusal;
  end if;
  select * into intake from storage.intake i where i.family = p_upload ->> 'family';
  select count(*) as uploads, coalesce(sum(u.bytes) filter (where u.status <> 'ready'), 0) as bytes into open
  from storage.upload u
  where u.owner = p_caller.user_id and u.family = intake.family and u.status <> 'refused';
  if open.uploads >= intake.uploads then
    return api.problem(p_caller, 429, 'too_many_uploads', format(
      'You have %s uploads for `%s` under way. Use them, or delete one.', open.uploads, intake.family), null, 30);
  end if;
  held := storage.owned_bytes(p_caller.user_id, intake.family) + open.bytes;
  if held + (p_upload ->> 'bytes')::bigint > intake.owner_bytes then
    return api.problem(p_caller, 409, 'storage_full', format(
      'You have %s of %s for `%s` in use. Delete something before you send more.',
      pg_size_pretty(held), pg_size_pretty(intake.owner_bytes), intake.family));
  end if;
  return null;
end
$$;

-- What keeps a family from storing so many more bytes for an owner, or null: files that come with a form are bounded as uploads are.
create or replace function storage.intake_refusal(p_caller api.caller, p_family text, p_bytes bigint) returns api.answer
language plpgsql stable as $$
declare
  most bigint := (select i.owner_bytes from storage.intake i where i.family = p_family);
  refusal api.answer := storage.refusal(p_caller);
  held bigint;
begin
  if refusal.status is not null then
    return refusal;
  end if;
  held := storage.owned_bytes(p_caller.user_id, p_family);
  if held + p_bytes > most then
    return api.problem(p_caller, 409, 'storage_full', format('You have %s of %s for `%s` in use. Delete something before you send more.',
      pg_size_pretty(held), pg_size_pretty(most), p_family));
  end if;
  return null;
end
$$;

-- Announces a file.
--
-- p_upload: {"family", "filename", "bytes", "sha256"?: 64 hex digits}; p_malformed as everywhere.
create or replace function api.begin_upload(
  p_caller api.credentials, p_upload jsonb, p_part_bytes int, p_idempotency_key text, p_request_hash bytea,
  p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  fault jsonb;
  upload storage.upload;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  if p_malformed is null then
    fault := storage.upload_fault(p_upload);
  end if;
  answer := api.invalid(caller, p_malformed, case when fault is not null then jsonb_build_array(fault) end);
  if answer.status is not null then
    return answer;
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := storage.upload_refusal(caller, p_upload);
  if answer.status is null then
    insert into storage.upload (id, owner, family, filename, bytes, part_bytes, sha256)
    values (queue.uuid7(), caller.user_id, p_upload ->> 'family', p_upload ->> 'filename', (p_upload ->> 'bytes')::bigint,
      p_part_bytes, decode(p_upload ->> 'sha256', 'hex'))
    returning * into upload;
    answer := api.ok(caller, 201, storage.upload_body(upload));
  end if;
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The store has addresses of its own, and the caller is about to get one: gives the key that it leads to. What comes there is
-- accounted for before it comes.
create or replace function api.address_upload(p_caller api.credentials, p_upload uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Counted when the file was announced.
  caller api.caller := api.admit(row(p_caller.user_id, p_caller.issued_at, p_caller.key_hash, 0)::api.credentials, 'create');
  upload storage.upload;
  key text := storage.upload_key(p_upload, 'whole');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  upload := storage.own_upload(caller, p_upload);
  if upload.id is null then
    return storage.no_upload(caller);
  elsif upload.status <> 'receiving' then
    return storage.not_receiving(caller, upload);
  end if;
  update storage.upload u set addressed = true where u.id = p_upload;
  perform storage.keep(key, 'uploads', caller.user_id, upload.bytes);
  return api.ok(caller, 200, jsonb_build_object('key', key));
end
$$;

create or replace function storage.not_receiving(p_caller api.caller, p_upload storage.upload) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 409, 'conflict', case p_upload.status
    when 'refused' then 'The upload was refused: ' || p_upload.refusal
    else 'The upload is complete: it takes no more parts.' end)
$$;

create or replace function api.get_upload(p_caller api.credentials, p_upload uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  upload storage.upload;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select * into upload from storage.upload u where u.id = p_upload and u.owner = caller.user_id;
  if not found then
    return storage.no_upload(caller);
  end if;
  return api.ok(caller, 200, storage.upload_body(upload));
end
$$;

-- The caller's uploads, newest first.
create or replace function api.list_uploads(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_uploads storage.upload[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  found_uploads := array(
    select u from storage.upload u
    where u.owner = caller.user_id and u.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by u.id desc limit p_limit + 1);
  select jsonb_build_object('items', coalesce(jsonb_agg(storage.upload_body(u) order by u.id desc), '[]'),
    'next_cursor', case when cardinality(found_uploads) > p_limit
      then api.wire_id('upload', found_uploads[p_limit].id) end) into body
  from unnest(found_uploads[:p_limit]) u;
  return api.ok(caller, 200, body);
end
$$;

-- Gives an upload up, with what has come of it.
create or replace function api.delete_upload(p_caller api.credentials, p_upload uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  upload storage.upload;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  -- The job before the row, as a settlement takes them: the other way round each could wait for the other.
  perform queue.cancel_job(u.owner, u.job_id)
  from storage.upload u where u.id = p_upload and u.owner = caller.user_id and u.status = 'checking';
  upload := storage.own_upload(caller, p_upload);
  if upload.id is null then
    return storage.no_upload(caller);
  end if;
  perform storage.forget_upload(upload);
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.begin_upload, api.address_upload, api.get_upload, api.list_uploads, api.delete_upload
  to kiskadee_uploads;
