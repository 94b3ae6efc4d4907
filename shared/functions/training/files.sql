-- Recordings as they come: small ones with a form, larger ones and archives by an upload. Nothing is decoded here; a worker judges them.

-- Where a recording that came with a form lies.
create or replace function training.file_key(p_dataset uuid, p_file uuid) returns text
language sql immutable as $$
  select format('datasets/%s/files/%s', replace(p_dataset::text, '-', ''), replace(p_file::text, '-', ''))
$$;

-- What keeps so many more recordings of so many bytes out, or null.
create or replace function training.no_room(p_caller api.caller, p_dataset uuid, p_files int, p_bytes bigint) returns api.answer
language plpgsql stable as $$
declare
  most constant int := 10000;
  found_files int := (select count(*) from training.file f where f.dataset_id = p_dataset);
begin
  if found_files + p_files > most then
    return api.problem(p_caller, 409, 'dataset_full', format('A dataset holds %s recordings; this one has %s.', most, found_files));
  end if;
  return storage.intake_refusal(p_caller, 'training', p_bytes);
end
$$;

-- Admits recordings of a form. The answer holds, in their order, the id of each and where it is to be put: [{"file", "key"}].
--
-- p_form: {"dataset", "filenames", "bytes"}; p_malformed as everywhere.
create or replace function api.begin_dataset_files(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  dataset training.dataset;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  -- A twin of a request that has been answered gets that answer, without another upload.
  answer := api.answered(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  dataset := training.own_dataset(caller, p_form ->> 'dataset');
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  answer := training.no_room(caller, dataset.id, jsonb_array_length(p_form -> 'filenames'), (p_form ->> 'bytes')::bigint);
  if answer.status is not null then
    return answer;
  end if;
  return api.ok(caller, 200, (
    select jsonb_agg(jsonb_build_object('file', n.id, 'key', training.file_key(dataset.id, n.id)) order by n.place)
    from (select queue.uuid7() as id, f.place from jsonb_array_elements(p_form -> 'filenames') with ordinality f(name, place)) n));
end
$$;

-- The recordings of a form lie in the storage: they are part of the dataset, and a job looks what they are.
--
-- p_files: [{"file", "filename", "bytes", "sha256": hex}]; p_form: as above, and {"text"?: what is read aloud}.
create or replace function api.add_dataset_files(
  p_caller api.credentials, p_files jsonb, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Counted with the first call.
  caller api.caller := api.admit(row(p_caller.user_id, p_caller.issued_at, p_caller.key_hash, 0)::api.credentials, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := training.add_files(caller, p_files, p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function training.add_files(p_caller api.caller, p_files jsonb, p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  dataset training.dataset := training.own_dataset(p_caller, p_form ->> 'dataset');
  job uuid;
begin
  perform from training.dataset d where d.id = dataset.id for update;
  if dataset.id is null or not found then
    -- What was stored is no one's, and the sweep finds it.
    return training.no_dataset(p_caller);
  end if;
  insert into training.file (id, dataset_id, filename, key, bytes, sha256, source, text, text_source)
  select f.file, dataset.id, f.filename, training.file_key(dataset.id, f.file), f.bytes, decode(f.sha256, 'hex'),
    jsonb_build_object('kind', case when p_form ->> 'text' is null then 'form' else 'prompt' end),
    p_form ->> 'text', case when p_form ->> 'text' is not null then 'prompts' end
  from jsonb_to_recordset(p_files) f(file uuid, filename text, bytes bigint, sha256 text);
  perform storage.keep(training.file_key(dataset.id, f.file), 'training', p_caller.user_id, f.bytes)
  from jsonb_to_recordset(p_files) f(file uuid, bytes bigint);
  job := training.enqueue(p_caller, 'dataset_import', 100, jsonb_build_object('dataset_id', dataset.id,
    'files', (select jsonb_agg(jsonb_build_object('file_id', f.file, 'filename', f.filename,
        'key', training.file_key(dataset.id, f.file)) order by f.file)
      from jsonb_to_recordset(p_files) f(file uuid, filename text))), p_trace);
  update training.dataset d set updated_at = clock_timestamp() where d.id = dataset.id;
  return api.ok(p_caller, 202, training.step_body(dataset, job) || jsonb_build_object('files', (
    select jsonb_agg(jsonb_build_object('file_id', api.wire_id('file', f.file), 'filename', f.filename) order by f.file)
    from jsonb_to_recordset(p_files) f(file uuid, filename text))));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Takes a recording in, or a ZIP of recordings with their words: an upload of the family `training`, or what lies at an address.
--
-- p_import: {"dataset", "upload", "format"?}, or {"dataset", "urls": [one], "rights", "format"?}; p_malformed as everywhere.
create or replace function api.import_dataset(
  p_caller api.credentials, p_import jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text,
  p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := case when p_import -> 'urls' <> 'null' then training.begin_fetching(caller, 'fetch', p_import, p_trace)
    else training.begin_import(caller, p_import, p_trace) end;
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function training.begin_import(p_caller api.caller, p_import jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  wanted record := training.for_step(p_caller, p_import ->> 'dataset');
  dataset training.dataset := wanted.dataset;
  answer api.answer := wanted.answer;
  uploads uuid[] := array[(p_import ->> 'upload')::uuid];
  upload storage.upload;
begin
  if answer.status is not null then
    return answer;
  end if;
  answer := api.invalid(p_caller, null,
    nullif(storage.upload_faults('upload_id', uploads, p_caller.user_id, 'training'), '[]'));
  if answer.status is not null then
    return answer;
  end if;
  answer := training.no_room(p_caller, dataset.id, 1, 0);
  if answer.status is not null then
    return answer;
  end if;
  select * into upload from storage.take_uploads(uploads, p_caller.user_id, 'training');
  return training.begin_step(p_caller, dataset, 'import', 200 + (upload.bytes >> 20)::int, jsonb_strip_nulls(jsonb_build_object(
    'upload', jsonb_build_object('key', upload.key, 'filename', upload.filename, 'bytes', upload.bytes),
    'format', p_import ->> 'format',
    'room', 10000 - (select count(*) from training.file f where f.dataset_id = dataset.id))), upload.key, p_trace);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

grant execute on function api.begin_dataset_files, api.add_dataset_files, api.import_dataset
  to kiskadee_training;
