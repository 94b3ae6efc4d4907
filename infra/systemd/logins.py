#!/usr/bin/env python3
"""Gives the parts of an installation their logins at Postgres, and keeps what they need to know where secrets are kept.

Run from a machine that reaches the database; run again it changes every password. Nobody sees one:
Postgres is told a SCRAM verifier, and the parts find theirs in the cloud's store of secrets, or as files in a folder where systemd looks.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from cloud import cloud, keep, query, values

COMPONENTS = ("accounts", "jobs", "speech", "training", "uploads", "ops")
# Login, the group role that says what it may do, the part that logs in.
LOGINS = {
    **{f"edge_{name}": (f"kiskadee_{name}", "edge") for name in COMPONENTS},
    "edge_host": ("kiskadee_edge_host", "edge"),
    "worker": ("kiskadee_worker", "worker"),
    "scaler": ("kiskadee_scaler", "scaler"),
    "backup": ("pg_read_all_data", "backup"),
}


def verifier(password: str) -> str:
    """What Postgres keeps of a password (RFC 5803)."""
    salt, rounds = secrets.token_bytes(16), 4096
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(value).decode() for value in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{text[0]}${text[1]}:{text[2]}"


def create(owner_url: str, login: str, group: str, password: str) -> None:
    """Makes the login, or gives it a new password."""
    name = f"kiskadee_login_{login}"
    query(owner_url, f"""
        do $$ begin
          if not exists (select from pg_roles where rolname = '{name}') then create role {name} login in role {group}; end if;
        end $$;
        alter role {name} password '{verifier(password)}';""")


def texts(options: argparse.Namespace, passwords: dict[str, str], kept: dict[str, str]) -> dict[str, str]:
    """What each part's file says."""
    direct = urlsplit(options.owner_url)

    def url(login: str, address: str, settings: str) -> str:
        end = f"?{settings}" if settings else ""
        return f"postgres://kiskadee_login_{login}:{quote(passwords[login])}@{address}{direct.path}{end}"

    through, settings = options.pooler or direct.netloc.rpartition("@")[2], "" if options.pooler else direct.query
    edge = [f"SPIN_VARIABLE_{name.upper()}_DATABASE_URL={shlex.quote(url(f'edge_{name}', through, settings))}" for name in COMPONENTS]
    edge += [f"KISKADEE_TELEMETRY_DATABASE_URL={shlex.quote(url('edge_host', through, settings))}", kept["edge"].rstrip()]
    own = {part: url(part, direct.netloc.rpartition("@")[2], direct.query) for part in ("worker", "scaler", "backup") if part in passwords}
    users = [f'"kiskadee_login_{login}" "{password}"' for login, password in passwords.items() if login.startswith("edge_")]
    files = {"edge": edge, "storage": [kept["storage"]], "pooler": users}
    files |= {part: [f"KISKADEE_DATABASE_URL={shlex.quote(address)}"] for part, address in own.items()}
    return {part: "\n".join(lines) + "\n" for part, lines in files.items()}


def kept_secrets(old_edge: str, program: str) -> dict[str, str]:
    """The keys that sign and verify tokens, and the storage's token: those there are, for new ones would sign everybody out."""
    known = {name: value for name, value in values("edge", old_edge).items() if not name.endswith("_DATABASE_URL")}
    if not known:
        words = [program, "admin", "generate-secrets"]
        known = values("edge", subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    lines = [f"{name}={shlex.quote(value)}" for name, value in known.items()]
    return {"edge": "\n".join(lines), "storage": f"KISKADEE_STORAGE_TOKEN={shlex.quote(known['SPIN_VARIABLE_STORAGE_TOKEN'])}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--owner-url", default=os.environ.get("KISKADEE_OWNER_URL"), help="the database, as its owner [env: KISKADEE_OWNER_URL]")
    parser.add_argument("--owner-secret", help="in place of it: the secret of the cloud that holds the owner's username and password, as RDS writes it")
    parser.add_argument("--database", help="with it: host:port/name?settings of the database")
    parser.add_argument("--migrate", action="store_true", help="bring the schema up to date first, which makes the group roles")
    parser.add_argument("--pooler", help="address of PgBouncer as the edges reach it, such as 127.0.0.1:6432")
    parser.add_argument("--kiskadee", default="/opt/kiskadee/kiskadee", help="the program")
    parser.add_argument("places", nargs="+", metavar="PART=PLACE", help="a secret of the cloud for each part, or a folder: /etc/credstore")
    options = parser.parse_args()
    if not options.owner_url and not (options.owner_secret and options.database):
        parser.error("name the database: --owner-url, or --owner-secret with --database")
    places = dict(place.split("=", 1) for place in options.places)
    here = cloud()
    try:
        options.owner_url = options.owner_url or owner_url(json.loads(here.secret(options.owner_secret)), options.database)
        if options.migrate:
            migrate(options)
        old = read(here, "edge", places["edge"])
        passwords = {login: secrets.token_urlsafe(32) for login, (_, part) in LOGINS.items() if part in places}
        for login, password in passwords.items():
            create(options.owner_url, login, LOGINS[login][0], password)
        for part, text in texts(options, passwords, kept_secrets(old, options.kiskadee)).items():
            if part in places:
                write(here, part, places[part], text)
                print(f"{part}: written to {places[part]}")
    except (OSError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
        sys.exit(f"kiskadee: {error}")


def owner_url(owner: dict, database: str) -> str:
    return f"postgres://{quote(owner['username'], safe='')}:{quote(owner['password'], safe='')}@{database}"


def migrate(options: argparse.Namespace) -> None:
    environment = {**os.environ, "KISKADEE_DATABASE_URL": options.owner_url}
    subprocess.run([options.kiskadee, "migrate"], env=environment, check=True)


def read(here, part: str, place: str) -> str:
    """What is kept there; nothing where nothing is."""
    if here is None:
        prefix = f"kiskadee.{part}."
        files = sorted(Path(place).glob(f"{prefix}*"))
        return "".join(f"{file.name.removeprefix(prefix)}={shlex.quote(file.read_text())}\n" for file in files)
    try:
        return here.secret(place)
    except RuntimeError as error:
        if "no value yet" not in str(error):
            raise
        return ""


def write(here, part: str, place: str, text: str) -> None:
    if here is None:
        keep(Path(place), part, text)
    else:
        here.put_secret(place, text)


if __name__ == "__main__":
    main()
