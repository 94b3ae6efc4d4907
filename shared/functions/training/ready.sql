-- Tells who asked for it that a run can begin on a dataset.

-- Looks whether a dataset is ready, and tells of a change to that, once.
create or replace function training.look_if_ready(p_dataset uuid) returns void
language plpgsql as $$
declare
  dataset training.dataset;
  is_ready boolean;
begin
  select * into dataset from training.dataset d where d.id = p_dataset for update;
  if not found or dataset.step is not null then
    return;
  end if;
  is_ready := training.dataset_blockers(dataset) = '[]';
  if is_ready = dataset.was_ready then
    return;
  end if;
  update training.dataset d set was_ready = is_ready where d.id = p_dataset;
  if is_ready then
    perform webhook.emit(dataset.owner, 'dataset.ready', dataset.webhook_url, jsonb_build_object(
      'dataset_id', api.wire_id('dataset', dataset.id), 'name', dataset.name,
      'accepted_seconds', round(training.accepted_seconds(dataset.id)::numeric, 3),
      'suffices_for', training.suffices_for(training.accepted_seconds(dataset.id)),
      'status_url', '/training/datasets/' || api.wire_id('dataset', dataset.id)));
  end if;
end
$$;
