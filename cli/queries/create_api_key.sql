-- The same key twice is one key, revoked or not.
with made as (
  insert into account.api_key (user_id, name, prefix, hash, scopes)
  values ($1, $2, $3, $4, $5)
  on conflict (hash) do nothing
  returning id, user_id, scopes
)
insert into account.audit (via, action, subject, detail)
select 'operator', 'key.made', m.user_id, jsonb_build_object('key_id', api.wire_id('key', m.id), 'scopes', m.scopes) from made m
