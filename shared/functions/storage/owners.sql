-- What the storage has of an owner: shown to the owner, and erased when one leaves.

create or replace function storage.export_owner(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select u.id::text, 'upload', storage.upload_body(u) from storage.upload u
  where u.owner = p_owner and u.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')::uuid
  order by u.id limit p_most
$$;

-- A step of erasing: uploads, then whatever else the ledger has, which is nobody's until a worker has deleted it, for the row of its
-- owner goes before.
create or replace function storage.erase_owner(p_owner uuid, p_most int) returns int
language plpgsql as $$
declare
  found_rows int;
begin
  perform storage.forget_upload(u) from (
    select o.* from storage.upload o where o.owner = p_owner order by o.id limit p_most for update) u;
  get diagnostics found_rows = row_count;
  if found_rows > 0 then
    return found_rows;
  end if;
  update storage.object o set state = 'discarded', owner = null, changed_at = clock_timestamp()
  where o.key = any(array(
    (select k.key from storage.object k where k.owner = p_owner and k.state = 'kept' limit p_most)
    union all
    (select k.key from storage.object k where k.owner = p_owner and k.state = 'discarded' limit p_most)));
  get diagnostics found_rows = row_count;
  -- A day each at most, and what was counted lately.
  delete from storage.result_delta d where d.owner = p_owner;
  delete from storage.result_bytes r where r.owner = p_owner;
  return found_rows;
end
$$;
