-- Counting. Whoever counts appends rows of what was added, so nothing waits for a row that another transaction changes, and a
-- count stands or falls with the transaction that made it.

-- One histogram sample of `telemetry.record`.
create or replace function telemetry.append_buckets(p_sample jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  bounds double precision[];
  amounts bigint[];
  beyond bigint;
begin
  select coalesce(array_agg((pair ->> 0)::double precision), '{}'), coalesce(array_agg((pair ->> 1)::bigint), '{}')
    into bounds, amounts from jsonb_array_elements(p_sample -> 'buckets') as pair;
  beyond := (p_sample ->> 'count')::bigint - (select coalesce(sum(a), 0) from unnest(amounts) as a);
  if beyond is null or beyond < 0 or 0 > any (amounts) then
    raise invalid_parameter_value using message = format('%s: bucket counts do not fit the count', p_sample ->> 'name');
  end if;
  perform telemetry.append(p_sample ->> 'name', 'histogram', p_sample -> 'labels', (p_sample ->> 'sum')::double precision,
    telemetry.bucket_counts(p_sample ->> 'name', bounds || 'infinity'::double precision, amounts || beyond));
end
$$;

-- The one way into `delta`. Labels that the metric does not declare are dropped and missing ones are empty, so a caller of
-- another version cannot fail the work that it counts; a metric that nobody declared is a mistake in the caller.
create or replace function telemetry.append(p_name text, p_kind text, p_labels jsonb, p_value double precision, p_counts bigint[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  known telemetry.metric;
  cleaned jsonb;
begin
  select * into known from telemetry.metric m where m.name = p_name and m.kind = p_kind;
  if not found then
    raise invalid_parameter_value using message = format('there is no %s named %L', p_kind, p_name);
  end if;
  -- NaN sorts above infinity.
  if p_value is null or p_value < 0 or p_value >= 'infinity' then
    raise invalid_parameter_value using message = format('%s: %s is not a finite amount from zero up', p_name, p_value);
  end if;
  select coalesce(jsonb_object_agg(label, left(coalesce(p_labels ->> label, ''), 120)), '{}')
    into cleaned from unnest(known.labels) as label;
  -- Before the id is drawn, so the mark can tell which transactions may still commit a smaller id.
  perform pg_current_xact_id();
  insert into telemetry.delta (name, labels, value, counts) values (p_name, cleaned, p_value, p_counts);
end
$$;

-- What a process has counted since its last call:
--   {"name", "labels": {}, "value": 1}                                           added to a counter
--   {"name", "labels": {}, "buckets": [[0.005, 3], …], "sum": 1.2, "count": 9}   added to a histogram
-- `buckets` are pairs of an upper bound and the number of values in that bucket alone (not cumulative); `count` is all of
-- them, those above the last bound included. A bound that the metric lacks counts for the next one that it has.
create or replace function telemetry.record(p_samples jsonb) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  sample jsonb;
begin
  if jsonb_typeof(p_samples) is distinct from 'array' or jsonb_array_length(p_samples) > 2000 then
    raise invalid_parameter_value using message = 'samples must be an array of at most 2000';
  end if;
  for sample in select * from jsonb_array_elements(p_samples) loop
    if sample ? 'buckets' then
      perform telemetry.append_buckets(sample);
    else
      perform telemetry.count(sample ->> 'name', sample -> 'labels', (sample ->> 'value')::double precision);
    end if;
  end loop;
  return jsonb_array_length(p_samples);
end
$$;

-- Adds to a counter.
create or replace function telemetry.count(p_name text, p_labels jsonb, p_value double precision default 1) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_value <> 0 then
    perform telemetry.append(p_name, 'counter', p_labels, p_value, null);
  end if;
end
$$;

-- Puts observed values into a histogram.
create or replace function telemetry.observe(p_name text, p_labels jsonb, p_values double precision[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  observed double precision[] := array_remove(p_values, null);
begin
  if cardinality(observed) > 0 then
    perform telemetry.append(p_name, 'histogram', p_labels, (select sum(v) from unnest(observed) as v),
      telemetry.bucket_counts(p_name, observed, array_fill(1::bigint, array[cardinality(observed)])));
  end if;
end
$$;

grant execute on function telemetry.record to kiskadee_edge_host, kiskadee_worker;

grant execute on function telemetry.count, telemetry.observe to kiskadee_worker;
