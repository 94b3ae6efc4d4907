-- Checkpoints as voices: loaded as a version of a voice, brought back to an older one, and heard before that.

-- Makes a checkpoint's voice a voice of its own, or the next version of one. A job hears it before anybody else does.
--
-- p_request: {"checkpoint", "voice_id"? or "name", "make_current"}; p_malformed as everywhere.
create or replace function api.load_checkpoint(
  p_caller api.credentials, p_request jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text, p_malformed jsonb default null
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
  answer := training.take_load(caller, jsonb_strip_nulls(p_request), p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- The part of api.load_checkpoint behind the replay.
create or replace function training.take_load(p_caller api.caller, p_request jsonb, p_trace text, p_malformed jsonb) returns api.answer
language plpgsql as $$
declare
  checkpoint training.checkpoint := training.own_checkpoint(p_caller, (p_request ->> 'checkpoint')::uuid);
  run training.run;
  voice text := p_request ->> 'voice_id';
  faults jsonb := case when voice is not null then speech.next_version_faults(p_caller, voice) end;
  answer api.answer := api.invalid(p_caller, p_malformed, faults);
  job uuid;
begin
  -- A slice that ends now judges what is kept: it must see that this one is.
  perform from training.run r where r.id = checkpoint.run_id for update;
  select c.* into checkpoint from training.checkpoint c where c.id = checkpoint.id;
  if answer.status is not null then
    return answer;
  elsif checkpoint.id is null then
    return training.no_checkpoint(p_caller);
  elsif checkpoint.voice_key is null then
    return training.no_voice_yet(p_caller);
  end if;
  answer := storage.refusal(p_caller);
  if answer.status is not null then
    return answer;
  end if;
  select * into run from training.run r where r.id = checkpoint.run_id;
  voice := coalesce(voice, api.wire_id('voice', queue.uuid7()));
  job := (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    'training_load', training.speech_lane_of(run.engine), 0, 100, jsonb_build_object('engine', run.engine, 'voice_id', voice, 'weights_key', checkpoint.voice_key,
      'checkpoint_id', checkpoint.id, 'dataset_id', run.dataset_id, 'language', run.language,
      'make_current', coalesce((p_request ->> 'make_current')::boolean, true)),
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1];
  if not p_request ? 'voice_id' then
    perform speech.begin_trained(voice, run.owner, run.engine, coalesce(p_request ->> 'name', run.model_name), run.language, job,
      (select d.consent from training.dataset d where d.id = run.dataset_id));
  end if;
  -- It stays as long as somebody may want to know what the voice was made of.
  update training.checkpoint c set kept = array_append(c.kept, 'promoted') where c.id = checkpoint.id and 'promoted' <> all(c.kept);
  return api.ok(p_caller, 202, jsonb_build_object('job_id', api.wire_id('job', job),
    'status_url', '/api/v1/jobs/' || api.wire_id('job', job), 'voice_id', voice));
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Jobs that heard voices have ended: what passed becomes a version, what did not is forgotten.
create or replace function training.loads_ended(p_concluded queue.concluded[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended queue.concluded;
  made jsonb;
  is_there boolean;
begin
  for ended in select * from unnest(p_concluded) order by job_id loop
    made := ended.result;
    -- The dataset before the voice, as its deletion takes them: of one that is gone no voice is made.
    perform from training.dataset d where d.id = (made ->> 'dataset_id')::uuid for key share;
    is_there := found;
    if ended.outcome <> 'completed' then
      perform speech.drop_unmade(ended.job_id);
    elsif not is_there then
      perform speech.drop_unmade(ended.job_id);
      perform storage.discard(array[made ->> 'weights_key']);
    elsif speech.add_version(made ->> 'voice_id', made ->> 'weights_key', (made ->> 'bytes')::bigint,
        (made ->> 'checkpoint_id')::uuid, (made ->> 'dataset_id')::uuid, ended.job_id, (made ->> 'make_current')::boolean) is null then
      perform storage.discard(array[made ->> 'weights_key']);
    end if;
  end loop;
end
$$;

-- What came of loading a checkpoint.
create or replace function training.present_loads(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, jsonb_build_object('voice_id', s.result -> 'voice_id', 'version', v.version, 'previous_version', v.previous,
    'current', v.is_current, 'audition', s.result -> 'audition')
  from unnest(p_states) s left join lateral speech.version_of_job(s.job_id) v on true
$$;

-- The versions of a trained voice, the newest first.
create or replace function api.list_voice_versions(p_caller api.credentials, p_voice text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  versions jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  versions := speech.versions_body(caller, p_voice);
  if versions is null then
    return api.problem(caller, 404, 'not_found', 'There is no such trained voice.');
  end if;
  return api.ok(caller, 200, jsonb_build_object('voice_id', p_voice, 'items', versions));
end
$$;

-- Makes another version of a voice the current one. Speech that was asked for before keeps its own.
create or replace function api.roll_back_voice(p_caller api.credentials, p_voice text, p_version int, p_malformed jsonb default null)
returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  previous int;
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  elsif speech.versions_body(caller, p_voice) is null then
    return api.problem(caller, 404, 'not_found', 'There is no such trained voice.');
  end if;
  previous := speech.make_current(p_voice, p_version);
  if previous is null then
    return api.invalid(caller, null, jsonb_build_array(api.fault('version', format('the voice %s has no version %s', p_voice, p_version))));
  end if;
  return api.ok(caller, 200, jsonb_build_object('voice_id', p_voice, 'version', p_version, 'previous_version', previous));
end
$$;

-- Speaks with a checkpoint: a job like any other that speaks.
--
-- p_item: an item of `speech.plan` without a voice, and {"checkpoint"? or "run"?}.
create or replace function api.speak_with_checkpoint(
  p_caller api.credentials, p_item jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text, p_malformed jsonb default null
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
  answer := training.take_speech(caller, p_item, p_trace, p_malformed);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

create or replace function training.take_speech(p_caller api.caller, p_item jsonb, p_trace text, p_malformed jsonb) returns api.answer
language plpgsql as $$
declare
  run training.run := training.own_run(p_caller, (p_item ->> 'run')::uuid);
  checkpoint training.checkpoint := training.own_checkpoint(p_caller, coalesce((p_item ->> 'checkpoint')::uuid,
    training.speaking_checkpoint(run.id)));
  answer api.answer := api.invalid(p_caller, p_malformed, null);
begin
  if answer.status is not null then
    return answer;
  elsif checkpoint.id is null and p_item ->> 'checkpoint' is null then
    return case when run.id is null then training.no_run(p_caller) else training.no_voice_yet(p_caller) end;
  elsif checkpoint.id is null then
    return training.no_checkpoint(p_caller);
  elsif checkpoint.voice_key is null then
    return training.no_voice_yet(p_caller);
  end if;
  select * into run from training.run r where r.id = checkpoint.run_id;
  return speech.take_with_weights(p_caller,
    p_item - 'run' - 'checkpoint' || jsonb_build_object('language', coalesce(p_item ->> 'language', run.language)),
    run.engine, api.wire_id('checkpoint', checkpoint.id), checkpoint.voice_key, p_trace);
end
$$;

-- The checkpoint by which a run speaks: the best, or the latest that can.
create or replace function training.speaking_checkpoint(p_run uuid) returns uuid
language sql stable as $$
  select c.id from training.checkpoint c where c.run_id = p_run and c.voice_key is not null
  order by c.evaluation_loss nulls last, c.step desc limit 1
$$;

grant execute on function api.load_checkpoint, api.list_voice_versions, api.roll_back_voice, api.speak_with_checkpoint
  to kiskadee_training;
grant execute on function training.loads_ended to kiskadee_worker;
