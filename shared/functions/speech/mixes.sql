-- Several voices as one: the worker mixes what the engine knows of each. A mix that is kept becomes a voice with its lineage.

-- The parts of a voice as a worker reads them: [{"voice_id", "weight", "conditioning_key"?}]; null for a built-in one.
create or replace function speech.parts_of_mix(p_mix jsonb) returns jsonb
language sql stable as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('voice_id', v.id, 'weight', (part ->> 'weight')::real,
    'conditioning_key', v.conditioning_key)) order by place)
  from jsonb_array_elements(p_mix) with ordinality as m(part, place)
  join speech.voice v on v.id = m.part ->> 'voice_id'
$$;

create or replace function speech.parts_of_voice(p_voice text) returns jsonb
language sql stable as $$
  select case v.kind
    when 'morphed' then speech.parts_of_mix(v.mix)
    when 'cloned' then jsonb_build_array(jsonb_build_object(
      'voice_id', v.id, 'weight', 1, 'conditioning_key', v.conditioning_key))
    when 'trained' then jsonb_build_array(jsonb_build_object(
      'voice_id', v.id, 'weight', 1, 'conditioning_key', coalesce(speech.weights_key(p_voice), v.conditioning_key))) end
  from speech.voice v
  where v.id = speech.plain_voice(p_voice) and (v.conditioning_key is not null or v.mix is not null)
$$;

-- Voices and weights with mixes taken apart and the weights brought to a sum of 1: [{"voice_id", "weight"}].
create or replace function speech.flatten_mix(p_mix jsonb) returns jsonb
language sql stable as $$
  with part as (
    select coalesce(inner_part.voice_id, v.id) as voice_id,
      (m.part ->> 'weight')::float8 * coalesce(inner_part.weight, 1) as weight
    from jsonb_array_elements(p_mix) m(part)
    join speech.voice v on v.id = m.part ->> 'voice_id'
    left join lateral jsonb_to_recordset(v.mix) inner_part(voice_id text, weight float8) on true
  ), summed as (
    select p.voice_id, sum(p.weight) as weight from part p group by 1 having sum(p.weight) > 0
  )
  select jsonb_agg(jsonb_build_object('voice_id', s.voice_id,
    'weight', round((s.weight / (select sum(t.weight) from summed t))::numeric, 6)) order by s.weight desc, s.voice_id)
  from summed s
$$;

-- What is wrong with a mix: voices that are not there or not ready, or that do not go together; and, where only commercial
-- voices may speak, any other.
create or replace function speech.mix_errors(p_caller api.caller, p_mix jsonb, p_engine text) returns jsonb
language sql stable as $$
  with named as (
    select m.place - 1 as place, m.part ->> 'voice_id' as name, v as voice, v.id is not null as known
    from jsonb_array_elements(p_mix) with ordinality m(part, place)
    left join speech.voice v on v.id = m.part ->> 'voice_id' and speech.may_see(v, p_caller)
  ), engines as (
    select array_agg(distinct (n.voice).engine) as names from named n where n.known
  )
  select jsonb_agg(f.fault) from (
    select api.fault(format('voice_ids[%s]', n.place), format('there is no voice %s', to_json(n.name))) as fault
    from named n where not n.known
    union all
    select api.fault(format('voice_ids[%s]', n.place), format('the voice %s is still being made', n.name))
    from named n where n.known and not speech.is_ready(n.voice)
    union all
    select speech.not_commercial((n.voice).engine, n.voice, null)
      || jsonb_build_object('field', format('voice_ids[%s]', n.place))
    from named n, speech.setting s
    where n.known and s.commercial_voices_only and not speech.is_commercial((n.voice).engine, n.voice, null)
    union all
    select api.fault(format('voice_ids[%s]', n.place),
      format('%s is a trained voice, which has weights of its own and cannot be mixed with others', n.name))
    from named n where n.known and (n.voice).kind = 'trained' and (select count(*) from named) > 1
    union all
    select api.fault('voice_ids', format('voices of one engine can be mixed; these are of %s',
      array_to_string(e.names, ', '))) from engines e where cardinality(e.names) > 1
    union all
    select api.fault('voice_ids', format('the engine %s cannot mix voices', e.names[1]))
    from engines e where cardinality(e.names) = 1
      and not exists (select from speech.engine s where s.name = e.names[1] and s.mixes_voices)
    union all
    select api.fault('tts_engine', format('these voices speak with the engine %s', e.names[1]))
    from engines e where cardinality(e.names) = 1 and p_engine <> e.names[1]
  ) f
$$;

-- p_item: an item of `speech.plan` without a voice; p_mix: [{"voice_id", "weight"}], null if it is ill-formed; p_save_as: the
-- name under which the mix is kept, or null.
create or replace function api.create_morph(
  p_caller api.credentials, p_item jsonb, p_mix jsonb, p_save_as text, p_webhook_url text, p_idempotency_key text,
  p_request_hash bytea, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := speech.take_morph(caller, p_item, p_mix, p_save_as, p_webhook_url, p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function speech.take_morph(
  p_caller api.caller, p_item jsonb, p_mix jsonb, p_save_as text, p_webhook_url text, p_trace text, p_malformed jsonb
) returns api.answer
language plpgsql as $$
declare
  faults jsonb := speech.mix_errors(p_caller, p_mix, p_item ->> 'tts_engine');
  parts jsonb := speech.flatten_mix(p_mix);
  voice_engine text := (select v.engine from speech.voice v where v.id = parts -> 0 ->> 'voice_id');
  voice_id text := case when p_save_as is not null then api.wire_id('voice', queue.uuid7()) end;
  work record;
  refusal api.answer;
  job queue.new_job;
  job_id text;
begin
  -- The engine is the voices'; `default` keeps the plan from looking for a voice that is not there yet.
  work := speech.plan(p_caller, jsonb_build_array(p_item || jsonb_build_object('voice_id', 'default',
    'tts_engine', coalesce(voice_engine, p_item ->> 'tts_engine'))), 0::smallint, p_webhook_url, p_trace);
  refusal := api.invalid(p_caller, p_malformed, coalesce(faults, work.errors));
  if refusal.status is not null then
    return refusal;
  end if;
  refusal := storage.refusal(p_caller);
  if refusal.status is not null then
    return refusal;
  end if;
  job := work.jobs[1];
  job.args := job.args || jsonb_build_object('voice_id', coalesce(voice_id, 'morph'),
    'voice_parts', speech.parts_of_mix(parts));
  job_id := api.wire_id('job', (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[job]))[1]);
  if voice_id is not null then
    insert into speech.voice (id, owner, engine, name, kind, languages, mix)
    values (voice_id, p_caller.user_id, voice_engine, p_save_as, 'morphed', array[job.args ->> 'language'], parts);
  end if;
  perform speech.count_created(array[job]);
  return api.ok(p_caller, 202, jsonb_strip_nulls(jsonb_build_object('job_id', job_id,
    'status_url', '/api/v1/jobs/' || job_id, 'voice_id', voice_id))
    || jsonb_build_object('estimated_time', queue.estimate(work.jobs)) || speech.warnings_of_item(p_item));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

grant execute on function api.create_morph to kiskadee_speech;
