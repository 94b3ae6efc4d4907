-- What attempts of a step have done: the next one goes on from there, and at the end it is forgotten.

-- Notes a part of a step that is done, in the name of the attempt that has the job; false where that is another by now.
--
-- p_objects: [{"key", "bytes"}], which nothing else knows of yet.
create or replace function training.note_step(p_job uuid, p_token bigint, p_place text, p_note jsonb, p_objects jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  owner uuid;
begin
  if not queue.holds(p_job, p_token) then
    return false;
  end if;
  select d.owner into owner from training.dataset d where d.step_job = p_job;
  perform storage.keep(o.key, 'training', owner, o.bytes) from jsonb_to_recordset(p_objects) o(key text, bytes bigint)
  where owner is not null;
  insert into training.step_note (job_id, place, note, keys)
  values (p_job, p_place, p_note, array(select o ->> 'key' from jsonb_array_elements(p_objects) o))
  on conflict (job_id, place) do update set note = excluded.note, keys = training.step_note.keys || excluded.keys;
  return true;
end
$$;

-- What was done of a step.
create or replace function training.step_notes(p_job uuid) returns table (place text, note jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select n.place, n.note from training.step_note n where n.job_id = p_job
$$;

-- A step has ended: what its notes kept and nothing took over goes.
create or replace function training.forget_notes(p_job uuid) returns void
language plpgsql as $$
declare
  keys text[];
begin
  with gone as (
    delete from training.step_note n where n.job_id = p_job returning n.keys
  )
  select array_agg(k) into keys from gone, unnest(gone.keys) k;
  perform training.give_up(coalesce(keys, '{}'));
end
$$;

grant execute on function training.note_step, training.step_notes to kiskadee_worker;
