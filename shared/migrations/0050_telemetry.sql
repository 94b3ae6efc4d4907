-- Counters and histograms of the whole fleet.
--
-- Whoever counts appends rows of what was added (`delta`); the leader folds them into one row a series (`total`); a reader
-- adds the two in one snapshot. Nothing waits for a row that another transaction changes, a count stands or falls with the
-- transaction that made it, and no restart of an edge or a worker loses what was counted.

create table telemetry.metric (
  name text primary key check (name ~ '^[a-z][a-z0-9_]*$'),
  kind text not null check (kind in ('counter', 'gauge', 'histogram')),
  help text not null,
  labels text[] not null default '{}',
  -- Upper bounds of a histogram, ascending, without the last (infinite) one. `counts` below follow them by position,
  -- so a metric keeps its bounds for ever; other bounds need another name.
  buckets double precision[],
  check ((kind = 'histogram') = (buckets is not null))
);

insert into telemetry.metric (name, kind, help, labels, buckets) values
  ('http_requests_total', 'counter', 'Requests answered by the edge.', '{method,endpoint,status}', null),
  ('tts_jobs_created_total', 'counter', 'Speech jobs enqueued.', '{engine,language}', null),
  ('tts_jobs_completed_total', 'counter', 'Speech jobs completed.', '{}', null),
  ('tts_jobs_failed_total', 'counter', 'Speech jobs that failed for good.', '{}', null),
  ('rvc_conversion_total', 'counter', 'Voice conversions completed.', '{}', null),
  ('cache_hits_total', 'counter', 'Look-ups that a cache answered.', '{cache}', null),
  ('cache_misses_total', 'counter', 'Look-ups that a cache could not answer.', '{cache}', null),
  ('api_latency_seconds', 'histogram', 'Time from a request to the head of its answer.', '{method,endpoint}',
    '{0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10}'),
  ('audio_generation_duration_seconds', 'histogram', 'Time to make the audio of one job.', '{engine}',
    '{0.05,0.1,0.25,0.5,1,2.5,5,10,30,60,120,300}'),
  ('audio_file_size_bytes', 'histogram', 'Size of the audio of one job.', '{}',
    '{4096,16384,65536,262144,1048576,4194304,16777216,67108864}'),
  ('gpu_memory_usage_bytes', 'gauge', 'Device memory in use.', '{worker,device}', null),
  ('gpu_utilization_percent', 'gauge', 'Share of time in which the device computed.', '{worker,device}', null),
  ('queue_depth', 'gauge', 'Jobs that could run now and wait for a worker.', '{queue}', null),
  ('queue_oldest_job_seconds', 'gauge', 'Age of the job that has waited longest.', '{queue}', null),
  ('queue_running_jobs', 'gauge', 'Jobs that a worker holds.', '{queue}', null),
  ('queue_dead_jobs', 'gauge', 'Failed jobs that wait for a redrive or the end of their retention.', '{}', null),
  ('workers_alive', 'gauge', 'Workers whose heartbeat is current.', '{}', null);

create sequence telemetry.delta_id as bigint;

-- What was added. `value` is a counter's increment or the sum of the observed values; `counts` are a histogram's. It is
-- numeric because that adds up to the same in any order: a sum that shrank by a rounding would look like a restart.
create table telemetry.delta (
  id bigint primary key default nextval('telemetry.delta_id'),
  value numeric not null,
  name text not null,
  labels jsonb not null,
  counts bigint[]
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

alter sequence telemetry.delta_id owned by telemetry.delta.id;

create table telemetry.total (
  value numeric not null,
  name text not null,
  labels jsonb not null,
  counts bigint[],
  primary key (name, labels)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Where `delta` begins: every row below `low` is folded. Under a transaction held open for minutes deleted rows stay in
-- the index, and starting behind them keeps a fold and a scrape cheap. `next_low` becomes `low` once every transaction
-- older than `next_xid` has ended, for only they can still commit a row below it.
create table telemetry.mark (
  only_row boolean primary key default true check (only_row),
  low bigint not null default 1,
  next_low bigint not null default 1,
  next_xid xid8 not null default '0'
) with (fillfactor = 10);

insert into telemetry.mark default values;

-- The one way into `delta`. Labels that the metric does not declare are dropped and missing ones are empty, so a caller of
-- another version cannot fail the work that it counts; a metric that nobody declared is a mistake in the caller.
create function telemetry.append(p_name text, p_kind text, p_labels jsonb, p_value double precision, p_counts bigint[]) returns void
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

-- Adds to a counter.
create function telemetry.count(p_name text, p_labels jsonb, p_value double precision default 1) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_value <> 0 then
    perform telemetry.append(p_name, 'counter', p_labels, p_value, null);
  end if;
end
$$;

-- How many of `p_amounts` fall in each bucket of a histogram: observation i stands for `p_amounts[i]` values of
-- `p_values[i]` (or of just below it, where it is the bound of a bucket counted elsewhere).
create function telemetry.bucket_counts(p_name text, p_values double precision[], p_amounts bigint[]) returns bigint[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(
    select coalesce(sum(o.amount), 0)::bigint
    from unnest(m.buckets || 'infinity'::double precision) with ordinality as b(bound, place)
    left join unnest(p_values, p_amounts) as o(value, amount)
      on o.value <= b.bound and (b.place = 1 or o.value > m.buckets[b.place - 1])
    group by b.place order by b.place)
  from telemetry.metric m where m.name = p_name and m.kind = 'histogram'
$$;

-- Puts observed values into a histogram.
create function telemetry.observe(p_name text, p_labels jsonb, p_values double precision[]) returns void
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

-- One histogram sample of `telemetry.record`.
create function telemetry.append_buckets(p_sample jsonb) returns void
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

-- What a process has counted since its last call:
--   {"name", "labels": {}, "value": 1}                                           added to a counter
--   {"name", "labels": {}, "buckets": [[0.005, 3], …], "sum": 1.2, "count": 9}   added to a histogram
-- `buckets` are pairs of an upper bound and the number of values in that bucket alone (not cumulative); `count` is all of
-- them, those above the last bound included. A bound that the metric lacks counts for the next one that it has.
create function telemetry.record(p_samples jsonb) returns int
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

create function telemetry.add_counts(p_left bigint[], p_right bigint[]) returns bigint[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case
    when p_left is null then p_right
    when p_right is null then p_left
    else array(
      select coalesce(l, 0) + coalesce(r, 0)
      from unnest(p_left, p_right) with ordinality as pair(l, r, place) order by place)
  end
$$;

create aggregate telemetry.sum_counts(bigint[]) (sfunc = telemetry.add_counts, stype = bigint[]);

-- Moves at most `p_limit` rows of `delta` into `total` and says how many. The leader calls it every few seconds, as a
-- transaction of its own; where two call at once, the second does nothing.
create function telemetry.fold(p_limit int default 5000) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Whoever drew an id below `drawn` had its transaction's number by then, hence one below `own`: that is only so where
  -- this transaction gets its own number now, and not before.
  fresh boolean := pg_current_xact_id_if_assigned() is null;
  drawn bigint := (select s.last_value + s.is_called::int from telemetry.delta_id s);
  own xid8 := pg_current_xact_id();
  mark telemetry.mark;
  settled boolean;
  folded int;
begin
  -- The mark compares snapshots of successive statements.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise feature_not_supported using message = 'telemetry.fold needs read committed';
  end if;
  select * into mark from telemetry.mark for update skip locked;
  if not found then
    return 0;
  end if;
  settled := pg_snapshot_xmin(pg_current_snapshot()) >= mark.next_xid;
  folded := telemetry.fold_from(mark.low, p_limit);
  if settled and folded < p_limit then
    mark.low := mark.next_low;
  end if;
  if fresh and mark.next_low = mark.low then
    mark.next_low := drawn;
    mark.next_xid := own;
  end if;
  update telemetry.mark m set low = mark.low, next_low = mark.next_low, next_xid = mark.next_xid
    where (m.low, m.next_low) is distinct from (mark.low, mark.next_low);
  return folded;
end
$$;

-- One statement, so a reader sees a row either in `delta` or in its total. A metric has at most 1000 series; what comes
-- after them is added up in one whose labels all say `other`, so a runaway label cannot fill the memory of who scrapes.
create function telemetry.fold_from(p_low bigint, p_limit int) returns int
language sql set search_path = pg_catalog, pg_temp set jit = off as $$
  with picked as materialized (
    select d.id from telemetry.delta d where d.id >= p_low order by d.id limit p_limit
  ), gone as (
    delete from telemetry.delta d using picked p where d.id = p.id returning d.*
  ), series as (
    select g.name, g.labels, sum(g.value) as value, telemetry.sum_counts(g.counts) as counts
    from gone g group by g.name, g.labels
  ), placed as (
    select s.*, t.name is not null as known,
      (select count(*) from telemetry.total o where o.name = s.name)
        + row_number() over (partition by s.name, t.name is null order by s.labels) as place
    from series s left join telemetry.total t on t.name = s.name and t.labels = s.labels
  ), kept as (
    select p.name, p.value, p.counts, case
        when p.known or p.place <= 1000 then p.labels
        else (select coalesce(jsonb_object_agg(label, 'other'), '{}') from jsonb_object_keys(p.labels) as label)
      end as labels
    from placed p
  ), added as (
    insert into telemetry.total as t (name, labels, value, counts)
    select k.name, k.labels, sum(k.value), telemetry.sum_counts(k.counts) from kept k group by k.name, k.labels
    on conflict (name, labels) do update
      set value = t.value + excluded.value, counts = telemetry.add_counts(t.counts, excluded.counts)
  )
  select count(*)::int from gone
$$;

-- The truth of this instant: folded and not yet folded, added up.
create view telemetry.current as
  select both_sides.name, both_sides.labels, sum(both_sides.value) as value, telemetry.sum_counts(both_sides.counts) as counts
  from (
    select t.name, t.labels, t.value, t.counts from telemetry.total t
    union all
    select d.name, d.labels, d.value, d.counts from telemetry.delta d, telemetry.mark m where d.id >= m.low
  ) as both_sides
  group by both_sides.name, both_sides.labels;

grant execute on function telemetry.record(jsonb) to kiskadee_edge_host, kiskadee_worker;
grant execute on function telemetry.count(text, jsonb, double precision), telemetry.observe(text, jsonb, double precision[]),
  telemetry.fold(int) to kiskadee_worker;
grant select on all tables in schema telemetry to kiskadee_worker;
