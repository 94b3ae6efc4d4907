-- How much of an owner's work may run at once, for owners that would otherwise fill the fleet with work whose turn it is.

-- Null while nobody is capped. Claims that ask go on one after the other until they commit, or two at once would both use the
-- same room; what ends meanwhile only adds to it.
create or replace function queue.rooms() returns queue.room[]
language plpgsql as $$
begin
  if not exists (select from queue.owner_cap) then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('queue.owner_cap', 0));
  return array(
    select row(c.owner, c.in_flight - coalesce(used.cost, 0))::queue.room
    from queue.owner_cap c
    left join (select l.owner, sum(l.cost) as cost from queue.lease l group by l.owner) used using (owner)
  );
end
$$;

-- Sets how much of an owner may run at once; null lifts the cap.
create or replace function queue.cap_owner(p_owner uuid, p_in_flight bigint) returns void
language plpgsql as $$
begin
  if p_in_flight is null then
    delete from queue.owner_cap c where c.owner = p_owner;
  else
    insert into queue.owner_cap (owner, in_flight) values (p_owner, p_in_flight)
    on conflict (owner) do update set in_flight = excluded.in_flight;
  end if;
end
$$;

-- How much of an owner may run at once, or null.
create or replace function queue.cap_of(p_owner uuid) returns bigint
language sql stable as $$
  select c.in_flight from queue.owner_cap c where c.owner = p_owner
$$;

grant execute on function queue.rooms to kiskadee_worker;
