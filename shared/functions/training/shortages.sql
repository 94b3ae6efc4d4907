-- What a slice lacks: memory, for which a run waits or with less of which it goes on, or something that is away for a while.

-- A step does not fit into memory: on from the last checkpoint with half the batch, added up twice as often, so that a step is the same,
-- once. Of an odd batch it is the largest of which a step can still be made. False when the run has failed.
create or replace function training.split_batch(p_run training.run, p_short jsonb) returns boolean
language plpgsql as $$
declare
  batch int := (p_run.plan ->> 'batch_size')::int;
  times int := coalesce((p_run.plan ->> 'gradient_accumulation')::int, 1);
  smaller int := (select max(n) from generate_series(1, batch / 2) n where batch * times % n = 0);
begin
  if p_run.split_from is not null or smaller is null then
    perform training.end_run(p_run.id, 'failed', format('%s, with %s in a batch%s: %s', training.shortage(p_short), batch,
      case when p_run.split_from is not null then ', half of what the run began with' else '' end,
      training.out_of_memory_advice(p_run, batch, times)));
    return false;
  end if;
  update training.run r set split_from = p_run.step,
    plan = r.plan || jsonb_build_object('batch_size', smaller, 'gradient_accumulation', batch * times / smaller)
  where r.id = p_run.id;
  perform training.log(p_run.id, 'warning', format(
    '%s; going on from step %s with batches of %s instead of %s, of which %s instead of %s make a step: as many clips as before',
    training.shortage(p_short), p_run.step, smaller, batch, batch * times / smaller, times));
  return true;
end
$$;

-- What a slice found to be too little: {"needed_bytes", "free_bytes"}, or {"said"} by a device that tells no figures.
create or replace function training.shortage(p_short jsonb) returns text
language sql immutable as $$
  select case when p_short ->> 'needed_bytes' is not null
    then format('a step needs %s of memory and %s can be had', training.memory_words((p_short ->> 'needed_bytes')::numeric),
      training.memory_words((p_short ->> 'free_bytes')::numeric))
    else format('a step does not fit into the memory of the device (%s)', p_short ->> 'said') end
$$;

create or replace function training.memory_words(p_bytes numeric) returns text
language sql immutable as $$
  select case when p_bytes < 1e8 then round(p_bytes / 1e6) || ' MB' else round(p_bytes / 1e9, 1) || ' GB' end
$$;

create or replace function training.out_of_memory_advice(p_run training.run, p_batch int, p_times int) returns text
language sql immutable as $$
  select 'free memory and resume the run, train where there is more of it, or start a run with ' || case
    when p_batch = 1 then 'shorter clips'
    when p_run.engine = 'kiskadee' then 'a smaller batch_size'
    else format('batch_size 1 and gradient_accumulation %s', p_batch * p_times) end
$$;

-- A slice finds too little memory because others hold it. Whether it may still wait for them, which is so for a while from the first time on.
create or replace function training.wait_for_memory(p_job uuid, p_token bigint, p_seconds double precision) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run training.run := training.held_run(p_job, p_token);
begin
  if run.id is null then
    return true;
  end if;
  update training.run r set short_since = coalesce(r.short_since, clock_timestamp()) where r.id = run.id returning * into run;
  return run.short_since > clock_timestamp() - make_interval(secs => p_seconds);
end
$$;

-- A slice is tried again later. Its run says why, unless it has just said so, whatever the figures are by now.
create or replace function training.put_off(p_job uuid, p_token bigint, p_why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run training.run := training.held_run(p_job, p_token);
begin
  if run.id is null then
    return;
  end if;
  update training.run r set token = null, updated_at = clock_timestamp() where r.id = run.id;
  if not exists (
    select from (
      select e.at, e.body ->> 'message' as said from training.event e
      where e.run_id = run.id and e.kind = 'log' and e.level = 'warning' order by e.seq desc limit 1) l
    where l.at > clock_timestamp() - interval '10 minutes'
      and regexp_replace(l.said, '[0-9.]+', '', 'g') = regexp_replace(left(p_why, 2000), '[0-9.]+', '', 'g')
  ) then
    perform training.log(run.id, 'warning', p_why, run.step);
  end if;
end
$$;

grant execute on function training.wait_for_memory, training.put_off to kiskadee_worker;
