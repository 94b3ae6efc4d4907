-- What runs leave on their way: which stay, and what can be done with them.

-- A checkpoint as it looks outside.
create or replace function training.checkpoint_body(p_checkpoint training.checkpoint) returns jsonb
language sql stable as $$
  select jsonb_build_object('checkpoint_id', api.wire_id('checkpoint', p_checkpoint.id),
    'run_id', api.wire_id('run', p_checkpoint.run_id), 'step', p_checkpoint.step, 'train_loss', p_checkpoint.train_loss,
    'evaluation_loss', p_checkpoint.evaluation_loss, 'bytes', p_checkpoint.bytes, 'voice_bytes', p_checkpoint.voice_bytes,
    'can_speak', p_checkpoint.voice_key is not null, 'can_resume', p_checkpoint.key is not null,
    'kept', p_checkpoint.kept, 'measures', p_checkpoint.measures,
    'created_at', api.wire_time(p_checkpoint.created_at),
    'voice', (select jsonb_build_object('voice_id', v.voice_id, 'version', v.version, 'current', v.is_current)
      from speech.version_of_checkpoint(p_checkpoint.id) v where v.voice_id is not null))
$$;

-- The checkpoint if the caller may see its run.
create or replace function training.own_checkpoint(p_caller api.caller, p_checkpoint uuid) returns training.checkpoint
language sql stable as $$
  select c from training.checkpoint c join training.run r on r.id = c.run_id
  where c.id = p_checkpoint and (r.owner = p_caller.user_id or p_caller.role = 'admin')
$$;

create or replace function training.no_checkpoint(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 404, 'not_found', 'There is no such checkpoint.')
$$;

-- Keeps the checkpoint of an accepted slice, with its voice if it has one already; then those go that nothing speaks for.
create or replace function training.keep_checkpoint(p_run training.run, p_result jsonb) returns void
language plpgsql as $$
declare
  made jsonb := p_result -> 'checkpoint';
  voice jsonb := p_result -> 'voice';
  old training.checkpoint;
  kept training.checkpoint;
begin
  perform storage.keep(made ->> 'key', 'training', p_run.owner, (made ->> 'bytes')::bigint)
  where made ->> 'key' is not null;
  perform storage.keep(voice ->> 'key', 'training', p_run.owner, (voice ->> 'bytes')::bigint)
  where voice ->> 'key' is not null;
  select * into old from training.checkpoint c where c.run_id = p_run.id and c.step = (made ->> 'step')::bigint;
  if old.id is null then
    insert into training.checkpoint (id, run_id, step, train_loss, evaluation_loss, key, bytes, sha256, voice_key, voice_bytes, measures)
    values (queue.uuid7(), p_run.id, (made ->> 'step')::bigint, (made ->> 'train_loss')::double precision,
      (voice ->> 'evaluation_loss')::double precision, made ->> 'key', (made ->> 'bytes')::bigint, decode(made ->> 'sha256', 'hex'),
      voice ->> 'key', coalesce((voice ->> 'bytes')::bigint, 0), coalesce(voice -> 'measures', '{}'))
    returning * into kept;
  else
    -- The same step again, or its voice.
    perform storage.discard(array_remove(array[case when made ->> 'key' is not null then old.key end,
      case when voice ->> 'key' is not null then old.voice_key end], null));
    update training.checkpoint c set key = coalesce(made ->> 'key', c.key), bytes = coalesce((made ->> 'bytes')::bigint, c.bytes),
      sha256 = coalesce(decode(made ->> 'sha256', 'hex'), c.sha256),
      train_loss = coalesce((made ->> 'train_loss')::double precision, c.train_loss), voice_key = coalesce(voice ->> 'key', c.voice_key),
      voice_bytes = coalesce((voice ->> 'bytes')::bigint, c.voice_bytes), measures = coalesce(voice -> 'measures', c.measures),
      evaluation_loss = coalesce((voice ->> 'evaluation_loss')::double precision, c.evaluation_loss)
    where c.id = old.id returning * into kept;
  end if;
  perform training.keep_samples(p_run, kept.step, p_result -> 'samples');
  perform training.thin_checkpoints(p_run.id);
  select * into kept from training.checkpoint c where c.id = kept.id;
  perform training.note(p_run.id, 'checkpoint', null, kept.step, training.checkpoint_body(kept) - 'step' - 'voice');
end
$$;

create or replace function training.keep_samples(p_run training.run, p_step bigint, p_samples jsonb) returns void
language plpgsql as $$
declare
  made jsonb;
  kept training.sample;
begin
  for made in select s from jsonb_array_elements(case jsonb_typeof(p_samples) when 'array' then p_samples else '[]' end) s loop
    perform storage.keep(made ->> 'key', 'training', p_run.owner, (made ->> 'bytes')::bigint);
    insert into training.sample (id, run_id, step, place, text, key, bytes)
    values (queue.uuid7(), p_run.id, p_step, (made ->> 'place')::int, made ->> 'text', made ->> 'key', (made ->> 'bytes')::bigint)
    on conflict (run_id, step, place) do nothing returning * into kept;
    if found then
      perform training.note(p_run.id, 'sample', null, p_step, training.sample_body(kept) - 'step');
    else
      perform storage.discard(array[made ->> 'key']);
    end if;
  end loop;
end
$$;

create or replace function training.forget_samples(p_run uuid) returns void
language plpgsql as $$
begin
  perform storage.discard(array(select s.key from training.sample s where s.run_id = p_run));
  delete from training.sample s where s.run_id = p_run;
end
$$;

-- Says of each checkpoint why it stays, and lets those go that do for no reason. What a run needs to go on is kept of the latest alone.
create or replace function training.thin_checkpoints(p_run uuid) returns void
language plpgsql as $$
declare
  gone text[];
begin
  with judged as (
    select c.id, c.key is not null and c.step = max(c.step) filter (where c.key is not null) over () as is_latest,
      c.id = (select b.id from training.checkpoint b where b.run_id = p_run and b.evaluation_loss is not null and b.voice_key is not null
        order by b.evaluation_loss, b.step limit 1) as is_best,
      c.voice_key is not null and c.step = max(c.step) filter (where c.voice_key is not null)
        over (partition by c.step * 10 / greatest(r.steps, 1)) as is_sample,
      'promoted' = any(c.kept) as is_promoted
    from training.checkpoint c join training.run r on r.id = c.run_id where c.run_id = p_run
  )
  update training.checkpoint c set kept = array_remove(array[
      case when j.is_latest then 'latest' end, case when j.is_best then 'best' end,
      case when j.is_sample then 'sample' end, case when j.is_promoted then 'promoted' end], null)
  from judged j where j.id = c.id;
  with freed as (
    update training.checkpoint c set key = null
    from (select o.id, o.key from training.checkpoint o where o.run_id = p_run) old
    where old.id = c.id and old.key is not null and 'latest' <> all(c.kept) returning old.key
  )
  select array_agg(f.key) into gone from freed f;
  perform storage.discard(gone);
  perform training.forget_checkpoints(p_run, '{}');
  -- What was spoken goes with the checkpoint that spoke.
  with silent as (
    delete from training.sample s where s.run_id = p_run
      and not exists (select from training.checkpoint c where c.run_id = p_run and c.step = s.step) returning s.key
  )
  select array_agg(s.key) into gone from silent s;
  perform storage.discard(gone);
end
$$;

-- Forgets the checkpoints of a run that are kept for no other reason than these; without reasons, all of them.
create or replace function training.forget_checkpoints(p_run uuid, p_reasons text[] default null) returns void
language plpgsql as $$
declare
  gone text[];
begin
  with forgotten as (
    delete from training.checkpoint c where c.run_id = p_run and (p_reasons is null or c.kept <@ p_reasons) returning c.key, c.voice_key
  )
  select array_agg(k) into gone from forgotten f, unnest(array[f.key, f.voice_key]) k where k is not null;
  perform storage.discard(gone);
end
$$;

-- The checkpoints of a run, or of all of the caller's, the newest first.
create or replace function api.list_checkpoints(
  p_caller api.credentials, p_limit int, p_before uuid default null, p_run uuid default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_checkpoints training.checkpoint[];
begin
  if caller.status is not null then
    return api.refused(caller);
  elsif p_run is not null and (training.own_run(caller, p_run)).id is null then
    return training.no_run(caller);
  end if;
  found_checkpoints := array(
    select c from training.checkpoint c join training.run r on r.id = c.run_id
    where (p_run is null or c.run_id = p_run) and (r.owner = caller.user_id or caller.role = 'admin')
      and (p_before is null or c.id < p_before)
    order by c.id desc limit p_limit + 1);
  return api.ok(caller, 200, jsonb_build_object(
    'items', (select coalesce(jsonb_agg(training.checkpoint_body(c) order by c.id desc), '[]')
      from unnest(found_checkpoints[:p_limit]) c),
    'next_cursor', case when cardinality(found_checkpoints) > p_limit
      then api.wire_id('checkpoint', found_checkpoints[p_limit].id) end));
end
$$;

-- Where the weights of a checkpoint's voice lie, in the shape of api.job_audio.
create or replace function api.export_checkpoint(p_caller api.credentials, p_checkpoint uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  checkpoint training.checkpoint;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  checkpoint := training.own_checkpoint(caller, p_checkpoint);
  if checkpoint.id is null then
    return training.no_checkpoint(caller);
  elsif checkpoint.voice_key is null then
    return training.no_voice_yet(caller);
  end if;
  return api.ok(caller, 200, jsonb_build_object('key', checkpoint.voice_key, 'content_type', 'application/octet-stream',
    'filename', format('%s-%s.safetensors', api.wire_id('run', checkpoint.run_id), checkpoint.step)));
end
$$;

create or replace function training.no_voice_yet(p_caller api.caller) returns api.answer
language sql immutable as $$
  select api.problem(p_caller, 409, 'conflict',
    'This checkpoint cannot speak: its run was interrupted there and has gone on, or is about to. Take one whose `can_speak` is true.')
$$;

-- Deletes a checkpoint. Voices that were made of it have weights of their own, and stay.
create or replace function api.delete_checkpoint(p_caller api.credentials, p_checkpoint uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  checkpoint training.checkpoint;
  run training.run;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  checkpoint := training.own_checkpoint(caller, p_checkpoint);
  if checkpoint.id is null then
    return training.no_checkpoint(caller);
  end if;
  select * into run from training.run r where r.id = checkpoint.run_id for update;
  -- It may have got a voice while this waited.
  checkpoint := training.own_checkpoint(caller, p_checkpoint);
  if checkpoint.id is null then
    return training.no_checkpoint(caller);
  elsif not training.is_over(run) and 'latest' = any(checkpoint.kept) then
    return api.problem(caller, 409, 'conflict', format('The run is %s and goes on from this checkpoint. Stop it first.', run.state));
  end if;
  delete from training.checkpoint c where c.id = p_checkpoint;
  perform storage.discard(array_remove(array[checkpoint.key, checkpoint.voice_key], null));
  return api.ok(caller, 204, null);
end
$$;

-- Where what a run spoke on its way lies, in the shape of api.job_audio.
create or replace function api.sample_audio(p_caller api.credentials, p_sample uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  sample training.sample;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select s.* into sample from training.sample s join training.run r on r.id = s.run_id
  where s.id = p_sample and (r.owner = caller.user_id or caller.role = 'admin');
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such sample.');
  end if;
  return api.ok(caller, 200, jsonb_build_object('key', sample.key, 'content_type', 'audio/wav',
    'filename', api.wire_id('sample', sample.id) || '.wav'));
end
$$;

grant execute on function api.list_checkpoints, api.export_checkpoint, api.delete_checkpoint, api.sample_audio to kiskadee_training;
