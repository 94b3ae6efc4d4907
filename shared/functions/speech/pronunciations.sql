-- Words that a user wants to have said in a way of their own. What of them occurs in a text goes along with its job, so a
-- job is said as the dictionary had it when the text was taken in, and workers need not ask.

create or replace function speech.primary_language(p_tag text) returns text
language sql immutable parallel safe as $$
  select lower(split_part(replace(p_tag, '_', '-'), '-', 1))
$$;

-- The words of a folded text, and those that they may be a plural of: `cities` of `city`, `itens` of `item`, `papéis` of `papel`.
create or replace function speech.stems_in(p_folded text) returns text[]
language sql immutable parallel safe as $$
  select array(
    select distinct s.stem from (select distinct w from speech.words_of(p_folded) w) l, unnest(array[
      l.w,
      case when l.w like '%s' then left(l.w, -1) end,
      case when l.w like '%es' then left(l.w, -2) end,
      case when l.w like '%ies' then left(l.w, -3) || 'y' end,
      case when l.w like '%ns' then left(l.w, -2) || 'm' end,
      case when l.w like '%is' then left(l.w, -2) || 'l' end,
      case when l.w like '%is' then left(l.w, -1) || 'l' end,
      case when l.w like '%éis' then left(l.w, -3) || 'el' end,
      case when l.w like '%óis' then left(l.w, -3) || 'ol' end,
      case when l.w like '%ões' or l.w like '%ães' then left(l.w, -3) || 'ão' end]) s(stem)
    where s.stem is not null)
$$;

-- The entries whose words may stand in a text, the longest first and no more than 200: [{"word", "phonemes" | "alias"}], or
-- null. Whether they stand there as whole words, with the ending of a possessive or a plural, is the worker's to see. Where one does, a word of
-- the text begins as it does: only such are looked for, because to look for each of thousands costs far more than the text did.
create or replace function speech.pronunciations_in(p_owner uuid, p_language text, p_text text) returns jsonb
language plpgsql stable as $$
declare
  searched text := speech.folded(p_text);
  -- A variable: as a subquery it would be read again for each entry.
  openings text[] := speech.stems_in(searched) || array[''];
  found_entries jsonb;
begin
  select jsonb_agg(e.entry order by e.place) into found_entries from (
    select jsonb_strip_nulls(jsonb_build_object('word', p.word, 'phonemes', p.phonemes, 'alias', p.alias)) as entry,
      row_number() over (order by char_length(p.folded) desc, p.id) as place
    from speech.pronunciation p
    where p.owner = p_owner and p.language = speech.primary_language(p_language)
      -- A plural differs in two letters at most.
      and p.opening = any(openings) and position(left(p.folded, greatest(char_length(p.folded) - 2, 1)) in searched) > 0
    order by place limit 200
  ) e;
  return found_entries;
end
$$;

create or replace function speech.pronunciation_body(p_entry speech.pronunciation) returns jsonb
language sql stable as $$
  select jsonb_build_object('pronunciation_id', api.wire_id('pron', p_entry.id), 'language', p_entry.language,
    'word', p_entry.word, 'phonemes', p_entry.phonemes, 'alias', p_entry.alias,
    'created_at', api.wire_time(p_entry.created_at))
$$;

-- Takes entries into the caller's dictionary; one for a word that is there already takes its place.
--
-- p_entries: [{"word", "phonemes" | "alias"}], of which the last for a word counts.
create or replace function api.put_pronunciations(
  p_caller api.credentials, p_language text, p_entries jsonb, p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  refusal api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  refusal := api.invalid(caller, p_malformed, null);
  if refusal.status is not null then
    return refusal;
  end if;
  return speech.keep_pronunciations(caller, speech.primary_language(p_language), p_entries);
end
$$;

create or replace function speech.keep_pronunciations(p_caller api.caller, p_language text, p_entries jsonb) returns api.answer
language plpgsql as $$
declare
  most constant int := 2000;
  given int;
  added int;
  total int;
begin
  -- Two requests of one user count one after the other.
  perform from account."user" u where u.id = p_caller.user_id for update;
  with entry as (
    select distinct on (speech.folded(e.word)) e.word, e.phonemes, e.alias
    from rows from (jsonb_to_recordset(p_entries) as (word text, phonemes text, alias text))
      with ordinality as e(word, phonemes, alias, place)
    order by speech.folded(e.word), e.place desc
  ), kept as (
    insert into speech.pronunciation as p (id, owner, language, word, phonemes, alias)
    select queue.uuid7(), p_caller.user_id, p_language, e.word, e.phonemes, e.alias from entry e
    on conflict (owner, language, folded) do update
      set word = excluded.word, phonemes = excluded.phonemes, alias = excluded.alias, created_at = excluded.created_at
    returning p.xmax = 0 as is_new
  )
  select count(*), count(*) filter (where k.is_new) into given, added from kept k;
  select count(*) into total from speech.pronunciation p where p.owner = p_caller.user_id;
  if total > most then
    raise exception using errcode = 'KP409';
  end if;
  return api.ok(p_caller, 200, jsonb_build_object('language', p_language, 'added', added, 'replaced', given - added,
    'total', total));
exception when sqlstate 'KP409' then
  return api.problem(p_caller, 409, 'conflict', format('A dictionary holds %s words; this would make it %s. Delete some '
    'first.', most, total));
end
$$;

-- The caller's dictionary, the newest words first.
create or replace function api.list_pronunciations(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  found_entries speech.pronunciation[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  select array_agg(page) into found_entries from (
    select p.* from speech.pronunciation p
    where p.owner = caller.user_id and p.id < coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by p.id desc limit p_limit + 1
  ) page;
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(speech.pronunciation_body(p) order by p.id desc), '[]'),
    'next_cursor', case when cardinality(found_entries) > p_limit
      then api.wire_id('pron', found_entries[p_limit].id) end) into body
  from unnest(found_entries[:p_limit]) p;
  return api.ok(caller, 200, body);
end
$$;

-- What of the caller's dictionary a text of a language would be said by.
create or replace function api.pronunciations_of_text(
  p_caller api.credentials, p_language text, p_text text, p_malformed jsonb
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  refusal api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  refusal := api.invalid(caller, p_malformed, null);
  if refusal.status is not null then
    return refusal;
  end if;
  return api.ok(caller, 200, jsonb_build_object('pronunciations',
    coalesce(speech.pronunciations_in(caller.user_id, p_language, p_text), '[]')));
end
$$;

create or replace function api.delete_pronunciation(p_caller api.credentials, p_entry uuid) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  delete from speech.pronunciation p where p.id = p_entry and p.owner = caller.user_id;
  if not found then
    return api.problem(caller, 404, 'not_found', 'There is no such word in your dictionary.');
  end if;
  return api.ok(caller, 204, null);
end
$$;

grant execute on function api.put_pronunciations, api.list_pronunciations, api.pronunciations_of_text,
  api.delete_pronunciation to kiskadee_speech;
