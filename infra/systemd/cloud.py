#!/usr/bin/env python3
"""What an instance has to do with the cloud it runs in: fetch secrets, grow its groups, leave them.

Installed in /usr/local/lib/kiskadee by the modules of infra/terraform, with a file for each cloud beside it. It needs
Python 3.10 and nothing besides; the cloud lets it in by the identity of the instance. Settings come from /etc/kiskadee/cloud.env.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


def cloud():
    """The cloud of the settings; None where there is none and secrets are files."""
    name = os.environ.get("KISKADEE_CLOUD", "none")
    if name == "aws":
        import cloud_aws

        return cloud_aws.Aws(os.environ["AWS_REGION"])
    if name == "gcp":
        import cloud_gcp

        return cloud_gcp.Gcp()
    return None


def parts(setting: str) -> dict[str, str]:
    """`edge=arn:… worker=arn:…` as names and values."""
    return dict(pair.split("=", 1) for pair in os.environ.get(setting, "").split())


def write_private(path: Path, text: str) -> None:
    """Replaces a file by one that only its owner may read, at once or not at all."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


def values(part: str, text: str) -> dict[str, str]:
    """What a part's text in the store says, by name: `NAME=VALUE` each in a line, quoted as a shell would; the pooler's is a file as it is."""
    if part == "pooler":
        return {"users": text}
    return dict(word.split("=", 1) for word in shlex.split(text))


def keep(folder: Path, part: str, text: str) -> None:
    """Writes a file for each secret, kiskadee.PART.NAME, as systemd looks for credentials; what the text does not name any more goes."""
    known = {f"kiskadee.{part}.{name}": value for name, value in values(part, text).items()}
    for name, value in known.items():
        write_private(folder / name, value)
    for file in folder.glob(f"kiskadee.{part}.*"):
        if file.name not in known:
            file.unlink()


def secrets(_: argparse.Namespace) -> None:
    """Writes the secrets of this machine's parts to files of its memory, where systemd looks for them."""
    here = cloud()
    folder = Path(os.environ.get("RUNTIME_DIRECTORY", "/run/credstore"))
    for part, address in parts("KISKADEE_SECRETS").items():
        keep(folder, part, here.secret(address))
        print(f"fetched the secrets of {part}")


def connection(url: str) -> dict[str, str]:
    """The environment with which psql connects to it: on a command line everybody could read the password."""
    address = urlsplit(url)
    names = {"PGHOST": address.hostname, "PGPORT": address.port, "PGUSER": address.username, "PGPASSWORD": address.password}
    known = {name: unquote(str(value)) for name, value in names.items() if value}
    settings = {f"PG{key.upper()}": value for key, value in parse_qsl(address.query)}
    return {**os.environ, **known, **settings, "PGDATABASE": address.path.lstrip("/") or "postgres"}


def query(url: str, sql: str) -> str:
    """What a query says, without decoration."""
    words = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
    done = subprocess.run(words, input=sql, env=connection(url), capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


def scale(options: argparse.Namespace) -> None:
    """Lets a group grow to what the queue wants. It never shrinks one: who is idle leaves by itself."""
    url = Path(os.environ["KISKADEE_DATABASE_URL_FILE"]).read_text().strip()
    wanted = int(query(url, f"select queue.wanted_workers('{options.pool}')"))
    here = cloud()
    group, most = parts("KISKADEE_GROUPS")[options.pool], int(parts("KISKADEE_GROUPS_MOST")[options.pool])
    size, target = here.group_size(group), min(wanted, most)
    print(f"{options.pool}: wanted {wanted}, at most {most}, now {size}")
    if target > size:
        here.grow(group, target)


def leave(_: argparse.Namespace) -> None:
    """Ends this instance when its worker has ended by itself, having been idle for long enough.

    Called by the unit at every stop. A stop that somebody asked for has a main process until then; one of the worker's own
    accord has none any more. A machine that is being taken away needs no leave: its group replaces it. If the group may not
    become smaller this fails, and the worker is started again.
    """
    if os.environ.get("MAINPID") or os.environ.get("SERVICE_RESULT") != "success":
        return
    here = cloud()
    if here is not None and not here.is_taken_away():
        here.leave()
        print("idle for long enough: this instance ends")


def lifecycle(_: argparse.Namespace) -> None:
    """Waits until the group wants to end this instance, drains its workers, and lets it."""
    here = cloud()
    while not here.is_ending():
        time.sleep(5)
    print("the group ends this instance: its workers drain")
    drain = subprocess.Popen(["systemctl", "stop", "kiskadee-worker@*.service"])
    while True:
        here.still_draining()
        try:
            drain.wait(timeout=20)
            break
        except subprocess.TimeoutExpired:
            continue
    here.drained()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    for call in (secrets, leave, lifecycle):
        commands.add_parser(call.__name__, help=call.__doc__.splitlines()[0]).set_defaults(call=call)
    command = commands.add_parser("scale", help=scale.__doc__.splitlines()[0])
    command.add_argument("pool", type=pool)
    command.set_defaults(call=scale)
    options = parser.parse_args()
    try:
        options.call(options)
    except (OSError, RuntimeError, KeyError, subprocess.TimeoutExpired) as error:
        sys.exit(f"kiskadee: {error}")


def pool(name: str) -> str:
    """A pool's name; it goes into SQL, so it has to be one."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise argparse.ArgumentTypeError("a pool is called by letters, digits, hyphens and underscores")
    return name


if __name__ == "__main__":
    main()
