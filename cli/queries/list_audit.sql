-- The newest first, a line each. Whoever is gone is shown by id.
select concat_ws('  ', api.wire_time(a.at), a.action, 'by ' || coalesce(actor.username, api.wire_id('user', a.actor), a.via),
  'of ' || coalesce(subject.username, api.wire_id('user', a.subject)), 'from ' || a.client, a.detail::text)
from account.audit a
left join account."user" actor on actor.id = a.actor
left join account."user" subject on subject.id = a.subject
where ($2::uuid is null or a.actor = $2 or a.subject = $2) and ($3::text is null or a.action = $3)
order by a.id desc
limit $1
