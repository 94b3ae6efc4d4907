-- For backups, which the owner of the database makes: what must be copied, and that it stays until it has been.

-- Keeps workers from deleting objects for a while, and from then on what the same holder asks for.
create or replace function storage.hold_deletions(p_holder text, p_for interval) returns void
language sql as $$
  delete from storage.hold where until < clock_timestamp();
  insert into storage.hold (holder, until) values (p_holder, clock_timestamp() + p_for)
  on conflict (holder) do update set until = excluded.until
$$;

create or replace function storage.release_deletions(p_holder text) returns void
language sql as $$
  delete from storage.hold where holder = p_holder
$$;

create or replace function storage.deletions_are_held() returns boolean
language sql as $$
  select exists (select from storage.hold h where h.until > clock_timestamp())
$$;

create or replace function storage.note_backup(p_id text, p_taken_at timestamptz, p_bytes bigint) returns void
language sql as $$
  insert into storage.backup (id, taken_at, bytes) values (p_id, p_taken_at, p_bytes)
$$;

create or replace function storage.note_verified(p_id text) returns void
language sql as $$
  update storage.backup set verified_at = clock_timestamp() where id = p_id
$$;

create or replace function storage.note_pruned(p_ids text[]) returns void
language sql as $$
  delete from storage.backup where id = any(p_ids)
$$;
