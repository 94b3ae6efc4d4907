-- The same key twice is one key, revoked or not.
insert into account.api_key (user_id, name, prefix, hash, scopes)
values ($1, $2, $3, $4, $5)
on conflict (hash) do nothing
