-- Bounds of a segment that a person sets: a job cuts it out of its recording again, and measures it.

-- What is wrong with bounds, or an empty list. A recording of unknown length has been cut before, so it is known.
create or replace function training.bounds_faults(p_start double precision, p_end double precision, p_seconds double precision) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_agg(api.fault(f.field, f.message)), '[]')
  from (values
    ('start_seconds', 'must not be negative', p_start < 0),
    ('end_seconds', format('must not be behind the end of the recording, which sounds for %s s', round(p_seconds::numeric, 3)), p_end > p_seconds + 0.001),
    ('end_seconds', 'must be 0.3 to 30 s behind `start_seconds`', p_end - p_start not between 0.3 and 30)
  ) f(field, message, is_wrong)
  where f.is_wrong
$$;

-- Begins to cut a segment anew.
--
-- p_edit: {"start_seconds"?, "end_seconds"?}; what is left out stays.
create or replace function training.begin_recut(p_caller api.caller, p_segment training.segment, p_edit jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  wanted record := training.for_step(p_caller, api.wire_id('dataset', p_segment.dataset_id));
  file training.file;
  bounds jsonb;
  answer api.answer := wanted.answer;
begin
  if answer.status is not null then
    return answer;
  end if;
  select * into file from training.file f where f.id = p_segment.file_id;
  bounds := jsonb_build_object('segment_id', p_segment.id,
    'start_seconds', coalesce((p_edit ->> 'start_seconds')::double precision, p_segment.start_seconds),
    'end_seconds', coalesce((p_edit ->> 'end_seconds')::double precision, p_segment.end_seconds));
  answer := api.invalid(p_caller, null, nullif(training.bounds_faults((bounds ->> 'start_seconds')::double precision,
    (bounds ->> 'end_seconds')::double precision, file.seconds), '[]'));
  if answer.status is not null then
    return answer;
  end if;
  return training.begin_step(p_caller, wanted.dataset, 'segment', 100, jsonb_build_object(
    'options', '{"min_seconds": 1, "max_seconds": 11, "threshold": 0.5, "min_silence_ms": 300, "pad_ms": 100}'::jsonb,
    'bounds', jsonb_strip_nulls(bounds || jsonb_build_object('text', p_segment.text)),
    'files', jsonb_build_array(jsonb_build_object('file_id', file.id, 'key', file.key, 'filename', file.filename))), null, p_trace);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- A segment was cut anew: it has the same words, and what was measured of the new sound.
create or replace function training.keep_recut(p_dataset training.dataset, p_segment jsonb) returns void
language plpgsql as $$
declare
  before training.segment;
begin
  select * into before from training.segment s
  where s.id = (p_segment ->> 'segment_id')::uuid and s.dataset_id = p_dataset.id for update;
  if not found then
    return;
  end if;
  update training.segment s set start_seconds = n.start_seconds, end_seconds = n.end_seconds, key = n.key, bytes = n.bytes,
    reasons = n.reasons, faults = n.faults, measures = n.measures, alignment_score = null, placed = true,
    state = case when s.decided then s.state else training.state_of(n.faults, s.text) end
  from jsonb_to_record(p_segment) n(start_seconds double precision, end_seconds double precision, key text, bytes bigint,
    reasons text[], faults text[], measures jsonb)
  where s.id = before.id;
  perform storage.keep(s.key, 'training', p_dataset.owner, s.bytes) from training.segment s where s.id = before.id;
  perform training.give_up(array[before.key]);
end
$$;
