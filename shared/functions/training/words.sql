-- The words of segments: those that came with the recordings are given to what was cut of them, and all are judged together.

-- Begins to give segments their words.
--
-- p_form: {"dataset", "source": auto, given, prompts, whisper, remote or pocketsphinx, "only": missing or all, "overwrite_edited": bool,
-- "model"?: a recogniser, "language"?: what is spoken, where it is not the dataset's}.
create or replace function api.transcribe_dataset(
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
  answer := training.begin_transcription(caller, p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- What is wrong with the source of words that was asked for, or null.
--
-- p_recogniser: the one that can be had, if any.
create or replace function training.source_fault(p_dataset training.dataset, p_form jsonb, p_recogniser text) returns jsonb
language sql stable as $$
  select case
    when p_recogniser is null and p_form ? 'model' and w.source in ('auto', 'whisper')
      then api.fault('model', training.no_recogniser(p_form ->> 'model', w.language))
    when w.source not in ('auto', 'given', 'prompts', 'whisper') then api.fault('source', format('`%s` is not available here.', w.source) || w.ways)
    when w.source = 'whisper' then case when p_recogniser is null then api.fault('source', training.no_recogniser(null, w.language) || '.' || w.ways) end
    when w.source = 'auto' and (p_recogniser is not null
        or exists (select from training.segment s where s.dataset_id = p_dataset.id and s.text is not null)) then null
    when not exists (select from training.file f where f.dataset_id = p_dataset.id and f.text_source = coalesce(nullif(w.source, 'auto'), f.text_source))
      then api.fault('source', 'no recording of this dataset has words' || case w.source when 'given' then ' that were given with it'
        when 'prompts' then ' that were read aloud' else format(', and %s', training.no_recogniser(null, w.language)) end || '.' || w.ways)
    end
  from (select p_form ->> 'source' as source, coalesce(p_form ->> 'language', p_dataset.language) as language,
    ' Words can be given with the recordings (import a ZIP with `metadata.csv` or with a `.txt` beside each recording), be read aloud '
    || '(`dataset/prompts`, then `dataset/upload` with `text`), be written down by a recogniser (a Whisper model that is imported on a '
    || 'worker''s machine), or be written (PATCH `dataset/segments/{id}`).' as ways) w
$$;

-- The segments as the job reads them, in their order: {"segment_id", "file_id", "seconds", "was"?, "text"?, "text_source"?, "measures", ...}. `was` are the words
-- that a segment has, `text` those that it is to have. The words of a recording are those of the one segment that it was cut into.
create or replace function training.facts(p_dataset uuid, p_source text, p_all boolean, p_overwrite boolean) returns jsonb
language sql stable as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('segment_id', w.id, 'file_id', w.file_id, 'state', w.state, 'decided', case when w.decided then true end, 'reasons', w.reasons,
    'seconds', w.end_seconds - w.start_seconds, 'measures', w.measures, 'was', w.text, 'speaker', w.speaker,
    'alignment_score', w.alignment_score, 'heard', w.heard || jsonb_build_object('job', w.heard_by),
    'text', case when w.takes then w.given else w.text end,
    'text_source', case when w.takes then w.given_source else w.text_source end)) order by w.id)
  from (
    select s.*, f.speaker, f.text as given, f.text_source as given_source, p.pieces,
      f.text is not null and p.pieces = 1 and (p_source = 'auto' or f.text_source = p_source)
        and (s.text is null or p_all) and (not s.edited or p_overwrite) as takes
    from training.segment s join training.file f on f.id = s.file_id
    join (select o.file_id, count(*) as pieces from training.segment o where o.dataset_id = p_dataset group by o.file_id) p
      on p.file_id = s.file_id
    where s.dataset_id = p_dataset
  ) w
$$;

create or replace function training.begin_transcription(p_caller api.caller, p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  form jsonb := jsonb_strip_nulls(p_form);
  wanted record := training.for_step(p_caller, form ->> 'dataset');
  dataset training.dataset := wanted.dataset;
  answer api.answer := wanted.answer;
  recogniser text;
  fault jsonb;
  segments jsonb;
begin
  if answer.status is not null then
    return answer;
  end if;
  if form ->> 'source' in ('auto', 'whisper') then
    recogniser := (training.recogniser_for(form ->> 'model', coalesce(form ->> 'language', dataset.language))).name;
  end if;
  fault := training.source_fault(dataset, form, recogniser);
  if fault is not null then
    return api.invalid(p_caller, null, jsonb_build_array(fault));
  end if;
  segments := training.facts(dataset.id, form ->> 'source', form ->> 'only' = 'all', (form ->> 'overwrite_edited')::boolean);
  if segments is null then
    return api.problem(p_caller, 422, 'no_segments', 'Nothing has been cut into segments yet: begin with `dataset/segment`.');
  end if;
  if recogniser is not null and exists (select from training.unheard(dataset.id, training.to_be_heard(form))) then
    return training.begin_hearing(p_caller, dataset, recogniser, training.to_be_heard(form), p_trace);
  end if;
  return training.begin_step(p_caller, dataset, 'transcribe', 100 + jsonb_array_length(segments) / 10,
    jsonb_build_object('segments', segments), null, p_trace);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Jobs that gave words have ended. Their results have {"segments": [{"segment_id", "was"?, "text"?, "text_source"?, "reasons", "faults"}],
-- "phones"?}. What somebody wrote meanwhile stays.
create or replace function training.end_transcriptions(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  dataset training.dataset;
begin
  for ended in select * from unnest(p_concluded) loop
    dataset := training.end_step(ended);
    continue when ended.outcome <> 'completed' or dataset.id is null;
    update training.segment s set text = n.text, text_source = n.text_source, reasons = n.reasons, faults = n.faults,
      edited = s.edited and s.text is not distinct from n.text,
      state = case when s.decided and s.state = 'rejected' then 'rejected'
        else training.state_of(case when s.decided then '{}' else n.faults end, n.text) end
    from jsonb_to_recordset(ended.result -> 'segments') n(segment_id uuid, was text, text text, text_source text, reasons text[],
      faults text[])
    where s.id = n.segment_id and s.dataset_id = dataset.id and s.text is not distinct from n.was;
    update training.dataset d set phones = ended.result -> 'phones' where d.id = dataset.id;
    perform training.look_if_ready(dataset.id);
  end loop;
end
$$;

-- Changes segments by hand: words are written, and it is decided which are used.
--
-- p_segments: [{"segment", "text"?, "clear_text"?: bool, "state"?: accepted or rejected, "undecided"?: bool}]. Returns how many there were.
create or replace function training.edit_segments(p_dataset uuid, p_segments jsonb) returns int
language plpgsql as $$
declare
  changed int;
begin
  -- The dataset before its segments, as a settlement takes them.
  perform from training.dataset d where d.id = p_dataset for update;
  with wanted as (
    select s.id, case when n.clear_text then null else coalesce(n.text, s.text) end as text,
      coalesce(n.text is not null or n.clear_text, false) as written,
      case when n.undecided then false else s.decided or n.state is not null end as decided,
      coalesce(n.state, s.state) as state
    from jsonb_to_recordset(p_segments) n(segment uuid, text text, clear_text boolean, state text, undecided boolean)
    join training.segment s on s.id = n.segment and s.dataset_id = p_dataset
  ), judged as (
    -- What was wrong with words that are no more.
    select w.*, case when w.written then array(select r from unnest(s.faults) r where r <> all(training.word_reasons())) else s.faults end
        as faults,
      case when w.written then array(select r from unnest(s.reasons) r where r <> all(training.word_reasons())) else s.reasons end as reasons
    from wanted w join training.segment s on s.id = w.id
  )
  update training.segment s set text = j.text, faults = j.faults, reasons = j.reasons, decided = j.decided,
    text_source = case when j.text is null then null when j.written then 'edited' else s.text_source end,
    edited = case when j.written then j.text is not null else s.edited end,
    alignment_score = case when j.written then null else s.alignment_score end,
    state = case when j.decided and j.state = 'rejected' then 'rejected'
      else training.state_of(case when j.decided then '{}' else j.faults end, j.text) end
  from judged j where s.id = j.id;
  get diagnostics changed = row_count;
  update training.dataset d set revision = d.revision + 1, updated_at = clock_timestamp() where d.id = p_dataset;
  perform training.look_if_ready(p_dataset);
  return changed;
end
$$;

create or replace function training.word_reasons() returns text[]
language sql immutable as $$
  select '{no_text,text_too_long,rate_odd,language_odd,misaligned}'::text[]
$$;

-- p_edit: as of training.edit_segments, and {"start_seconds"?, "end_seconds"?}: with these a job cuts the segment anew.
create or replace function api.change_segment(
  p_caller api.credentials, p_segment uuid, p_edit jsonb, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  segment training.segment;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  segment := training.own_segment(caller, p_segment);
  if segment.id is null then
    return training.no_segment(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  if p_edit ? 'start_seconds' or p_edit ? 'end_seconds' then
    answer := training.begin_recut(caller, segment, p_edit, p_trace);
    if answer.status <> 202 then
      return answer;
    end if;
  end if;
  perform training.edit_segments(segment.dataset_id, jsonb_build_array(p_edit || jsonb_build_object('segment', p_segment)));
  if answer.status = 202 then
    return answer;
  end if;
  select * into segment from training.segment s where s.id = p_segment;
  if not found then
    return training.no_segment(caller);
  end if;
  return api.ok(caller, 200, training.segment_body(segment));
end
$$;

-- The same for many segments of a dataset: all of them, or none where one is not there.
--
-- p_edits: {"dataset", "segments": as of training.edit_segments}.
create or replace function api.edit_segments(p_caller api.credentials, p_edits jsonb, p_malformed jsonb default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
  dataset training.dataset;
  faults jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  dataset := training.own_dataset(caller, p_edits ->> 'dataset');
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  select jsonb_agg(api.fault(format('segments[%s].segment_id', e.place - 1), 'is no segment of this dataset')
    || jsonb_build_object('index', e.place - 1) order by e.place) into faults
  from jsonb_array_elements(p_edits -> 'segments') with ordinality e(edit, place)
  where not exists (select from training.segment s where s.id = (e.edit ->> 'segment')::uuid and s.dataset_id = dataset.id);
  answer := api.invalid(caller, null, faults);
  if answer.status is not null then
    return answer;
  end if;
  return api.ok(caller, 200, jsonb_build_object('changed', training.edit_segments(dataset.id, p_edits -> 'segments')));
end
$$;

grant execute on function training.end_transcriptions to kiskadee_worker;

grant execute on function api.transcribe_dataset, api.change_segment, api.edit_segments to kiskadee_training;
