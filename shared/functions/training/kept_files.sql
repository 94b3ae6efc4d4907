-- Recordings that a dataset has: what a job found of them, how they look outside, and how they go.

-- Jobs that looked at recordings have ended. Their results have {"files": [{"file_id", "filename", "key"?, "bytes", "sha256"?: hex,
-- "source"?, "seconds"?, "sample_rate"?, "text"?, "speaker"?, "state", "reason"?}]}, in the order in which they came.
create or replace function training.end_imports(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  dataset training.dataset;
  files jsonb;
begin
  for ended in select * from unnest(p_concluded) loop
    dataset := training.end_step(ended);
    files := coalesce(ended.result -> 'files', '[]');
    perform training.note_files(files);
    if dataset.id is not null then
      perform training.keep_files(dataset, files);
    end if;
    -- Of a dataset that is gone, or of a job that was overtaken; what was taken in keeps its key.
    perform storage.discard(array(
      select k.key from (select dataset.step_key as key union select f.key from jsonb_to_recordset(files) f(key text)) k
      where k.key is not null and not exists (select from training.file f where f.key = k.key)));
    perform training.forget_notes(ended.job_id);
    perform training.look_if_ready(dataset.id);
  end loop;
end
$$;

-- Recordings that were there before are known now.
create or replace function training.note_files(p_files jsonb) returns void
language sql as $$
  with judged as (
    update training.file f set state = n.state, reason = n.reason, seconds = n.seconds, sample_rate = n.sample_rate,
      key = case when n.state = 'ready' then f.key end
    from jsonb_to_recordset(p_files) n(file_id uuid, state text, reason text, seconds double precision, sample_rate int)
    where f.id = n.file_id and f.state = 'pending'
    returning f.state, n.file_id, training.file_key(f.dataset_id, f.id) as key
  )
  select storage.discard(array(select j.key from judged j where j.state = 'refused'))
$$;

-- Recordings that an archive or an upload had. One that is there already is refused: twice the same teaches nothing.
create or replace function training.keep_files(p_dataset training.dataset, p_files jsonb) returns void
language sql as $$
  with come as (
    select n.*, decode(n.sha256, 'hex') as digest,
      (select min(f.filename) from training.file f
        where f.dataset_id = p_dataset.id and f.sha256 = decode(n.sha256, 'hex') and f.state <> 'refused') as twin,
      row_number() over (partition by coalesce(n.sha256, n.file_id::text) order by n.file_id) as place
    from jsonb_to_recordset(p_files) n(file_id uuid, filename text, key text, bytes bigint, sha256 text, source jsonb,
      seconds double precision, sample_rate int, text text, speaker text, state text, reason text)
    where not exists (select from training.file f where f.id = n.file_id)
  ), judged as (
    select c.*, case when c.state = 'refused' then c.reason
      when c.twin is not null then format('is the same as `%s`', c.twin)
      when c.place > 1 then 'stands twice among the files' end as refusal
    from come c
  ), kept as (
    insert into training.file (id, dataset_id, filename, key, bytes, sha256, source, seconds, sample_rate, text, text_source,
      speaker, state, reason)
    select j.file_id, p_dataset.id, j.filename, case when j.refusal is null then j.key end, j.bytes, j.digest,
      coalesce(j.source, '{"kind": "upload"}'), j.seconds, j.sample_rate, j.text, case when j.text is not null then 'given' end,
      j.speaker, case when j.refusal is null then 'ready' else 'refused' end, j.refusal
    from judged j
    returning key, bytes
  )
  select storage.keep(k.key, 'training', p_dataset.owner, k.bytes) from kept k where k.key is not null
$$;

-- A recording as it looks outside.
create or replace function training.file_body(p_file training.file) returns jsonb
language sql stable as $$
  select jsonb_build_object('file_id', api.wire_id('file', p_file.id), 'filename', p_file.filename, 'bytes', p_file.bytes,
    'source', p_file.source, 'seconds', p_file.seconds, 'sample_rate', p_file.sample_rate, 'text', p_file.text,
    'text_source', p_file.text_source, 'speaker', p_file.speaker, 'state', p_file.state, 'reason', p_file.reason,
    'segments', (select count(*) from training.segment s where s.file_id = p_file.id),
    'created_at', api.wire_time(p_file.created_at))
$$;

-- Deletes a recording with its segments. Runs that took them keep what they took.
create or replace function api.delete_dataset_file(p_caller api.credentials, p_file uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  dataset training.dataset;
  keys text[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select d.* into dataset from training.dataset d join training.file f on f.dataset_id = d.id
  where f.id = p_file and d.owner = caller.user_id for update of d;
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such recording.');
  elsif dataset.step is not null then
    return training.is_busy(caller, dataset);
  end if;
  keys := array(select f.key from training.file f where f.id = p_file and f.key is not null
    union select s.key from training.segment s where s.file_id = p_file);
  delete from training.file f where f.id = p_file;
  perform training.give_up(keys);
  update training.dataset d set revision = d.revision + 1, updated_at = clock_timestamp() where d.id = dataset.id;
  perform training.look_if_ready(dataset.id);
  return api.ok(caller, 204, null);
end
$$;

-- Gives objects up that nothing needs any more.
create or replace function training.give_up(p_keys text[]) returns void
language sql as $$
  select storage.discard(array(
    select k from unnest(p_keys) k
    where not exists (select from training.version_object o where o.key = k)
      and not exists (select from training.segment s where s.key = k)
      and not exists (select from training.file f where f.key = k)))
$$;

grant execute on function training.end_imports to kiskadee_worker;

grant execute on function api.delete_dataset_file to kiskadee_training;
