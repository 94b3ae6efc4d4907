-- Words of dictionaries are found in any case whatever the database's locale: in the locale C, `lower` knows the letters of ASCII alone, and
-- `[[:alnum:]]` as well.

-- The small letter of a capital beyond ASCII, both by their code points; another character's is itself. Those of the Latin, Greek, Cyrillic and
-- Armenian scripts that stand in the order of Unicode.
create function speech.small_letter(c int) returns int
language sql immutable parallel safe as $$
  select case
    when c between 192 and 222 and c <> 215 then c + 32
    when c between 256 and 311 and c <> 304 or c between 330 and 375 or c between 7680 and 7829 or c between 7840 and 7935
      or c between 1120 and 1153 or c between 1162 and 1215 or c between 1232 and 1327 or c between 536 and 543
      then c + (1 - c % 2)
    when c between 313 and 328 or c between 377 and 382 or c between 461 and 476 or c between 1217 and 1230 then c + c % 2
    when c = 376 then 255
    when c = 1216 then 1231
    when c = 902 then 940
    when c between 904 and 906 then c + 37
    when c = 908 then 972
    when c in (910, 911) then c + 63
    when c between 913 and 939 and c <> 930 then c + 32
    when c between 1024 and 1039 then c + 80
    when c between 1040 and 1071 then c + 32
    when c between 1329 and 1366 then c + 48
    when c = 7838 then 223
    else c end
$$;

-- A text as words are looked for in it.
create function speech.folded(p_text text) returns text
language plpgsql immutable parallel safe as $$
declare
  composed text := normalize(p_text, nfkc);
  capitals text;
  small text;
begin
  with letter as materialized (
    select distinct ascii(character) as c from string_to_table(composed, null) character
  )
  select string_agg(chr(l.c), '' order by l.c), string_agg(chr(speech.small_letter(l.c)), '' order by l.c) into capitals, small
  from letter l where l.c > 127 and speech.small_letter(l.c) <> l.c;
  return lower(case when capitals is null then composed else translate(composed, capitals, small) end);
end
$$;

-- The words of a folded text: what signs part. Scripts that put no blanks between words have none here.
create function speech.words_of(p_folded text) returns setof text
language sql immutable parallel safe as $$
  select unnest(regexp_split_to_array(p_folded,
    '[\x01-/:-`{-\u00bf\u00d7\u00f7\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2000-\uffff\U00010000-\U0010ffff]+'))
$$;

-- The first of them; none where there is none.
create function speech.opening_of(p_word text) returns text
language sql immutable parallel safe as $$
  select coalesce((select w from speech.words_of(speech.folded(p_word)) w where w <> '' limit 1), '')
$$;

-- Words that differ in case alone were several where the locale did not know their letters; the newest stays.
delete from speech.pronunciation p using speech.pronunciation newer
where newer.owner = p.owner and newer.language = p.language and newer.id <> p.id
  and speech.folded(newer.word) = speech.folded(p.word)
  and (newer.created_at, newer.id) > (p.created_at, p.id);

alter table speech.pronunciation drop column folded, drop column opening;
alter table speech.pronunciation
  add column folded text not null generated always as (speech.folded(word)) stored,
  add column opening text not null generated always as (speech.opening_of(word)) stored,
  add unique (owner, language, folded);
