-- Which voice people prefer, and whether that is more than chance.

-- How likely so lopsided a result, or a more lopsided one, is when nobody has a preference: exact, of both sides.
create or replace function training.binomial_p(p_wins int, p_votes int) returns double precision
language plpgsql immutable as $$
declare
  most int := greatest(p_wins, p_votes - p_wins);
  -- The logarithm of the number of ways, from `most` wins on.
  ways double precision := 0;
  tail double precision := 0;
begin
  if p_votes = 0 then
    return 1;
  end if;
  for i in 1..p_votes - most loop
    ways := ways + ln((most + i)::double precision / i);
  end loop;
  for wins in most..p_votes loop
    tail := tail + exp(ways - p_votes * ln(2.0::double precision));
    if wins < p_votes then
      ways := ways + ln((p_votes - wins)::double precision / (wins + 1));
    end if;
  end loop;
  return least(1, 2 * tail);
end
$$;

-- How many more votes make a verdict, if they go as those before. Null where that may be never.
create or replace function training.votes_missing(p_wins int, p_votes int) returns int
language plpgsql immutable as $$
declare
  share double precision := greatest(p_wins, p_votes - p_wins)::double precision / nullif(p_votes, 0);
begin
  -- No five votes are enough, and six are only if all agree.
  for votes in greatest(p_votes, 6)..2000 loop
    -- Nothing nearer to the middle is significant, and the exact sum is dear.
    continue when 2 * round(coalesce(share, 1) * votes) - votes < 1.9 * sqrt(votes);
    if training.binomial_p(round(coalesce(share, 1) * votes)::int, votes) <= 0.05 then
      return votes - p_votes;
    end if;
  end loop;
  return null;
end
$$;

create or replace function training.verdict(p_comparison uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('a', v.a, 'b', v.b, 'ties', v.ties, 'p_value', round(v.p::numeric, 4), 'significant', v.p <= 0.05,
    'preferred', case when v.p <= 0.05 then case when v.a > v.b then 'a' else 'b' end end,
    'votes_missing', case when v.p > 0.05 then training.votes_missing(v.a, v.a + v.b) else 0 end)
  from (
    select c.*, training.binomial_p(c.a, c.a + c.b) as p from (
      select count(*) filter (where t.choice = 'a')::int as a, count(*) filter (where t.choice = 'b')::int as b,
        count(*) filter (where t.choice = 'tie')::int as ties
      from training.preference t where t.comparison_id = p_comparison) c
  ) v
$$;

-- A vote. Of a blind pair the first one stays, for it shows which is which.
create or replace function api.vote(p_caller api.credentials, p_comparison uuid, p_pair int, p_choice text, p_malformed jsonb default null)
returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  comparison training.comparison;
  answer api.answer;
  heard jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  comparison := training.own_comparison(caller, p_comparison);
  heard := comparison.pairs -> p_pair;
  if answer.status is not null then
    return answer;
  elsif comparison.id is null then
    return training.no_comparison(caller);
  elsif comparison.pairs is null then
    return api.problem(caller, 409, 'conflict', 'There is nothing to hear yet.', null, 1);
  elsif heard is null or p_pair < 0 then
    return api.invalid(caller, null, jsonb_build_array(api.fault('pair', format('must be from 0 to %s', jsonb_array_length(comparison.pairs) - 1))));
  elsif p_choice in (case when comparison.blind then 'a' else 'x' end, case when comparison.blind then 'b' else 'y' end) then
    return api.invalid(caller, null, jsonb_build_array(api.fault('choice', format('must be %s', case when comparison.blind
      then '`x`, `y` or `tie`, for the pair is heard blind' else '`a`, `b` or `tie`' end))));
  end if;
  insert into training.preference as v (comparison_id, pair, listener, choice)
  values (p_comparison, p_pair, caller.user_id, training.side_meant(heard, p_choice))
  on conflict (comparison_id, pair, listener) do update set choice = excluded.choice, at = excluded.at where not comparison.blind;
  if not found then
    return api.problem(caller, 409, 'conflict', 'You have voted on this pair, and know which is which.');
  end if;
  return api.ok(caller, 200, training.comparison_body(comparison, caller.user_id));
end
$$;

grant execute on function api.vote to kiskadee_training;
