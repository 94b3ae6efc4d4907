-- Speech to somebody who listens while it is made: a job like any other, but nobody keeps its audio.

-- The voice that a caller means. Clients of OpenAI's API name its voices: each stands for one of our own built-in ones,
-- always the same, unless there is a voice of that very name.
create or replace function speech.meant_voice(p_voice text, p_language text) returns text
language sql stable as $$
  with known as (
    select array['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'fable', 'marin', 'nova', 'onyx', 'sage', 'shimmer',
      'verse'] as names
  ), own as (
    select v.id, row_number() over (order by v.id collate "C") - 1 as place, count(*) over () as voices
    from speech.voice v
    where v.owner is null and v.deleted_at is null
      and v.engine = (select e.name from speech.accepted_engines() e
        where p_language is null or speech.match_language(p_language, e.languages) is not null
        order by e.rank, e.name limit 1)
      and (p_language is null or cardinality(v.languages) = 0
        or speech.match_language(p_language, v.languages) is not null)
  )
  select case
    when p_voice = any(k.names) and not exists (select from speech.voice v where v.id = p_voice) then
      coalesce((select o.id from own o where o.place = (array_position(k.names, p_voice) - 1) % o.voices), 'default')
    else p_voice end
  from known k
$$;

-- The language of a text that comes without one: its voice's first, or English.
create or replace function speech.meant_language(p_voice text, p_language text) returns text
language sql stable as $$
  select coalesce(p_language, (select v.languages[1] from speech.voice v where v.id = speech.plain_voice(p_voice)), 'en')
$$;

-- An item of `speech.plan` in which nothing is left open.
create or replace function speech.settle_item(p_item jsonb) returns jsonb
language plpgsql stable as $$
declare
  voice text := speech.meant_voice(p_item ->> 'voice_id', coalesce(p_item ->> 'language', 'en'));
begin
  return p_item || jsonb_build_object('voice_id', voice,
    'language', speech.meant_language(voice, p_item ->> 'language'));
end
$$;

-- Takes in a text for a listener who waits at a relay. An error is told to the listener; a worker that dies before the first
-- audio is another matter, and the next one goes on.
--
-- p_relay: {"url", "stream", "secret"}, as the worker reads it.
create or replace function api.create_stream(
  p_caller api.credentials, p_item jsonb, p_relay jsonb, p_trace text, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return speech.take_stream(caller, speech.settle_item(p_item), p_relay, p_trace, p_malformed);
end
$$;

-- The part of api.create_stream behind the admission.
create or replace function speech.take_stream(
  p_caller api.caller, p_item jsonb, p_relay jsonb, p_trace text, p_malformed jsonb
) returns api.answer
language plpgsql as $$
declare
  work record;
  refusal api.answer;
  job queue.new_job;
begin
  work := speech.plan(p_caller, jsonb_build_array(p_item), 0::smallint, null, p_trace);
  refusal := api.invalid(p_caller, p_malformed, work.errors);
  if refusal.status is not null then
    return refusal;
  end if;
  job := work.jobs[1];
  job.kind := 'stream';
  job.args := job.args || jsonb_build_object('relay', p_relay);
  perform queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[job]);
  perform speech.count_created(array[job]);
  return api.ok(p_caller, 200, null);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

-- Wakes workers for what has been committed: somebody is listening. Anyone who may enqueue may ring.
create or replace function api.ring() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform queue.ring();
  return true;
end
$$;

grant execute on function api.create_stream, api.ring to kiskadee_speech;
