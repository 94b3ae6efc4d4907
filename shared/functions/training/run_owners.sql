-- What runs have of an owner: shown to the owner, and erased when one leaves.

-- Runs, with what they left and what was compared, in the order of places.
create or replace function training.export_runs(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select all_kinds.place, all_kinds.kind, all_kinds.item from (
    (select 'comparison/' || c.id as place, 'comparison' as kind, training.comparison_body(c, p_owner) as item
      from training.comparison c where c.owner = p_owner and 'comparison/' || c.id > coalesce(p_after, '')
      order by c.id limit p_most)
    union all
    (select 'run/' || r.id, 'run', training.run_body(r)
      from training.run r where r.owner = p_owner and 'run/' || r.id > coalesce(p_after, '')
      order by r.id limit p_most)
  ) all_kinds
  order by all_kinds.place collate "C" limit p_most
$$;

-- A step of erasing what an owner's runs left. Returns how many rows it saw to.
create or replace function training.erase_runs(p_owner uuid, p_most int) returns int
language plpgsql as $$
declare
  comparisons uuid[] := array(select c.id from training.comparison c where c.owner = p_owner order by c.id limit p_most);
  runs uuid[] := array(select r.id from training.run r where r.owner = p_owner order by r.id limit p_most);
begin
  if comparisons <> '{}' then
    perform training.forget_comparisons(comparisons);
    return cardinality(comparisons);
  end if;
  perform training.forget_runs(runs);
  return cardinality(runs);
end
$$;

-- Forgets runs with all that they left. A slice that is at work finds that there is nothing to work for.
create or replace function training.forget_runs(p_runs uuid[]) returns void
language plpgsql as $$
declare
  run training.run;
begin
  -- The jobs before the rows, as a settlement takes them.
  perform from queue.lease l where l.job_id in (select x.job_id from training.run x where x.id = any(p_runs)) order by l.job_id for update;
  for run in select * from training.run r where r.id = any(p_runs) order by r.id for update loop
    update training.run r set job_id = null where r.id = run.id;
    if run.job_id is not null then
      perform queue.cancel_job(run.owner, run.job_id);
    end if;
    perform training.forget_checkpoints(run.id);
    perform training.forget_samples(run.id);
    perform storage.discard(array_remove(array[run.corpus_key], null));
    delete from training.run r where r.id = run.id;
    perform from training.version v where v.id = run.version_id for update;
    perform training.forget_version(run.version_id) where not exists (select from training.run r where r.version_id = run.version_id);
  end loop;
end
$$;

-- Forgets what stands on a dataset: its runs, and the comparisons in which they spoke. Its voices go once the dataset is held.
create or replace function training.forget_runs_of(p_dataset uuid) returns void
language plpgsql as $$
begin
  perform training.forget_comparisons(array(
    select c.id from training.comparison c where p_dataset = any(c.datasets)));
  perform training.forget_runs(array(select r.id from training.run r where r.dataset_id = p_dataset));
end
$$;
