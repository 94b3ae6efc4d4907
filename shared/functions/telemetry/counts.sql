-- Counts of histograms, added up by position, and what the whole fleet has counted until now.

create or replace function telemetry.add_counts(p_left bigint[], p_right bigint[]) returns bigint[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case
    when p_left is null then p_right
    when p_right is null then p_left
    else array(
      select coalesce(l, 0) + coalesce(r, 0)
      from unnest(p_left, p_right) with ordinality as pair(l, r, place) order by place)
  end
$$;

create or replace aggregate telemetry.sum_counts(bigint[]) (sfunc = telemetry.add_counts, stype = bigint[]);

-- How many of `p_amounts` fall in each bucket of a histogram: observation i stands for `p_amounts[i]` values of
-- `p_values[i]` (or of just below it, where it is the bound of a bucket counted elsewhere).
create or replace function telemetry.bucket_counts(p_name text, p_values double precision[], p_amounts bigint[]) returns bigint[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(
    select coalesce(sum(o.amount), 0)::bigint
    from unnest(m.buckets || 'infinity'::double precision) with ordinality as b(bound, place)
    left join unnest(p_values, p_amounts) as o(value, amount)
      on o.value <= b.bound and (b.place = 1 or o.value > m.buckets[b.place - 1])
    group by b.place order by b.place)
  from telemetry.metric m where m.name = p_name and m.kind = 'histogram'
$$;

-- The truth of this instant: folded and not yet folded, added up.
create or replace view telemetry.current as
  select both_sides.name, both_sides.labels, sum(both_sides.value) as value, telemetry.sum_counts(both_sides.counts) as counts
  from (
    select t.name, t.labels, t.value, t.counts from telemetry.total t
    union all
    select d.name, d.labels, d.value, d.counts from telemetry.delta d, telemetry.mark m where d.id >= m.low
  ) as both_sides
  group by both_sides.name, both_sides.labels;

grant select on telemetry.current to kiskadee_worker;
