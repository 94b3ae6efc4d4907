-- What machines ask: metrics and readiness.

-- Every metric with its samples, as JSON; the component writes the exposition format. A counter or histogram without
-- labels is there from the first scrape on, with zero, because `rate()` cannot see a series appear; but for those of the server, which
-- are not zero when nobody has asked. Compiling this costs more than running it.
create or replace function api.metrics() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  with sample as (
    select c.name, c.labels, c.value::float8 as value, c.counts from telemetry.current c
    union all
    select g.name, g.labels, g.value, null from telemetry.gauges() g
    union all
    select m.name, '{}', 0, case when m.kind = 'histogram' then array_fill(0::bigint, array[cardinality(m.buckets) + 1]) end
    from telemetry.metric m
    where m.kind <> 'gauge' and m.labels = '{}' and not m.measured
      and not exists (select from telemetry.current c where c.name = m.name)
  ), family as (
    select s.name, jsonb_agg(jsonb_build_object('labels', s.labels, 'value', s.value, 'counts', s.counts) order by s.labels) as samples
    from sample s group by s.name
  )
  select jsonb_agg(jsonb_build_object('name', m.name, 'kind', m.kind, 'help', m.help, 'bounds', m.buckets,
    'samples', coalesce(f.samples, '[]')) order by m.name)::text
  from telemetry.metric m left join family f on f.name = m.name
$$;

create or replace function telemetry.counted(p_name text) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(c.value), 0)::bigint from telemetry.current c where c.name = p_name
$$;

-- Whether the deployment can take work and finish it. Storage is vouched for by the workers, which write to it.
create or replace function api.ready() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object(
    'workers', count(*) > 0,
    'storage', coalesce(bool_or(w.storage_ok), false),
    'models', coalesce(bool_or(jsonb_array_length(w.engines) > 0), false),
    'gpu', exists (select from telemetry.accelerators()))::text
  from queue.worker w where w.expires_at > clock_timestamp()
$$;

grant execute on function api.metrics, api.ready to kiskadee_ops;
