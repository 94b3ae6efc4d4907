-- Versions: the accepted segments of a dataset as a run takes them. Later edits do not reach what a run learns from.

-- The accepted segments as a version has them, in their order: [{"segment_id", "key", "text", "seconds"}].
create or replace function training.clips(p_dataset uuid) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('segment_id', s.id, 'key', s.key, 'text', s.text,
    'seconds', s.end_seconds - s.start_seconds) order by s.id), '[]')
  from training.segment s where s.dataset_id = p_dataset and s.state = 'accepted'
$$;

-- The version of what is accepted now. The same segments with the same words are the same version.
create or replace function training.freeze_version(p_dataset training.dataset) returns training.version
language plpgsql as $$
declare
  clips jsonb;
  digest bytea;
  frozen training.version;
begin
  -- Two that freeze at once count one after the other.
  perform from training.dataset d where d.id = p_dataset.id for update;
  clips := training.clips(p_dataset.id);
  digest := sha256(convert_to(clips::text, 'UTF8'));
  select v.* into frozen from training.version v where v.dataset_id = p_dataset.id and v.hash = digest
  -- It must not be given up with its last run while another begins.
  for key share;
  if found then
    return frozen;
  end if;
  insert into training.version (id, dataset_id, number, hash, clips, seconds)
  values (queue.uuid7(), p_dataset.id,
    1 + coalesce((select max(v.number) from training.version v where v.dataset_id = p_dataset.id), 0), digest, clips,
    (select coalesce(sum((c ->> 'seconds')::double precision), 0) from jsonb_array_elements(clips) c))
  returning * into frozen;
  insert into training.version_object (version_id, key)
  select frozen.id, c ->> 'key' from jsonb_array_elements(clips) c on conflict do nothing;
  return frozen;
end
$$;

-- Gives a version up that no run needs any more.
create or replace function training.forget_version(p_version uuid) returns void
language plpgsql as $$
declare
  keys text[] := array(select o.key from training.version_object o where o.version_id = p_version);
begin
  delete from training.version v where v.id = p_version;
  perform training.give_up(keys);
end
$$;
