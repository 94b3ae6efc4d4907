-- A user of that name stays as it is: whoever created it may have changed its password since. A new one has its webhook
-- secret from the start, for without one nothing is delivered.
with made as (
  insert into account."user" (username, email, role, password_hash)
  values ($1, $2, $3, $4)
  on conflict (lower(username)) do nothing
  returning id
), sealed as (
  insert into account.webhook_secret (user_id, secret)
  select m.id, $5 from made m
), noted as (
  insert into account.audit (via, action, subject)
  select 'operator', 'user.made', m.id from made m
)
select m.id, true as is_new from made m
union all
select u.id, false from account."user" u where lower(u.username) = lower($1)
limit 1
