-- As before, but a sample of a voice stays until another takes its place: a worker announces its voices at once, and their
-- samples when it has spoken them.
create or replace function speech.announce(p_engines jsonb, p_voices jsonb) returns void
language sql
security definer set search_path = pg_catalog, pg_temp as $$
  insert into speech.engine as e (name, rank, languages, description, sample_rate, quality_profiles, makes_voices)
  select a.name, coalesce(a.rank, speech.default_rank(a.name)), coalesce(a.languages, '{}'), coalesce(a.description, ''),
    coalesce(a.sample_rate, 24000), coalesce(a.quality_profiles, '[]'), coalesce(a.makes_voices, false)
  from jsonb_to_recordset(p_engines) a(
    name text, rank smallint, languages text[], description text, sample_rate int, quality_profiles jsonb,
    makes_voices boolean)
  order by a.name
  on conflict (name) do update set rank = excluded.rank, languages = excluded.languages,
    description = excluded.description, sample_rate = excluded.sample_rate,
    quality_profiles = excluded.quality_profiles, makes_voices = excluded.makes_voices, seen_at = excluded.seen_at;

  insert into speech.voice as v (id, engine, name, kind, languages, preview_key)
  select a.id, a.engine, coalesce(a.name, a.id), 'builtin', coalesce(a.languages, '{}'), a.preview_key
  from jsonb_to_recordset(p_voices) a(id text, engine text, name text, languages text[], preview_key text)
  order by a.id
  on conflict (id) do update set engine = excluded.engine, name = excluded.name, languages = excluded.languages,
    preview_key = coalesce(excluded.preview_key, v.preview_key), deleted_at = null
    where v.kind = 'builtin';
$$;
