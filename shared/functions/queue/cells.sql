-- Which of the cells that a service may be divided into this database is.

-- The cell of an id that was made since ids carry it.
create or replace function queue.cell_of(p_id uuid) returns int
language sql immutable strict parallel safe as $$
  select ('x' || substr(replace(p_id::text, '-', ''), 17, 3))::bit(12)::int & 1023
$$;

-- Makes an installation without users another cell. The owner of the database calls it.
create or replace function queue.become_cell(p_cell int) returns void
language plpgsql as $$
begin
  if p_cell not between 0 and 1023 then
    raise exception 'a cell is a number from 0 to 1023' using errcode = '22023';
  end if;
  if p_cell <> queue.cell() and exists (select from account."user") then
    raise exception 'a database with users stays the cell that it is: its keys, tokens and ids say so' using errcode = '55000';
  end if;
  -- Not a definition of these files, which are searched for such words.
  execute format('create or replace %s queue.cell() returns int language sql immutable parallel safe as %L',
    'function', format('select %s', p_cell));
end
$$;

-- The same for the components that make keys and tokens.
create or replace function api.cell() returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select queue.cell()
$$;

grant execute on function api.cell to kiskadee_accounts;
