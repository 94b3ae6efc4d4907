#!/bin/sh
# A logical dump of the database, beside what the server itself keeps: it can be read elsewhere, by another version.
# KISKADEE_DATABASE_URL_FILE: a file with the address of the database, for a login that may read everything. KISKADEE_BACKUP_KEEP: how many dumps stay.
set -eu
umask 077
directory=${KISKADEE_BACKUP_DIR:-${STATE_DIRECTORY:?neither KISKADEE_BACKUP_DIR nor STATE_DIRECTORY is set}}
keep=${KISKADEE_BACKUP_KEEP:-14}
name=kiskadee-$(date -u +%Y%m%dT%H%M%SZ).dump
# The address goes by the environment: on the command line everybody could read the password.
PGSERVICEFILE=$(mktemp)
export PGSERVICEFILE
trap 'rm -f "$PGSERVICEFILE" "$directory/.unfinished"' EXIT
python3 -c '
import os, urllib.parse as u
a = u.urlsplit(open(os.environ["KISKADEE_DATABASE_URL_FILE"]).read().strip())
known = dict(host=a.hostname, port=a.port, user=a.username, password=a.password and u.unquote(a.password), dbname=a.path[1:], **dict(u.parse_qsl(a.query)))
print("[kiskadee]", *(f"{k}={v}" for k, v in known.items() if v), sep="\n")
' >"$PGSERVICEFILE"
PGSERVICE=kiskadee pg_dump --format=custom --file="$directory/.unfinished"
# What cannot be listed cannot be restored.
pg_restore --list "$directory/.unfinished" >/dev/null
mv "$directory/.unfinished" "$directory/$name"
echo "wrote $directory/$name"
ls -1 "$directory"/kiskadee-*.dump | sort -r | tail -n "+$((keep + 1))" | xargs -r rm --
