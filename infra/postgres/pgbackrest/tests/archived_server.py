"""A server whose WAL is archived by pgBackRest, with the configuration of this folder, and the product on it."""

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from postgres_pair import Server, as_postgres, programs
from system import System, eventually, program

HERE = Path(__file__).resolve().parent.parent
# The user of the machine is the database's owner, as on a server of Debian.
ACCESS = """
local all all peer map=owner
host  all all 127.0.0.1/32 scram-sha-256
"""
# Lines of pgbackrest.conf that say how a bucket is reached.
BUCKET = re.compile(r"^#(repo1-(?:type|s3-\S+))=(.*)$", re.M)


class ArchivedServer(Server):
    """One server with its repository, both in a folder of their own."""

    def __init__(self, bucket: dict[str, str] | None = None, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="kiskadee-archived-"))
        self.folder.chmod(0o755)
        super().__init__("data", self.folder, secrets.token_hex(16))
        self.bucket = bucket
        self.repository = self.folder / "repository"
        self.configuration = self.folder / "pgbackrest"
        # What pgBackRest is told, whoever starts it.
        self.environment = {
            "PGBACKREST_CONFIG": str(self.configuration / "pgbackrest.conf"),
            "PGBACKREST_CONFIG_INCLUDE_PATH": str(self.configuration / "conf.d"),
        }

    def own(self, folder: Path) -> Path:
        folder.mkdir(mode=0o750)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        return folder

    def make(self) -> None:
        """The cluster, as README.md sets it up."""
        for name in ("repository", "spool", "socket", "pgbackrest"):
            self.own(self.folder / name)
        self.own(self.configuration / "conf.d")
        self._write_configuration()
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        self.own(self.data)
        self.run(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret, "--data-checksums",
            "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{self.folder / 'socket'}'\nport = {self.port}\nmax_connections = 200\n")
            settings.write((HERE / "archive.conf").read_text())
        (self.data / "pg_hba.conf").write_text(ACCESS)
        users = {"postgres", subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()}
        (self.data / "pg_ident.conf").write_text("".join(f"owner {user} postgres\n" for user in users))

    def _write_configuration(self) -> None:
        text = (HERE / "pgbackrest.conf").read_text()
        changes = {
            "/var/lib/pgbackrest": "/kiskadee" if self.bucket else str(self.repository),
            "/var/spool/pgbackrest": str(self.folder / "spool"),
            "/var/lib/postgresql/15/main": str(self.data),
            "/var/run/postgresql": str(self.folder / "socket"),
            "5432": str(self.port),
        }
        for shipped, value in changes.items():
            assert shipped in text, shipped
            text = text.replace(shipped, value)
        hidden = f"[global]\nrepo1-cipher-pass={secrets.token_hex(24)}\n"
        if self.bucket:
            # The lines for a bucket count now; what they do not name is secret, or of this bucket alone.
            more = dict(self.bucket)
            text = BUCKET.sub(lambda line: f"{line[1]}={more.pop(line[1], line[2])}", text)
            hidden += "".join(f"{name}={value}\n" for name, value in more.items())
        (self.configuration / "pgbackrest.conf").write_text(text)
        (self.configuration / "conf.d" / "secrets.conf").write_text(hidden)

    def start(self, *options: str, data: Path | None = None) -> None:
        """Starts it; without an address to listen at it is reached by its socket alone."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                as_postgres(programs() / "postgres", "-D", data or self.data, *options), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd="/", env=os.environ | self.environment, start_new_session=True,
            )  # fmt: skip
        eventually("the end of its recovery", self.is_primary, within=120)

    def is_primary(self) -> bool:
        assert self.popen and self.popen.poll() is None, self.log.read_text()[-3000:]
        return self.sql("select pg_is_in_recovery()", "postgres", check=False) == ["f"]

    @property
    def local_url(self) -> str:
        """By the socket, as README.md has it."""
        return f"postgres:///kiskadee?host={self.folder / 'socket'}&port={self.port}&user=postgres"

    def sql(self, statement: str, database: str = "kiskadee", check: bool = True, within: float = 60) -> list[str]:
        """The rows of a statement; none where the server does not answer and that is not checked."""
        command = [
            "psql", "-h", self.folder / "socket", "-p", str(self.port), "-U", "postgres", "-AtqX", "-v", "ON_ERROR_STOP=1",
            "-c", statement, database,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=within)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.splitlines()

    def backrest(self, *arguments: str, later: str | None = None, fails: bool = False, **environment: str) -> str:
        """What a command of pgBackRest says; `later` is a time that its clock is ahead by."""
        clock = [program("faketime"), "-f", later] if later else []
        done = subprocess.run(
            as_postgres(*clock, program("pgbackrest"), "--stanza=kiskadee", *arguments), capture_output=True, text=True,
            errors="replace", cwd="/", env=os.environ | self.environment | environment,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def info(self) -> dict[str, Any]:
        """What lies in the repository: README.md's `pgbackrest info`, for programs."""
        [stanza] = json.loads(self.backrest("--output=json", "--log-level-console=off", "info"))
        return stanza

    def backups(self) -> list[str]:
        return [backup["label"] for backup in self.info()["backup"]]

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def archived(bucket: dict[str, str] | None = None) -> Iterator[ArchivedServer]:
    """A server that runs and archives nothing yet."""
    server = ArchivedServer(bucket)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.remove()


class ArchivedSystem(System):
    """The product on such a server; the archive is there before the first migration."""

    def start_postgres(self) -> str:
        self.server = ArchivedServer()
        self.server.make()
        self.server.start()
        self.server.sql("create database kiskadee", "postgres")
        self.server.backrest("stanza-create")
        self.server.backrest("check")
        return self.server.url

    def stop_postgres(self) -> None:
        self.server.remove()
