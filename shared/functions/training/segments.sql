-- Segments: recordings cut where somebody speaks, with what was measured of each. A rejected one stays, and its owner may take it back.

-- Begins to cut recordings into segments.
--
-- p_form: {"dataset", "min_seconds", "max_seconds", "threshold", "min_silence_ms", "pad_ms", "files"?: ids of recordings; else all}.
create or replace function api.segment_dataset(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text,
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
  answer := training.begin_segmentation(caller, p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function training.begin_segmentation(p_caller api.caller, p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  wanted record := training.for_step(p_caller, p_form ->> 'dataset');
  dataset training.dataset := wanted.dataset;
  answer api.answer := wanted.answer;
  files jsonb;
  faults jsonb;
begin
  if answer.status is not null then
    return answer;
  end if;
  answer := training.no_room(p_caller, dataset.id, 0, 0);
  if answer.status is not null then
    return answer;
  end if;
  select jsonb_agg(api.fault(format('files[%s]', w.place - 1), 'is no recording of this dataset') order by w.place) into faults
  from jsonb_array_elements_text(p_form -> 'files') with ordinality w(id, place)
  where not exists (select from training.file f where f.id = w.id::uuid and f.dataset_id = dataset.id);
  if faults is not null then
    return api.invalid(p_caller, null, faults);
  end if;
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('file_id', f.id, 'key', f.key, 'filename', f.filename,
    'text', f.text, 'text_source', f.text_source)) order by f.id) into files
  from training.file f
  where f.dataset_id = dataset.id and f.state <> 'refused'
    and (not p_form ? 'files' or f.id in (select w::uuid from jsonb_array_elements_text(p_form -> 'files') w));
  if files is null then
    return api.problem(p_caller, 422, 'no_recordings',
      'There is no recording to cut: send some with `dataset/upload` or `dataset/import`.');
  end if;
  return training.begin_step(p_caller, dataset, 'segment', 100 + 2 * jsonb_array_length(files),
    jsonb_build_object('options', p_form - 'dataset' - 'files', 'files', files), null, p_trace);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Jobs that cut recordings have ended. Their results have {"files": as of training.note_files, "segments": [{"segment_id", "file_id",
-- "start_seconds", "end_seconds", "key", "bytes", "text"?, "text_source"?, "reasons", "faults", "measures"}]}.
create or replace function training.end_segmentations(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  dataset training.dataset;
begin
  for ended in select * from unnest(p_concluded) loop
    dataset := training.end_step(ended);
    if ended.outcome <> 'completed' then
      perform training.forget_notes(ended.job_id);
      continue;
    end if;
    if dataset.id is not null then
      perform training.note_files(ended.result -> 'files');
      if ended.result ->> 'recut' = 'true' then
        perform training.keep_recut(dataset, ended.result -> 'segments' -> 0);
      else
        perform training.keep_segments(dataset, ended.result);
      end if;
    end if;
    -- Of a dataset that is gone, or of a recording that went meanwhile.
    perform storage.discard(array(
      select n.key from jsonb_to_recordset(ended.result -> 'segments') n(segment_id uuid, key text)
      where not exists (select from training.segment s where s.key = n.key)));
    perform training.forget_notes(ended.job_id);
    perform training.look_if_ready(dataset.id);
  end loop;
end
$$;

-- The state that a segment has by what was found of it, where no person decided.
create or replace function training.state_of(p_faults text[], p_text text) returns text
language sql immutable as $$
  select case when p_faults <> '{}' then 'rejected' when p_text is null then 'pending' else 'accepted' end
$$;

-- New segments take the place of all that their recordings had, but for those whose bounds a person set: where they lie, to more than half of
-- the shorter, no new one is taken. What a person did to one that lies where a new one does (to 50 ms at both ends), and words that it had,
-- stay.
create or replace function training.keep_segments(p_dataset training.dataset, p_result jsonb) returns void
language plpgsql as $$
declare
  cut uuid[] := array(select (f ->> 'file_id')::uuid from jsonb_array_elements(p_result -> 'files') f);
  before training.segment[] := array(select s from training.segment s where s.file_id = any(cut) and not s.placed);
begin
  delete from training.segment s where s.file_id = any(cut) and not s.placed;
  insert into training.segment (id, dataset_id, file_id, start_seconds, end_seconds, key, bytes, text, text_source, edited,
    state, decided, reasons, faults, measures)
  select n.segment_id, p_dataset.id, n.file_id, n.start_seconds, n.end_seconds, n.key, n.bytes,
    case when o.edited or n.text is null then o.text else n.text end,
    case when o.edited or n.text is null then o.text_source else n.text_source end, coalesce(o.edited, false),
    case when o.decided then o.state
      else training.state_of(n.faults, case when o.edited or n.text is null then o.text else n.text end) end,
    coalesce(o.decided, false), n.reasons, n.faults, n.measures
  from jsonb_to_recordset(p_result -> 'segments') n(segment_id uuid, file_id uuid, start_seconds double precision,
    end_seconds double precision, key text, bytes bigint, text text, text_source text, reasons text[], faults text[], measures jsonb)
  left join lateral (
    select * from unnest(before) b
    where b.file_id = n.file_id and abs(b.start_seconds - n.start_seconds) <= 0.05 and abs(b.end_seconds - n.end_seconds) <= 0.05
    order by abs(b.start_seconds - n.start_seconds) limit 1) o on true
  where exists (select from training.file f where f.id = n.file_id and f.dataset_id = p_dataset.id)
    and not exists (select from training.segment p where p.file_id = n.file_id and p.placed
      and least(p.end_seconds, n.end_seconds) - greatest(p.start_seconds, n.start_seconds)
        > 0.5 * least(p.end_seconds - p.start_seconds, n.end_seconds - n.start_seconds));
  perform storage.keep(s.key, 'training', p_dataset.owner, s.bytes) from training.segment s where s.file_id = any(cut);
  perform training.give_up(array(select b.key from unnest(before) b));
end
$$;

-- A segment as it looks outside.
create or replace function training.segment_body(p_segment training.segment) returns jsonb
language sql stable as $$
  select jsonb_build_object('segment_id', api.wire_id('segment', p_segment.id), 'file_id', api.wire_id('file', p_segment.file_id),
    'start_seconds', p_segment.start_seconds, 'end_seconds', p_segment.end_seconds, 'text', p_segment.text,
    'text_source', p_segment.text_source, 'edited', p_segment.edited, 'placed', p_segment.placed, 'state', p_segment.state, 'decided', p_segment.decided,
    'reasons', p_segment.reasons, 'snr_db', p_segment.measures -> 'snr_db', 'loudness_lufs', p_segment.measures -> 'loudness_lufs',
    'clipped_percent', p_segment.measures -> 'clipped_percent', 'alignment_score', p_segment.alignment_score,
    'audio_url', format('/training/dataset/segments/%s/audio', api.wire_id('segment', p_segment.id)))
$$;

-- A segment of the caller's.
create or replace function training.own_segment(p_caller api.caller, p_segment uuid) returns training.segment
language sql stable as $$
  select s.* from training.segment s join training.dataset d on d.id = s.dataset_id
  where s.id = p_segment and d.owner = p_caller.user_id
$$;

create or replace function training.no_segment(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found',
    'There is no such segment. Cutting recordings anew makes new ones.')
$$;

create or replace function api.get_segment(p_caller api.credentials, p_segment uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  segment training.segment;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  segment := training.own_segment(caller, p_segment);
  if segment.id is null then
    return training.no_segment(caller);
  end if;
  return api.ok(caller, 200, training.segment_body(segment));
end
$$;

-- Where the sound of a segment lies.
create or replace function api.segment_audio(p_caller api.credentials, p_segment uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  segment training.segment;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  segment := training.own_segment(caller, p_segment);
  if segment.id is null then
    return training.no_segment(caller);
  end if;
  return api.ok(caller, 200, jsonb_build_object('key', segment.key, 'content_type', 'audio/flac',
    'filename', api.wire_id('segment', segment.id) || '.flac'));
end
$$;

grant execute on function training.end_segmentations to kiskadee_worker;

grant execute on function api.segment_dataset, api.get_segment, api.segment_audio to kiskadee_training;
