-- Recordings and segments by the page.

-- A page of a dataset's recordings, in the order in which they came.
create or replace function training.page_of_files(p_dataset uuid, p_limit int, p_cursor text, p_state text, p_reason text) returns jsonb
language plpgsql stable as $$
declare
  after uuid := training.id_of('file', p_cursor);
  page training.file[] := array(
    select f from training.file f
    where f.dataset_id = p_dataset and (after is null or f.id > after) and (p_state is null or f.state = p_state)
      and (p_reason is null or f.reason ilike '%' || p_reason || '%')
    order by f.id limit p_limit + 1);
begin
  return jsonb_build_object(
    'items', (select coalesce(jsonb_agg(training.file_body(f) order by f.id), '[]') from unnest(page[:p_limit]) f),
    'next_cursor', case when cardinality(page) > p_limit then api.wire_id('file', page[p_limit].id) end);
end
$$;

-- By what segments are sorted; where they are in the order of the recordings, all are equal.
create or replace function training.sorted_by(p_segment training.segment, p_sort text) returns double precision
language sql stable as $$
  select coalesce(case p_sort
    when 'snr_db' then (p_segment.measures ->> 'snr_db')::double precision
    when 'alignment_score' then p_segment.alignment_score
    when 'seconds' then p_segment.end_seconds - p_segment.start_seconds
    else 0 end, 'Infinity')
$$;

-- A page of a dataset's segments. The cursor is the place of the last one of the page before, `value:id`.
create or replace function training.page_of_segments(
  p_dataset uuid, p_limit int, p_cursor text, p_state text, p_reason text, p_sort text, p_file uuid
) returns jsonb
language plpgsql stable as $$
declare
  place text[] := regexp_match(p_cursor, '^([^:]+):segment_([0-9a-f]{32})$');
  page training.segment[] := array(
    select s from training.segment s
    where s.dataset_id = p_dataset and (p_state is null or s.state = p_state) and (p_reason is null or p_reason = any(s.reasons))
      and (p_file is null or s.file_id = p_file)
      and (place is null or (training.sorted_by(s, p_sort), s.id) > (place[1]::double precision, place[2]::uuid))
    order by training.sorted_by(s, p_sort), s.id limit p_limit + 1);
  last training.segment := page[p_limit];
begin
  return jsonb_build_object(
    'items', (select coalesce(jsonb_agg(training.segment_body(s) order by training.sorted_by(s, p_sort), s.id), '[]')
      from unnest(page[:p_limit]) s),
    'next_cursor', case when cardinality(page) > p_limit
      then training.sorted_by(last, p_sort) || ':' || api.wire_id('segment', last.id) end);
end
$$;

-- What lies in a dataset.
--
-- p_filter: {"dataset", "kind": files or segments, "state"?, "reason"?, "sort"?, "file"?: id of a recording}.
create or replace function api.list_dataset_files(
  p_caller api.credentials, p_limit int, p_cursor text, p_filter jsonb
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  dataset training.dataset;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  dataset := training.own_dataset(caller, p_filter ->> 'dataset');
  if dataset.id is null then
    return training.no_dataset(caller);
  elsif p_cursor is not null and p_cursor !~ (case p_filter ->> 'kind' when 'files' then '^file_[0-9a-f]{32}$'
      else '^(-?[0-9.e+-]{1,30}|Infinity):segment_[0-9a-f]{32}$' end) then
    return api.invalid(caller, null, jsonb_build_array(api.fault('cursor', 'must be the `next_cursor` of an earlier page')));
  elsif p_filter ->> 'kind' = 'files' then
    return api.ok(caller, 200, training.page_of_files(dataset.id, p_limit, p_cursor, p_filter ->> 'state', p_filter ->> 'reason'));
  end if;
  return api.ok(caller, 200, training.page_of_segments(dataset.id, p_limit, p_cursor, p_filter ->> 'state', p_filter ->> 'reason',
    p_filter ->> 'sort', (p_filter ->> 'file')::uuid));
exception when invalid_text_representation or numeric_value_out_of_range then
  return api.invalid(caller, null, jsonb_build_array(api.fault('cursor', 'must be the `next_cursor` of an earlier page')));
end
$$;

-- Whether a caller may read what lies in the component itself.
create or replace function api.enter_to_read(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok_text(caller, 200, null);
end
$$;

grant execute on function api.list_dataset_files, api.enter_to_read to kiskadee_training;
