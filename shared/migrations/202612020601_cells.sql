-- phase: expand
-- The cell: one of the installations that a service may be divided into, each with a database of its own, between which nothing is
-- joined. A database is cell 0 until it is told otherwise, as long as it has no users. The number is the body of a function, not a row, for
-- it stands in every id, and so it costs nothing there. Made here, for a default of columns calls it.
create function queue.cell() returns int
language sql immutable parallel safe as $$
  select 0
$$;

-- A UUIDv7 as before, of which the first ten bits behind the variant (RFC 9562: the first of `rand_b`) are the cell, so that an id tells
-- where its rows are. 52 random bits keep those of one microsecond of a cell apart. Ids of before this migration have random bits there;
-- all of them are of cell 0, and older than it. Still one expression, to be inlined.
create or replace function queue.uuid7_of(p_us bigint) returns uuid
language sql volatile parallel safe as $$
  select (lpad(to_hex(p_us / 1000), 12, '0') || to_hex(28672 + p_us % 1000 * 4096 / 1000)
    || to_hex(2048 + queue.cell()) || substr(gen_random_uuid()::text, 23))::uuid
$$;
