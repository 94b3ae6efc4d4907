insert into account.webhook_secret (user_id, secret)
select $1, $2
where not exists (select from account.webhook_secret s where s.user_id = $1 and s.secret = $2)
