-- What speech has of an owner: shown to the owner, and erased when one leaves.

create or replace function speech.export_owner(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language sql stable as $$
  select all_kinds.place, all_kinds.kind, all_kinds.item from (
    (select 'pronunciation/' || p.id as place, 'pronunciation' as kind, speech.pronunciation_body(p) as item
      from speech.pronunciation p where p.owner = p_owner and 'pronunciation/' || p.id > coalesce(p_after, '')
      order by p.id limit p_most)
    union all
    (select 'recording/' || r.id, 'recording', speech.recording_body(r)
      from speech.recording r where r.owner = p_owner and 'recording/' || r.id > coalesce(p_after, '')
      order by r.id limit p_most)
    union all
    (select 'voice/' || v.id, 'voice', speech.voice_body(v)
      from speech.voice v where v.owner = p_owner and v.deleted_at is null and ('voice/' || v.id) collate "C" > coalesce(p_after, '')
      order by v.id collate "C" limit p_most)
  ) all_kinds
  order by all_kinds.place collate "C" limit p_most
$$;

-- A step of erasing: voices with what was made for them, recordings, words.
create or replace function speech.erase_owner(p_owner uuid, p_most int) returns int
language plpgsql as $$
declare
  found_voices text[] := array(select v.id from speech.voice v where v.owner = p_owner order by v.id limit p_most);
  found_rows int;
begin
  if found_voices <> '{}' then
    perform speech.forget_voices(found_voices);
    perform storage.discard(array(
      select v.preview_key from speech.voice v where v.id = any(found_voices) and v.preview_key is not null));
    delete from speech.voice v where v.id = any(found_voices);
    return cardinality(found_voices);
  end if;
  perform speech.forget_recording(r.id) from (
    select o.id from speech.recording o where o.owner = p_owner order by o.id limit p_most) r;
  get diagnostics found_rows = row_count;
  if found_rows > 0 then
    return found_rows;
  end if;
  delete from speech.pronunciation p where p.id = any(array(
    select o.id from speech.pronunciation o where o.owner = p_owner order by o.id limit p_most));
  get diagnostics found_rows = row_count;
  return found_rows;
end
$$;
