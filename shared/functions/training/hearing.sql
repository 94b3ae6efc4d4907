-- Words that a recogniser hears: which there are, what is left to be heard, and what was heard, kept as it comes. Whoever goes on with a
-- job hears only what is left.

-- Takes in which recognisers a worker has; it says so again and again.
--
-- p_recognisers: [{"name", "languages", "parameters"}].
create or replace function training.announce_recognisers(p_recognisers jsonb) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into training.recogniser (name, languages, parameters)
  select a.name, a.languages, a.parameters
  from jsonb_to_recordset(p_recognisers) a(name text, languages text[], parameters bigint)
  order by a.name
  on conflict (name) do update set languages = excluded.languages, parameters = excluded.parameters, seen_at = excluded.seen_at;

  select queue.know_lanes(array(select training.hearing_lane(a.name) from jsonb_to_recordset(p_recognisers) a(name text)));
$$;

create or replace function training.hearing_lane(p_recogniser text) returns text
language sql immutable parallel safe as $$ select 'training:hear:' || p_recogniser $$;

-- Those that workers have, or had some minutes ago: a restart refuses nobody.
create or replace function training.live_recognisers() returns setof training.recogniser
language sql stable as $$
  select * from training.recogniser r where r.seen_at > clock_timestamp() - interval '5 minutes'
$$;

-- Whether it is the one of that name; what all names begin with may be left out.
create or replace function training.is_called(p_recogniser training.recogniser, p_name text) returns boolean
language sql immutable as $$
  select lower(p_name) in (p_recogniser.name, regexp_replace(p_recogniser.name, '^whisper-', ''))
$$;

create or replace function training.knows_language(p_recogniser training.recogniser, p_language text) returns boolean
language sql immutable as $$
  select lower(split_part(replace(p_language, '_', '-'), '-', 1)) = any(p_recogniser.languages)
$$;

-- The recogniser of a name, or the best one, that knows a language; all null where there is none.
create or replace function training.recogniser_for(p_name text, p_language text) returns training.recogniser
language sql stable as $$
  select r from training.live_recognisers() r
  where (p_name is null or training.is_called(r, p_name)) and training.knows_language(r, p_language)
  order by r.parameters desc, r.name limit 1
$$;

-- Why no recogniser can be had.
create or replace function training.no_recogniser(p_name text, p_language text) returns text
language sql stable as $$
  with here as (select coalesce(string_agg(r.name, ', ' order by r.name), '') as names,
      coalesce(bool_or(p_name is null or training.is_called(r, p_name)), false) as found
    from training.live_recognisers() r)
  select case
    when h.names = '' then 'no worker has a recogniser: `kiskadee models import hf:openai/whisper-base` brings one, which a worker finds when it starts'
    when not h.found then format('there is no recogniser %s; there are: %s', to_json(p_name), h.names)
    when p_name is not null then format('the recogniser %s does not know the language %s', to_json(p_name), to_json(p_language))
    else format('none of the recognisers here knows the language %s: %s', to_json(p_language), h.names) end
  from here h
$$;

-- What a job is to hear, as its arguments have it.
create or replace function training.to_be_heard(p_form jsonb) returns jsonb
language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object('source', p_form ->> 'source', 'all', p_form ->> 'only' = 'all',
    'overwrite', coalesce((p_form ->> 'overwrite_edited')::boolean, false), 'language', p_form ->> 'language'))
$$;

-- The segments that are to be heard: those without words, or all of them, for which no other source has any. What a person rejected and
-- where nobody speaks is left out; and so is what a job has heard already.
create or replace function training.unheard(p_dataset uuid, p_wanted jsonb, p_job uuid default null) returns setof training.segment
language sql stable as $$
  select s from training.segment s join training.file f on f.id = s.file_id
  where s.dataset_id = p_dataset
    and (p_job is null or s.heard_by is distinct from p_job)
    and (s.text is null or (p_wanted ->> 'all')::boolean) and (not s.edited or (p_wanted ->> 'overwrite')::boolean)
    and not (s.decided and s.state = 'rejected') and 'silent' <> all(s.faults)
    and not (p_wanted ->> 'source' = 'auto' and f.text is not null
      and (select count(*) from training.segment o where o.file_id = s.file_id) = 1)
$$;

-- Begins to give words with a recogniser. Its jobs wait in lanes of their own, for only who has the model can do them.
create or replace function training.begin_hearing(
  p_caller api.caller, p_dataset training.dataset, p_recogniser text, p_wanted jsonb, p_trace text
) returns api.answer
language plpgsql as $$
declare
  seconds double precision := (select coalesce(sum(u.end_seconds - u.start_seconds), 0) from training.unheard(p_dataset.id, p_wanted) u);
  job uuid;
begin
  job := (queue.enqueue(p_caller.user_id, p_caller.weight, p_caller.queue_cap, array[row(
    'dataset_transcribe', training.hearing_lane(p_recogniser), 0, least(100 + seconds, 5000)::int,
    jsonb_build_object('dataset_id', p_dataset.id, 'language', p_dataset.language, 'recogniser', p_recogniser, 'hear', p_wanted),
    null, null, null, null, null, null, p_trace, null, null, null, null)::queue.new_job]))[1];
  update training.dataset d set step = 'transcribe', step_job = job, step_key = null, updated_at = clock_timestamp()
  where d.id = p_dataset.id;
  return api.ok(p_caller, 202, training.step_body(p_dataset, job));
end
$$;

-- The dataset whose words an attempt gives, held against others; all null when the attempt has lost its job, or the dataset is gone.
create or replace function training.held_dataset(p_job uuid, p_token bigint) returns training.dataset
language plpgsql as $$
declare
  dataset training.dataset;
begin
  if queue.holds(p_job, p_token) then
    select * into dataset from training.dataset d where d.step_job = p_job for update;
  end if;
  return dataset;
end
$$;

-- What an attempt is to hear next, in the order of the recordings, or null when it is not the one that counts: {"done", "of", "segments":
-- [{"segment_id", "file_id", "key", "text"?, "file_heard"?}]}. `file_heard` is what this job heard in another segment of the recording.
create or replace function training.hear_next(p_job uuid, p_token bigint, p_wanted jsonb, p_most int) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  dataset training.dataset := training.held_dataset(p_job, p_token);
  done int;
  left_over int;
begin
  if dataset.id is null then
    return null;
  end if;
  select count(*) into done from training.segment s where s.dataset_id = dataset.id and s.heard_by = p_job;
  select count(*) into left_over from training.unheard(dataset.id, p_wanted, p_job);
  return jsonb_build_object('done', done, 'of', done + left_over, 'segments', (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('segment_id', n.id, 'file_id', n.file_id, 'key', n.key, 'text', n.text,
      'file_heard', (select o.heard from training.segment o where o.file_id = n.file_id and o.heard_by = p_job limit 1)))
      order by n.file_id, n.id), '[]')
    from (select * from training.unheard(dataset.id, p_wanted, p_job) u order by u.file_id, u.id limit p_most) n));
end
$$;

-- Keeps what an attempt has heard, at once. False when it is not the one that counts: it is to stop. What a person wrote meanwhile stays.
--
-- p_heard: [{"segment_id", "was"?, "text"?, "heard"}], without a text where nothing was heard.
create or replace function training.note_heard(p_job uuid, p_token bigint, p_heard jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  dataset training.dataset := training.held_dataset(p_job, p_token);
begin
  if dataset.id is null then
    return false;
  end if;
  with heard as (
    select s.id, n.heard || jsonb_build_object('changed', is_new) as heard, is_new, n.text,
      case when is_new then array(select r from unnest(s.faults) r where r <> all(training.word_reasons())) else s.faults end as faults,
      case when is_new then array(select r from unnest(s.reasons) r where r <> all(training.word_reasons())) else s.reasons end as reasons
    from jsonb_to_recordset(p_heard) n(segment_id uuid, was text, text text, heard jsonb)
    join training.segment s on s.id = n.segment_id and s.dataset_id = dataset.id,
      lateral (select n.text is not null and n.text is distinct from s.text and s.text is not distinct from n.was) x(is_new)
  )
  update training.segment s set heard = h.heard, heard_by = p_job, faults = h.faults, reasons = h.reasons,
    text = case when h.is_new then h.text else s.text end, text_source = case when h.is_new then 'whisper' else s.text_source end,
    edited = s.edited and not h.is_new, alignment_score = case when h.is_new then null else s.alignment_score end,
    state = case when s.decided and s.state = 'rejected' then 'rejected' when not h.is_new then s.state
      else training.state_of(case when s.decided then '{}' else h.faults end, h.text) end
  from heard h where s.id = h.id;
  update training.dataset d set revision = d.revision + 1, updated_at = clock_timestamp() where d.id = dataset.id;
  return true;
end
$$;

-- All segments with their words, once everything was heard, as training.facts; null when the attempt is not the one that counts.
create or replace function training.heard_facts(p_job uuid, p_token bigint, p_wanted jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  dataset training.dataset := training.held_dataset(p_job, p_token);
begin
  if dataset.id is null then
    return null;
  end if;
  return training.facts(dataset.id, p_wanted ->> 'source', (p_wanted ->> 'all')::boolean, (p_wanted ->> 'overwrite')::boolean);
end
$$;

-- Shares of the accepted speech by language: what a recogniser heard to be another one, and the dataset's own.
create or replace function training.languages(p_dataset training.dataset) returns jsonb
language sql stable as $$
  with spoken as (
    select case when s.text_source = 'whisper' and (s.heard ->> 'odd')::boolean then s.heard ->> 'language' else p_dataset.language end as tag,
      sum(s.end_seconds - s.start_seconds) as seconds
    from training.segment s where s.dataset_id = p_dataset.id and s.state = 'accepted' group by 1
  )
  select coalesce(jsonb_object_agg(tag, round((seconds / (select sum(seconds) from spoken))::numeric, 3)), jsonb_build_object(p_dataset.language, 1))
  from spoken
$$;

grant execute on function training.announce_recognisers, training.hear_next, training.note_heard, training.heard_facts to kiskadee_worker;
