select 'queue.setting ' || to_jsonb(t)::text from queue.setting t
union all select 'speech.setting ' || to_jsonb(t)::text from speech.setting t
union all select 'queue.kind ' || to_jsonb(t)::text from queue.kind t
union all select 'queue.group_kind ' || to_jsonb(t)::text from queue.group_kind t
union all select 'queue.lane ' || to_jsonb(t)::text from queue.lane t
union all select 'telemetry.metric ' || to_jsonb(t)::text from telemetry.metric t
union all select 'kiskadee.function_set ' || t.digest from kiskadee.function_set t
union all
select concat_ws(' | ', 'migration', m.version, m.description, m.success, encode(m.checksum, 'hex')) from _sqlx_migrations m
