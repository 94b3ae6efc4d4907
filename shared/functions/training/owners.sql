-- What the training has of an owner: shown to the owner, and erased when one leaves.

create or replace function training.export_owner(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select e.place, e.kind, e.item from (
    (select 'dataset/' || d.id as place, 'dataset' as kind, training.dataset_body(d) as item
      from training.dataset d where d.owner = p_owner and 'dataset/' || d.id > coalesce(p_after, '')
      order by d.id limit p_most)
    union all
    (select 'file/' || f.id, 'dataset_file', training.file_body(f)
      from training.file f join training.dataset d on d.id = f.dataset_id
      where d.owner = p_owner and 'file/' || f.id > coalesce(p_after, '')
      order by f.id limit p_most)
    union all
    (select r.place, r.kind, r.item from training.export_runs(p_owner, p_after, p_most) r)
    union all
    (select 'segment/' || s.id, 'dataset_segment', training.segment_body(s)
      from training.segment s join training.dataset d on d.id = s.dataset_id
      where d.owner = p_owner and 'segment/' || s.id > coalesce(p_after, '')
      order by s.id limit p_most)
  ) e
  order by e.place collate "C" limit p_most
$$;

-- A step of erasing: runs and what they left, then a dataset with all that lies in it.
create or replace function training.erase_owner(p_owner uuid, p_most int) returns int
language plpgsql as $$
declare
  erased int := training.erase_runs(p_owner, p_most);
  dataset training.dataset;
begin
  if erased > 0 then
    return erased;
  end if;
  select d.* into dataset from training.dataset d where d.owner = p_owner order by d.id limit 1;
  if not found then
    return 0;
  end if;
  perform training.forget_dataset(dataset);
  return 1;
end
$$;
