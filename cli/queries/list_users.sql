-- The newest first, a line each.
select concat_ws('  ', u.username, u.email, u.role, account.status_of(u), 'weight ' || u.weight, 'queue cap ' || u.queue_cap,
  'at once ' || queue.cap_of(u.id), 'since ' || api.wire_time(u.created_at))
from account."user" u
where ($2::text is null or account.status_of(u) = $2)
  and ($3::text is null or starts_with(lower(u.username), lower($3)) or starts_with(lower(u.email), lower($3)))
order by u.id desc
limit $1
