-- How an upload ends: completed and checked, taken over by its family, or given up.

-- Everything has been sent. A file of one part is whole as it lies; any other is put together by a job.
create or replace function api.complete_upload(p_caller api.credentials, p_upload uuid, p_trace text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  upload storage.upload;
  missing jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  upload := storage.own_upload(caller, p_upload);
  if upload.id is null then
    return storage.no_upload(caller);
  elsif upload.status = 'refused' then
    return storage.not_receiving(caller, upload);
  elsif upload.status <> 'receiving' then
    -- Completed before; the answer may have been lost.
    return api.ok(caller, case upload.status when 'ready' then 200 else 202 end, storage.upload_body(upload));
  end if;
  missing := storage.missing_parts(upload);
  if missing <> '[]' and not (upload.addressed and not exists (
      select from storage.upload_part p where p.upload_id = p_upload)) then
    return api.problem(caller, 409, 'incomplete', format('Of %s parts these have not come: %s.', storage.parts(upload),
      (select string_agg(range, ', ' order by place) from jsonb_array_elements_text(missing) with ordinality m(range, place))));
  elsif missing = '[]' and storage.parts(upload) = 1 then
    upload := storage.accept_only_part(upload);
  else
    upload := storage.check_upload(caller, upload, p_trace);
  end if;
  return case upload.status when 'refused' then storage.not_receiving(caller, upload)
    else api.ok(caller, case upload.status when 'ready' then 200 else 202 end, storage.upload_body(upload)) end;
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(caller, sqlstate);
end
$$;

-- The one part is the file: its digest is known already.
create or replace function storage.accept_only_part(p_upload storage.upload) returns storage.upload
language plpgsql as $$
declare
  part storage.upload_part;
begin
  select * into part from storage.upload_part p where p.upload_id = p_upload.id;
  if p_upload.sha256 <> part.sha256 then
    return storage.refuse_upload(p_upload, format('its SHA-256 is %s and not %s',
      encode(part.sha256, 'hex'), encode(p_upload.sha256, 'hex')));
  end if;
  delete from storage.upload_part p where p.upload_id = p_upload.id;
  return storage.accept_upload(p_upload, part.key, part.sha256);
end
$$;

-- Enqueues the job that puts the parts together, or reads what came by an address, and computes the digest.
create or replace function storage.check_upload(p_caller api.caller, p_upload storage.upload, p_trace text) returns storage.upload
language plpgsql as $$
declare
  parts jsonb;
  job uuid;
  changed storage.upload;
begin
  select jsonb_agg(jsonb_build_object('key', p.key, 'bytes', p.bytes) order by p.number) into parts
  from storage.upload_part p where p.upload_id = p_upload.id;
  job := (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    'upload', 'upload:check', 0, 100, jsonb_build_object('upload_id', p_upload.id, 'bytes', p_upload.bytes,
      'sha256', encode(p_upload.sha256, 'hex'), 'source', case when parts is not null
        then jsonb_build_object('parts', parts)
        else jsonb_build_object('whole', storage.upload_key(p_upload.id, 'whole')) end),
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1];
  update storage.upload u set status = 'checking', job_id = job where u.id = p_upload.id returning * into changed;
  return changed;
end
$$;

-- Jobs that checked uploads have ended. One that was deleted meanwhile is not brought back.
create or replace function storage.upload_checked(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  upload storage.upload;
begin
  for ended in select * from unnest(p_concluded) loop
    select * into upload from storage.upload u where u.job_id = ended.job_id for update;
    if upload.id is null then
      perform storage.discard(array[ended.result ->> 'key']);
    elsif ended.outcome = 'completed' then
      perform storage.accept_upload(upload, ended.result ->> 'key', decode(ended.result ->> 'sha256', 'hex'));
    elsif ended.outcome = 'failed' then
      perform storage.refuse_upload(upload, ended.message);
    else
      -- The storage's fault, or the sender's wish: what has come is there still, and can be completed again.
      update storage.upload u set status = 'receiving', job_id = null, touched_at = clock_timestamp() where u.id = upload.id;
    end if;
  end loop;
end
$$;

-- The whole lies at p_key. From here on it counts for the family.
create or replace function storage.accept_upload(p_upload storage.upload, p_key text, p_sha256 bytea) returns storage.upload
language plpgsql as $$
declare
  changed storage.upload;
begin
  perform storage.discard_parts(p_upload);
  perform storage.keep(p_key, p_upload.family, p_upload.owner, p_upload.bytes);
  update storage.upload u set status = 'ready', key = p_key, sha256 = p_sha256, touched_at = clock_timestamp()
  where u.id = p_upload.id returning * into changed;
  return changed;
end
$$;

-- The file is not what was announced. The row stays a while, so that its sender can read why.
create or replace function storage.refuse_upload(p_upload storage.upload, p_reason text) returns storage.upload
language plpgsql as $$
declare
  changed storage.upload;
begin
  perform storage.discard_parts(p_upload);
  update storage.upload u set status = 'refused', refusal = coalesce(p_reason, 'it cannot be read'),
    touched_at = clock_timestamp()
  where u.id = p_upload.id returning * into changed;
  return changed;
end
$$;

-- Gives up the parts, and what may have come by an address.
create or replace function storage.discard_parts(p_upload storage.upload) returns void
language plpgsql as $$
begin
  perform storage.discard(array(select p.key from storage.upload_part p where p.upload_id = p_upload.id)
    || case when p_upload.addressed then array[storage.upload_key(p_upload.id, 'whole')] end);
  delete from storage.upload_part p where p.upload_id = p_upload.id;
end
$$;

-- What is wrong with uploads that a family is to take over: [{"field", "message"}], empty where nothing is.
create or replace function storage.upload_faults(p_field text, p_uploads uuid[], p_owner uuid, p_family text) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(api.fault(p_field, format('%s %s', api.wire_id('upload', w.id), case
      when u.id is null then 'is no upload of yours, or was used before'
      when u.family <> p_family then format('is meant for `%s`', u.family)
      when u.status = 'refused' then 'was refused: ' || u.refusal
      else format('is not ready: it is %s', u.status) end)) order by w.place), '[]')
  from unnest(p_uploads) with ordinality w(id, place)
  left join storage.upload u on u.id = w.id and u.owner = p_owner
  where u.id is null or u.family <> p_family or u.status <> 'ready'
$$;

-- Hands uploads to their family, in the transaction in which it begins to refer to their keys: it accounts for them from here
-- on. What is not ready is left out; ask storage.upload_faults first.
create or replace function storage.take_uploads(p_uploads uuid[], p_owner uuid, p_family text) returns setof storage.upload
language sql as $$
  delete from storage.upload u
  where u.id = any(p_uploads) and u.owner = p_owner and u.family = p_family and u.status = 'ready'
  returning u.*
$$;

-- Gives an upload up. A job that is at it still finds that there is none when it ends.
create or replace function storage.forget_upload(p_upload storage.upload) returns void
language plpgsql as $$
begin
  perform storage.discard_parts(p_upload);
  perform storage.discard(array[p_upload.key]);
  delete from storage.upload u where u.id = p_upload.id;
end
$$;

-- Gives up uploads that nobody goes on with.
create or replace function storage.expire_uploads() returns void
language plpgsql as $$
declare
  expired storage.upload;
begin
  for expired in
    select * from storage.upload u
    where u.status <> 'checking' and u.touched_at < clock_timestamp() - storage.upload_lifetime()
    order by u.touched_at limit 100 for update skip locked
  loop
    perform storage.forget_upload(expired);
  end loop;
end
$$;

grant execute on function storage.upload_checked to kiskadee_worker;

grant execute on function api.complete_upload to kiskadee_uploads;
