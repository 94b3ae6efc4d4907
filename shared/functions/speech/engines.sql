-- Engines, announced by the workers that have them: the order of choice, and what is offered in the shape of OpenAI's models.

-- Natural voices first, wherever their models are imported; then the embedded ones, and the last fallback last.
create or replace function speech.default_rank(p_engine text) returns smallint
language sql immutable parallel safe as $$
  select case p_engine
    when 'kokoro' then 3 when 'piper' then 6 when 'kiskadee' then 10 when 'xtts' then 20 when 'espeak' then 90 else 50
  end::smallint
$$;

-- Takes in what a worker can serve. A voice that somebody owns is never overwritten by a built-in one of the same id.
--
-- p_engines: [{"name", "languages": [], "description"?, "sample_rate"?, "quality_profiles"?: [{"name", "description"}], "rank"?,
-- "makes_voices"?, "mixes_voices"?}]. A worker of an older version tells of making alone: what makes voices mixes them.
-- p_voices: [{"id", "engine", "name"?, "languages"?: [], "preview_key"?, "licence"?}]. A sample stays until another takes its place,
-- for a worker announces its voices at once, and their samples when it has spoken them; and so does a licence, which a worker
-- of an older version does not tell.
create or replace function speech.announce(p_engines jsonb, p_voices jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  insert into speech.engine as e (name, rank, languages, description, sample_rate, quality_profiles, makes_voices, mixes_voices)
  select a.name, coalesce(a.rank, speech.default_rank(a.name)), coalesce(a.languages, '{}'), coalesce(a.description, ''),
    coalesce(a.sample_rate, 24000), coalesce(a.quality_profiles, '[]'), coalesce(a.makes_voices, false),
    coalesce(a.mixes_voices, a.makes_voices, false)
  from jsonb_to_recordset(p_engines) a(
    name text, rank smallint, languages text[], description text, sample_rate int, quality_profiles jsonb,
    makes_voices boolean, mixes_voices boolean)
  order by a.name
  on conflict (name) do update set rank = excluded.rank, languages = excluded.languages,
    description = excluded.description, sample_rate = excluded.sample_rate,
    quality_profiles = excluded.quality_profiles, makes_voices = excluded.makes_voices,
    mixes_voices = excluded.mixes_voices, seen_at = excluded.seen_at;

  insert into speech.voice as v (id, engine, name, kind, languages, preview_key, licence)
  select a.id, a.engine, coalesce(a.name, a.id), 'builtin', coalesce(a.languages, '{}'), a.preview_key, a.licence
  from jsonb_to_recordset(p_voices) a(
    id text, engine text, name text, languages text[], preview_key text, licence jsonb)
  order by a.id
  on conflict (id) do update set engine = excluded.engine, name = excluded.name, languages = excluded.languages,
    preview_key = coalesce(excluded.preview_key, v.preview_key), licence = coalesce(excluded.licence, v.licence),
    deleted_at = null
    where v.kind = 'builtin';

  select storage.keep_shared(array(select a.preview_key from jsonb_to_recordset(p_voices) a(preview_key text)), 'speech');
  select queue.know_lanes(array(select 'speech:' || a.name from jsonb_to_recordset(p_engines) a(name text)));
$$;

-- Gives up samples that no worker has told of for a week and no voice has: those of voices as they sounded before.
create or replace function speech.forget_old_previews() returns void
language sql as $$
  select storage.discard(array(select k from storage.unshared('speech', 'previews', interval '7 days') k
    where not exists (select from speech.voice v where v.preview_key = k)))
$$;

-- The engines that live workers can serve at this moment.
create or replace function speech.live_engines() returns setof text
language sql stable as $$
  select distinct coalesce(served.engine ->> 'name', served.engine #>> '{}')
  from queue.worker w, jsonb_array_elements(w.engines) served(engine)
  where w.expires_at > clock_timestamp()
$$;

-- The engines that work is accepted for. The queue outlives workers, so a restart or a fleet scaled to nothing refuses
-- nobody: an engine counts for a day after it was announced, and for as long as no worker is alive at all.
create or replace function speech.accepted_engines() returns setof speech.engine
language sql stable as $$
  with live as materialized (select name from speech.live_engines() name)
  select e.*
  from speech.engine e
  where e.name in (select name from live)
    or e.seen_at > clock_timestamp() - interval '1 day'
    or not exists (select from live)
$$;

-- An engine in the shape of a model of OpenAI's.
create or replace function speech.model_body(p_engine speech.engine) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', p_engine.name, 'object', 'model', 'created', extract(epoch from p_engine.created_at)::bigint,
    'owned_by', 'kiskadee', 'description', p_engine.description, 'languages', p_engine.languages,
    'sample_rate', p_engine.sample_rate, 'quality_profiles', p_engine.quality_profiles)
$$;

-- The engines that live workers serve now.
create or replace function api.models(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select jsonb_build_object('object', 'list',
    'data', coalesce(jsonb_agg(speech.model_body(e) order by e.rank, e.name), '[]')) into body
  from speech.engine e
  where e.name in (select speech.live_engines());
  return api.ok(caller, 200, body);
end
$$;

-- One engine that live workers serve, in the same shape. A name of OpenAI's (p_is_foreign) stands for the preferred engine.
create or replace function api.show_model(p_caller api.credentials, p_model text, p_is_foreign boolean) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select speech.model_body(e) into body
  from speech.engine e
  where e.name in (select speech.live_engines()) and (e.name = p_model or p_is_foreign)
  order by e.name = p_model desc, e.rank, e.name limit 1;
  if not found then
    return api.problem(caller, 404, 'model_not_found', format('There is no model %s here; there are: %s.', to_json(p_model),
      (select coalesce(string_agg(e.name, ', ' order by e.rank, e.name), 'none') from speech.engine e
        where e.name in (select speech.live_engines()))));
  end if;
  return api.ok(caller, 200, body || jsonb_build_object('id', p_model));
end
$$;

grant execute on function speech.announce to kiskadee_worker;

grant execute on function api.models, api.show_model to kiskadee_speech;
