-- What can speak: engines and voices, announced by the workers that have them; and who may use which.

create table speech.engine (
  name text primary key,
  -- The order of preference when a caller names no engine: own voices first, the last fallback last.
  rank smallint not null default 50,
  languages text[] not null,
  description text not null default '',
  sample_rate int not null default 24000,
  quality_profiles jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

create table speech.voice (
  id text primary key,
  owner uuid references account."user" on delete cascade,
  engine text not null,
  name text not null,
  kind text not null check (kind in ('builtin', 'cloned', 'morphed', 'trained')),
  -- Empty: whatever its engine speaks.
  languages text[] not null default '{}',
  preview_key text,
  created_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  lineage jsonb,
  check ((kind = 'builtin') = (owner is null)),
  check (id <> 'default')
);

create index voice_by_owner on speech.voice (owner, id) where deleted_at is null;

grant select on all tables in schema speech to kiskadee_worker;

create function speech.default_rank(p_engine text) returns smallint
language sql immutable parallel safe as $$
  select case p_engine when 'kiskadee' then 10 when 'xtts' then 20 when 'espeak' then 90 else 50 end::smallint
$$;

-- Takes in what a worker can serve. A voice that somebody owns is never overwritten by a built-in one of the same id.
--
-- p_engines: [{"name", "languages": [], "description"?, "sample_rate"?, "quality_profiles"?: [{"name", "description"}], "rank"?}]
-- p_voices:  [{"id", "engine", "name"?, "languages"?: [], "preview_key"?}]
create function speech.announce(p_engines jsonb, p_voices jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  insert into speech.engine as e (name, rank, languages, description, sample_rate, quality_profiles)
  select a.name, coalesce(a.rank, speech.default_rank(a.name)), coalesce(a.languages, '{}'), coalesce(a.description, ''),
    coalesce(a.sample_rate, 24000), coalesce(a.quality_profiles, '[]')
  from jsonb_to_recordset(p_engines) a(
    name text, rank smallint, languages text[], description text, sample_rate int, quality_profiles jsonb)
  order by a.name
  on conflict (name) do update set rank = excluded.rank, languages = excluded.languages,
    description = excluded.description, sample_rate = excluded.sample_rate,
    quality_profiles = excluded.quality_profiles, seen_at = excluded.seen_at;

  insert into speech.voice as v (id, engine, name, kind, languages, preview_key)
  select a.id, a.engine, coalesce(a.name, a.id), 'builtin', coalesce(a.languages, '{}'), a.preview_key
  from jsonb_to_recordset(p_voices) a(id text, engine text, name text, languages text[], preview_key text)
  order by a.id
  on conflict (id) do update set engine = excluded.engine, name = excluded.name, languages = excluded.languages,
    preview_key = excluded.preview_key, deleted_at = null
    where v.kind = 'builtin';
$$;

grant execute on function speech.announce to kiskadee_worker;

-- The engines that live workers can serve at this moment.
create function speech.live_engines() returns setof text
language sql stable as $$
  select distinct coalesce(served.engine ->> 'name', served.engine #>> '{}')
  from queue.worker w, jsonb_array_elements(w.engines) served(engine)
  where w.expires_at > clock_timestamp()
$$;

-- The engines that work is accepted for. The queue outlives workers, so a restart or a fleet scaled to nothing refuses
-- nobody: an engine counts for a day after it was announced, and for as long as no worker is alive at all.
create function speech.accepted_engines() returns setof speech.engine
language sql stable as $$
  with live as materialized (select name from speech.live_engines() name)
  select e.*
  from speech.engine e
  where e.name in (select name from live)
    or e.seen_at > clock_timestamp() - interval '1 day'
    or not exists (select from live)
$$;

-- Which of the offered language tags serves the wanted one, or null: the same tag; else the longest offered prefix of
-- the wanted one (`en` serves `en-GB`); else the first offered tag that begins with it (`en-US` serves `en`).
create function speech.match_language(p_wanted text, p_offered text[]) returns text
language sql immutable parallel safe as $$
  select o.tag
  from unnest(p_offered) with ordinality o(tag, place),
    lateral (select lower(replace(o.tag, '_', '-')) as offered, lower(replace(p_wanted, '_', '-')) as wanted) t
  where t.offered = t.wanted or starts_with(t.wanted, t.offered || '-') or starts_with(t.offered, t.wanted || '-')
  order by t.offered = t.wanted desc, starts_with(t.wanted, t.offered || '-') desc,
    case when starts_with(t.wanted, t.offered || '-') then length(t.offered) end desc nulls last, o.place
  limit 1
$$;
