-- How much of the storage an owner has in use: files, which the ledger knows, and results, which are counted as they are made.
--
-- The count of results cannot drift: a settlement adds to it in its own transaction, the leader's adding up moves what is there, and a
-- day is dropped with its results. What is deleted by hand is found by `recount_results`, which goes round all owners.

-- The bytes of a result that lies in the storage; 0 for any other.
create or replace function storage.result_size(p_result jsonb) returns bigint
language sql immutable as $$
  select case when p_result ->> 'key' like 'results/%' and jsonb_typeof(p_result -> 'bytes') = 'number'
    then (p_result ->> 'bytes')::bigint else 0 end
$$;

-- Counts what was made, in the transaction that settles it.
create or replace function storage.count_results(p_concluded queue.concluded[]) returns void
language plpgsql as $$
begin
  insert into storage.result_delta (owner, day, bytes)
  select c.owner, (clock_timestamp() at time zone 'UTC')::date, sum(storage.result_size(c.result))
  from unnest(p_concluded) c where c.outcome = 'completed' and c.result ? 'bytes'
  group by c.owner having sum(storage.result_size(c.result)) > 0;
end
$$;

-- Adds up to p_limit counts up, and drops the days of which nothing is left. Returns how many there were.
create or replace function storage.fold_results(p_limit int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  folded int;
begin
  with taken as (
    delete from storage.result_delta d where d.ctid = any(array(
      select x.ctid from storage.result_delta x limit p_limit for update skip locked))
    returning d.owner, d.day, d.bytes
  ), added as (
    insert into storage.result_bytes as r (owner, day, bytes)
    select t.owner, t.day, sum(t.bytes) from taken t group by t.owner, t.day order by t.owner, t.day
    on conflict (owner, day) do update set bytes = r.bytes + excluded.bytes
  )
  select count(*)::int into folded from taken;
  delete from storage.result_bytes r where r.day < (queue.horizon() at time zone 'UTC')::date;
  return folded;
end
$$;

-- Counts no more what an owner had made before that day, which goes.
create or replace function storage.forget_results(p_owner uuid, p_before date) returns void
language sql as $$
  delete from storage.result_bytes r where r.owner = p_owner and r.day < p_before
$$;

-- Counts the results of an owner anew, unless they are too many to be read at once. All of one snapshot: what is being settled
-- meanwhile is in neither, and its own count comes with it.
create or replace function storage.recount_results(p_owner uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (select count(*) from (select from queue.done d where d.owner = p_owner limit 200001) some_of) > 200000 then
    return;
  end if;
  -- Nobody adds up meanwhile.
  lock table storage.result_bytes in share row exclusive mode;
  with counted as (
    delete from storage.result_delta d where d.owner = p_owner
  ), fresh as materialized (
    select (d.finished_at at time zone 'UTC')::date as day, sum(storage.result_size(d.result)) as bytes
    from queue.done d where d.owner = p_owner and d.outcome = 'completed' group by 1
  ), gone as (
    delete from storage.result_bytes r where r.owner = p_owner and not exists (select from fresh f where f.day = r.day)
  )
  insert into storage.result_bytes (owner, day, bytes)
  select p_owner, f.day, f.bytes from fresh f where f.bytes > 0
  on conflict (owner, day) do update set bytes = excluded.bytes;
end
$$;

-- Counts the results of some owner anew: who calls it again and again has gone round all of them.
create or replace function storage.recount_some() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  someone uuid := (select r.owner from storage.result_bytes r order by random() limit 1);
begin
  if someone is not null then
    perform storage.recount_results(someone);
  end if;
end
$$;

create or replace function storage.owned_result_bytes(p_owner uuid) returns bigint
language sql stable as $$
  select coalesce(sum(r.bytes), 0)::bigint from storage.result_bytes r where r.owner = p_owner
$$;

create or replace function storage.owned_file_bytes(p_owner uuid) returns bigint
language sql stable as $$
  select coalesce(sum(o.bytes), 0)::bigint from storage.object o where o.owner = p_owner and o.state = 'kept'
$$;

-- Why nothing more is taken in that would be stored, or null: no worker has room to write, or the caller has used up its quota.
create or replace function storage.refusal(p_caller api.caller) returns api.answer
language plpgsql as $$
declare
  quota bigint := api.storage_quota(p_caller.user_id);
  used bigint;
begin
  if queue.storage_is_full() then
    perform telemetry.count('queue_admission_refused_total', '{"reason": "storage"}');
    return api.problem(p_caller, 503, 'storage_full', 'The storage of this service is full. Try again in a while.', null, 60);
  end if;
  if quota is not null then
    used := storage.owned_result_bytes(p_caller.user_id) + storage.owned_file_bytes(p_caller.user_id);
    if used >= quota then
      perform telemetry.count('queue_admission_refused_total', '{"reason": "quota"}');
      return api.problem(p_caller, 429, 'storage_full', format(
        'You have %s of %s of storage in use. Delete files, or wait until old results are removed.',
        pg_size_pretty(used), pg_size_pretty(quota)), null, 3600);
    end if;
  end if;
  return null;
end
$$;

-- What the caller has stored. Results of the last seconds may be missing in it.
create or replace function api.usage(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  results bigint;
  files bigint;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  results := storage.owned_result_bytes(caller.user_id);
  files := storage.owned_file_bytes(caller.user_id);
  return api.ok(caller, 200, jsonb_build_object('result_bytes', results, 'file_bytes', files,
    'stored_bytes', results + files, 'quota_bytes', api.storage_quota(caller.user_id)));
end
$$;

grant execute on function storage.result_size, storage.count_results, storage.fold_results, storage.recount_some to kiskadee_worker;

grant execute on function api.usage to kiskadee_jobs;
