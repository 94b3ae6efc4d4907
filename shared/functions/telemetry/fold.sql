-- The leader folds what was added (`delta`) into one row a series (`total`).

-- Moves at most `p_limit` rows of `delta` into `total` and says how many. The leader calls it every few seconds, as a
-- transaction of its own; where two call at once, the second does nothing.
create or replace function telemetry.fold(p_limit int default 5000) returns int
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
create or replace function telemetry.fold_from(p_low bigint, p_limit int) returns int
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

grant execute on function telemetry.fold to kiskadee_worker;
