-- What a run said, in numbered lines: logs, progress, samples, checkpoints and states, so that one cursor follows all.

-- Adds a line. Of a run that has said a megabyte every other line of its progress goes, and then the oldest of its log.
create or replace function training.note(p_run uuid, p_kind text, p_level text, p_step bigint, p_body jsonb) returns void
language plpgsql as $$
declare
  run training.run;
  said bigint;
begin
  update training.run r set last_seq = r.last_seq + 1, event_bytes = r.event_bytes + octet_length(p_body::text) + 64
  where r.id = p_run returning * into run;
  insert into training.event (run_id, seq, kind, level, step, body)
  values (p_run, run.last_seq, p_kind, p_level, p_step, p_body);
  if run.event_bytes > 1 << 20 then
    delete from training.event e
    where e.run_id = p_run and (e.kind = 'progress' and e.seq % 2 = 1 and e.seq < run.last_seq - 100
      or e.kind = 'log' and e.seq < run.last_seq - 2000);
    select coalesce(sum(octet_length(e.body::text) + 64), 0) into said from training.event e where e.run_id = p_run;
    -- Counted as emptier than half, the next thinning would come with each line.
    update training.run r set event_bytes = least(said, 1 << 19) where r.id = p_run;
  end if;
end
$$;

create or replace function training.log(p_run uuid, p_level text, p_message text, p_step bigint default null) returns void
language sql as $$
  select training.note(p_run, 'log', coalesce(p_level, 'info'), p_step, jsonb_build_object('message', left(p_message, 2000)))
$$;

create or replace function training.note_state(p_run uuid, p_state text) returns void
language sql as $$
  select training.note(p_run, 'state', null, null, jsonb_build_object('state', p_state))
$$;

-- A line as it looks outside.
create or replace function training.event_body(p_event training.event) returns jsonb
language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('seq', p_event.seq, 'at', api.wire_time(p_event.at), 'kind', p_event.kind,
    'level', p_event.level, 'step', p_event.step)) || p_event.body
$$;

-- Log lines behind a number, those of a level and above.
create or replace function api.training_logs(
  p_caller api.credentials, p_run uuid, p_limit int, p_after bigint default 0, p_level text default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  run training.run;
  levels constant text[] := '{debug,info,warning,error}';
  found_lines training.event[];
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  run := training.own_run(caller, coalesce(p_run, (
    select r.id from training.run r where r.owner = caller.user_id order by r.id desc limit 1)));
  if run.id is null then
    return training.no_run(caller);
  end if;
  found_lines := array(
    select e from training.event e
    where e.run_id = run.id and e.kind = 'log' and e.seq > coalesce(p_after, 0)
      and (p_level is null or array_position(levels, e.level) >= array_position(levels, p_level))
    order by e.seq limit p_limit + 1);
  return api.ok(caller, 200, jsonb_build_object('run_id', api.wire_id('run', run.id),
    'items', (select coalesce(jsonb_agg(training.event_body(e) - 'kind' order by e.seq), '[]') from unnest(found_lines[:p_limit]) e),
    -- A run that goes on has a place to go on from, whether there is more now or not.
    'next_cursor', case when cardinality(found_lines) > p_limit or not training.is_over(run)
      then coalesce(found_lines[least(p_limit, cardinality(found_lines))].seq, p_after, 0)::text end,
    'end', training.is_over(run) and cardinality(found_lines) <= p_limit));
end
$$;

-- What a stream of events needs at each look: the lines behind a number, and whether nothing follows.
create or replace function training.look(p_run training.run, p_after bigint) returns jsonb
language sql stable as $$
  select jsonb_build_object('run_id', p_run.id, 'events', l.lines, 'state', p_run.state,
    -- The number of the last word, once all before it are told.
    'end', case when training.is_over(p_run) and coalesce(l.told, p_after) >= p_run.last_seq - 1 then p_run.last_seq end)
  from (
    select coalesce(jsonb_agg(training.event_body(e) order by e.seq), '[]') as lines, max(e.seq) as told
    from (select * from training.event v where v.run_id = p_run.id and v.seq > p_after order by v.seq limit 500) e
  ) l
$$;

-- A look of a stream. A stream is one request however often it looks, so only the first look (not p_again) counts against the rate.
create or replace function api.training_events(
  p_caller api.credentials, p_run uuid, p_after bigint default 0, p_again boolean default false
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := case when p_again then api.identify(p_caller) else api.admit(p_caller, 'read') end;
  run training.run;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  run := training.own_run(caller, coalesce(p_run, (
    select r.id from training.run r where r.owner = caller.user_id order by r.id desc limit 1)));
  if run.id is null then
    return training.no_run(caller);
  end if;
  return api.ok(caller, 200, training.look(run, p_after));
end
$$;

-- Looks of many streams at once, whose callers were let in by looks of their own: for each {"run", "after"}, in the order given, what
-- api.training_events tells, or null where the run is gone.
create or replace function api.training_news(p_asked jsonb) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_agg(case when r.id is not null then training.look(r, (a.asked ->> 'after')::bigint) end order by a.place)::text
  from jsonb_array_elements(p_asked) with ordinality a(asked, place)
  left join training.run r on r.id = (a.asked ->> 'run')::uuid
$$;

-- Whether those who watch runs still may: for each {"run", "user", "issued_at_ms", "key"}, in the order given, with the hash of a key in
-- hexadecimal.
create or replace function api.training_watchers(p_asked jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked record;
  may_still boolean[] := array_fill(false, array[jsonb_array_length(p_asked)]);
  caller api.caller;
  run training.run;
begin
  for asked in
    select a.place::int as place, (a.asked ->> 'run')::uuid as run, row((a.asked ->> 'user')::uuid,
      to_timestamp((a.asked ->> 'issued_at_ms')::float8 / 1000), decode(a.asked ->> 'key', 'hex'), 0)::api.credentials as caller
    from jsonb_array_elements(p_asked) with ordinality a(asked, place)
    -- Keys are noted as used: always in one order, or two who ask could wait for each other.
    order by a.asked ->> 'key', a.place
  loop
    caller := api.identify(asked.caller);
    run := training.own_run(caller, asked.run);
    may_still[asked.place] := caller.status is null and run.id is not null;
  end loop;
  return to_jsonb(may_still)::text;
end
$$;

grant execute on function api.training_logs, api.training_events, api.training_news, api.training_watchers to kiskadee_training;
