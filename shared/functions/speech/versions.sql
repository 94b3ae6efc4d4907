-- Trained voices and their versions, of which one is current: `voice_id` speaks with that, `voice_id@version` with the named one.

-- The id of a voice without the version that may stand behind it.
create or replace function speech.plain_voice(p_voice text) returns text
language sql immutable parallel safe as $$
  select split_part(p_voice, '@', 1)
$$;

-- The version that stands behind the id of a voice; null where none does, 0 where it is no number.
create or replace function speech.named_version(p_voice text) returns int
language sql immutable parallel safe as $$
  select case when strpos(p_voice, '@') > 0 then coalesce(substring(p_voice from '@([1-9][0-9]{0,5})$')::int, 0) end
$$;

-- Where the weights of a trained voice lie that a request means; null where there is no such version.
create or replace function speech.weights_key(p_voice text) returns text
language sql stable as $$
  select v.key from speech.voice_version v
  where v.voice_id = speech.plain_voice(p_voice)
    and case when strpos(p_voice, '@') > 0 then v.version = speech.named_version(p_voice) else v.is_current end
$$;

-- The keys of all versions of voices, whose rows go.
create or replace function speech.forget_versions(p_voices text[]) returns text[]
language plpgsql as $$
declare
  keys text[];
begin
  with gone as (
    delete from speech.voice_version v where v.voice_id = any(p_voices) returning v.key
  )
  select array_agg(g.key) into keys from gone g;
  return coalesce(keys, '{}');
end
$$;
