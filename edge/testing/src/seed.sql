-- What the tests of the SQL functions begin with.
insert into account."user" (id, username, email, password_hash, role) values
  ('00000000-0000-7000-8000-000000000001', 'ann', 'ann@example.com', '', 'user'),
  ('00000000-0000-7000-8000-000000000002', 'bob', 'bob@example.com', '', 'user'),
  ('00000000-0000-7000-8000-000000000003', 'root', 'root@example.com', '', 'admin');

select queue.register_worker('00000000-0000-7000-8000-00000000000a',
  '{"name": "w", "engines": [{"name": "kiskadee"}, {"name": "espeak"}], "slots": 4}', 3600000);
select speech.announce(
  '[{"name": "kiskadee", "languages": ["en"], "makes_voices": true, "quality_profiles": [{"name": "fast", "description": "Half the steps."}]},
    {"name": "espeak", "languages": ["de", "en-gb", "en-us", "pt-br"]}]',
  '[{"id": "kiskadee-en", "engine": "kiskadee", "name": "Kiskadee", "languages": ["en"]},
    {"id": "espeak-de", "engine": "espeak", "languages": ["de"]}]');
insert into speech.voice (id, owner, engine, name, kind, languages, conditioning_key) values
  ('voice_00000000000070008000000000000001', '00000000-0000-7000-8000-000000000001', 'kiskadee', 'Mine', 'cloned', '{en}',
    'voices/mine');

create schema test;
grant usage on schema test to kiskadee_speech, kiskadee_jobs;

-- Items as the edge hands them over.
create function test.items(
  p_texts int, p_engine text default null, p_voice text default 'default', p_language text default 'en'
) returns jsonb language sql as $$
  select jsonb_agg(jsonb_build_object('text', 'Text ' || i, 'voice_id', p_voice, 'language', p_language,
    'tts_engine', p_engine, 'quality_profile', 'balanced', 'response_format', 'wav', 'speed', 1))
  from generate_series(1, p_texts) i
$$;

-- Claims up to p_jobs jobs and ends each attempt in the same way, as a worker does. Returns how many.
create function test.work(p_key text, p_jobs int, p_outcome text) returns int language plpgsql as $$
declare
  worker uuid := '00000000-0000-7000-8000-00000000000a';
  job queue.claimed;
  ended int := 0;
begin
  for job in select * from queue.claim(worker, array[p_key], '{}', p_jobs, 1000000, 1000) loop
    perform queue.settle(worker, array[job.job_id], array[job.token], array[p_outcome],
      array[jsonb_build_object('key', format('results/%s/%s/audio.wav', job.job_id, job.token), 'content_type', 'audio/wav',
        'bytes', 1000, 'duration_seconds', 1.5, 'sample_rate', 24000, 'engine', 'kiskadee', 'voice_id', 'kiskadee-en')],
      array['the model said "no"'], array[null::int]);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;

grant execute on function test.items to kiskadee_speech;
