-- The ledger of the object storage: who accounts for what lies there, and what is to be deleted. The storage and the database
-- cannot be changed together, so the order is always the same: an object is written before its row, and its row goes, or is
-- marked, before it is deleted. What dies in between leaves an object without a row, which the sweep finds.

-- Accounts for an object that has been written, in the transaction that begins to refer to it.
create or replace function storage.keep(p_key text, p_family text, p_owner uuid, p_bytes bigint) returns void
language sql as $$
  insert into storage.object as o (key, family, owner, bytes) values (p_key, p_family, p_owner, p_bytes)
  on conflict (key) do update set family = excluded.family, owner = excluded.owner, bytes = excluded.bytes,
    state = 'kept', changed_at = excluded.changed_at
$$;

-- Accounts for objects that several tell of again and again; an hour is exact enough for that.
create or replace function storage.keep_shared(p_keys text[], p_family text) returns void
language sql as $$
  insert into storage.object as o (key, family)
  select distinct k, p_family from unnest(p_keys) k where k is not null order by k
  on conflict (key) do update set state = 'kept', changed_at = excluded.changed_at
    where o.state <> 'kept' or o.changed_at < excluded.changed_at - interval '1 hour'
$$;

-- Those of them that nobody has told of for so long.
create or replace function storage.unshared(p_family text, p_prefix text, p_age interval) returns setof text
language sql stable as $$
  select o.key from storage.object o
  where o.owner is null and o.family = p_family and o.state = 'kept' and split_part(o.key, '/', 1) = p_prefix
    and o.changed_at < clock_timestamp() - p_age
$$;

-- Gives objects up, in the transaction that ceases to refer to them. A worker deletes them soon.
create or replace function storage.discard(p_keys text[]) returns void
language sql as $$
  insert into storage.object as o (key, family, state)
  select k, coalesce(p.family, ''), 'discarded'
  from unnest(p_keys) k left join storage.prefix p on p.prefix = split_part(k, '/', 1)
  where k is not null
  order by k
  on conflict (key) do update set state = 'discarded', changed_at = excluded.changed_at
$$;

-- What a worker is to delete now, the longest given up first. What nobody came back for is given up with it.
create or replace function storage.discarded(p_limit int) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  due record;
begin
  for due in select p.expired_by as function from storage.prefix p where p.expired_by is not null order by p.prefix loop
    execute format('select %s()', due.function);
  end loop;
  return query
    select o.key from storage.object o
    where o.state = 'discarded' and not storage.deletions_are_held() order by o.changed_at limit p_limit;
end
$$;

-- Forgets what the worker has deleted.
create or replace function storage.deleted(p_keys text[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from storage.object o where o.key = any(p_keys) and o.state = 'discarded'
$$;

-- The prefixes that a sweep goes through.
create or replace function storage.prefixes() returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.prefix from storage.prefix p order by p.prefix
$$;

-- Of the keys of objects, those that something refers to.
create or replace function storage.referenced(p_keys text[]) returns setof text
language plpgsql stable as $$
declare
  asked record;
begin
  return query select o.key from storage.object o where o.key = any(p_keys) and o.state = 'kept';
  for asked in
    select p.kept_by as function, array_agg(k) as keys
    from unnest(p_keys) k join storage.prefix p on p.prefix = split_part(k, '/', 1)
    where p.kept_by is not null group by p.kept_by
  loop
    return query execute format('select * from %s($1)', asked.function) using asked.keys;
  end loop;
end
$$;

-- Of the keys of objects, those that must stay: all of them while a backup copies.
create or replace function storage.kept(p_keys text[]) returns setof text
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select unnest(p_keys) where storage.deletions_are_held()
  union select * from storage.referenced(p_keys)
$$;

-- Bytes that an owner has with a family.
create or replace function storage.owned_bytes(p_owner uuid, p_family text) returns bigint
language sql stable as $$
  select coalesce(sum(o.bytes), 0)::bigint from storage.object o
  where o.owner = p_owner and o.family = p_family and o.state = 'kept'
$$;

grant execute on function storage.discarded, storage.deleted, storage.prefixes, storage.kept to kiskadee_worker;
