-- Datasets over HTTP.

create or replace function training.dataset_body(p_dataset training.dataset) returns jsonb
language sql stable as $$
  select jsonb_build_object('dataset_id', api.wire_id('dataset', p_dataset.id), 'name', p_dataset.name,
    'language', p_dataset.language, 'created_at', api.wire_time(p_dataset.created_at),
    'updated_at', api.wire_time(p_dataset.updated_at))
$$;

-- The caller's datasets, newest first.
create or replace function api.list_datasets(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_datasets training.dataset[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  found_datasets := array(
    select d from training.dataset d
    where d.owner = caller.user_id and d.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by d.id desc limit p_limit + 1);
  select jsonb_build_object('items', coalesce(jsonb_agg(training.dataset_body(d) order by d.id desc), '[]'),
    'next_cursor', case when cardinality(found_datasets) > p_limit
      then api.wire_id('dataset', found_datasets[p_limit].id) end) into body
  from unnest(found_datasets[:p_limit]) d;
  return api.ok(caller, 200, body);
end
$$;

grant execute on function api.list_datasets to kiskadee_training;
