select queue.cap_owner(u.id, $2) from account."user" u where u.username = $1
