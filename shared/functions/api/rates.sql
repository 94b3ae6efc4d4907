-- Token buckets: how often somebody may call.

-- Spends one token of a bucket that holds a minute's worth and refills evenly. Afterwards `remaining` whole tokens are
-- left, and the bucket is full again in `reset` seconds; when refused, one token is there in `retry_after` seconds.
create or replace function api.spend(
  p_bucket text, p_per_minute int,
  out allowed boolean, out remaining int, out reset int, out retry_after int
) language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  level double precision;
begin
  insert into api.rate_bucket as b (bucket, tokens, refilled_at)
  values (p_bucket, p_per_minute - 1, clock_timestamp())
  on conflict (bucket) do update set
    tokens = greatest(-1, least(p_per_minute,
      b.tokens + extract(epoch from clock_timestamp() - b.refilled_at) * p_per_minute / 60.0) - 1),
    refilled_at = clock_timestamp()
  returning tokens into level;
  allowed := level >= 0;
  if not allowed then
    -- A refused request costs nothing: else a client that hammers would never be let in again.
    update api.rate_bucket b set tokens = b.tokens + 1 where b.bucket = p_bucket;
    level := level + 1;
    retry_after := ceil((1 - level) * 60.0 / p_per_minute);
  end if;
  remaining := greatest(floor(level), 0);
  reset := ceil((p_per_minute - level) * 60.0 / p_per_minute);
end
$$;

-- Buckets untouched for two minutes are full, so their rows say nothing. Returns how many went.
create or replace function api.sweep_rate_buckets() returns int
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with swept as (
    delete from api.rate_bucket b where b.refilled_at < clock_timestamp() - interval '2 minutes' returning 1
  )
  select count(*)::int from swept
$$;

grant execute on function api.spend to kiskadee_accounts;

grant execute on function api.sweep_rate_buckets to kiskadee_worker;
