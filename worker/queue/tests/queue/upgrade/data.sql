insert into account."user" (id, username, email, password_hash)
values ('00000000-0000-7000-8000-000000000001', 'ann', 'ann@example.com', 'x');
insert into account.webhook_secret (user_id, secret) values ('00000000-0000-7000-8000-000000000001', 'whsec_x');
insert into account.api_key (user_id, name, prefix, hash)
values ('00000000-0000-7000-8000-000000000001', 'one', 'kk_1', sha256('one'));
select speech.announce('[{"name": "kiskadee", "languages": ["en"]}]', '[{"id": "heron", "engine": "kiskadee"}]');
insert into speech.recording (id, owner, key, filename, bytes)
values (queue.uuid7(), '00000000-0000-7000-8000-000000000001', 'recordings/1', 'me.wav', 5);
insert into speech.voice (id, owner, engine, name, kind, conditioning_key, consent)
values ('voice_1', '00000000-0000-7000-8000-000000000001', 'xtts', 'Me', 'cloned', 'voices/1', '{"trace": "x"}');
insert into speech.voice_recording (voice_id, recording_id, place) select 'voice_1', r.id, 1 from speech.recording r;
insert into queue.done (job_id, owner, created_at, attempts, kind, batch_key, outcome)
values (queue.uuid7(), '00000000-0000-7000-8000-000000000001', now(), 1, 'speech', 'speech:kiskadee', 'completed');
select webhook.emit('00000000-0000-7000-8000-000000000001', 'job.completed', 'https://example.com/', '{}');
select telemetry.count('tts_jobs_completed_total', '{}', 3);
select queue.cap_owner('00000000-0000-7000-8000-000000000001', 50);
