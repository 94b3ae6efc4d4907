-- The kind of job that counts the words of a text, its lane, and what the queue calls for it.

insert into queue.kind (kind, family, on_concluded, present, links, event_fields, max_attempts, timeout_s)
values ('toy', 'toy', 'toy.keep_counts', 'toy.present_counts', '{"text_url": "/api/v1/toy/texts/{job}"}', '{words}', 3, 120)
on conflict (kind) do update set family = excluded.family, on_concluded = excluded.on_concluded,
  present = excluded.present, links = excluded.links, event_fields = excluded.event_fields,
  max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s;

insert into queue.lane (batch_key) values ('toy:count') on conflict do nothing;

-- Jobs have ended: their texts tell how, and what was counted.
create or replace function toy.keep_counts(p_concluded queue.concluded[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update toy.text t set counted_at = clock_timestamp(), words = (c.result ->> 'words')::int,
    outcome = case when c.outcome in ('completed', 'cancelled') then c.outcome else 'failed' end
  from unnest(p_concluded) c where t.job_id = c.job_id
$$;

-- What was counted, as it is shown: the commonest word and how often it stands there are one thing.
create or replace function toy.present_counts(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language sql stable as $$
  select s.job_id, jsonb_build_object('words', s.result -> 'words', 'distinct_words', s.result -> 'distinct_words',
    'commonest', jsonb_build_object('word', s.result -> 'commonest_word', 'times', s.result -> 'commonest_times'))
  from unnest(p_states) s
$$;

grant execute on function toy.keep_counts to kiskadee_worker;
