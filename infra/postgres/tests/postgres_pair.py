"""A primary and its standby by streaming replication, behind HAProxy with the configuration of this folder."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from system import Process, System, eventually, free_port, program

HERE = Path(__file__).resolve().parent
CONFIGURATION = HERE.parent / "haproxy.cfg"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '128MB'
wal_level = replica
wal_sender_timeout = '5s'
wal_receiver_timeout = '5s'
# What a server needs that is to be rewound to another's history.
wal_log_hints = on
wal_keep_size = '256MB'
# Locks that HAProxy's check and the edges leave behind when they vanish.
tcp_keepalives_idle = 5
"""
# The first line is that of README.md.
ACCESS = """
host postgres    kiskadee_check 127.0.0.1/32 trust
host replication replicator     127.0.0.1/32 scram-sha-256
host all         all            127.0.0.1/32 scram-sha-256
"""


def programs() -> Path:
    """The folder with the programs of the newest Postgres here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else Path(program("initdb")).parent


def as_postgres(*command: str | Path) -> list[str]:
    """Postgres refuses to be root; and it ends with the tests."""
    user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "QUIT", *user, *map(str, command)]


class Server:
    """One server: its data, its port, and the processes while it runs."""

    def __init__(self, name: str, folder: Path, password: str) -> None:
        self.name = name
        self.data = folder / name
        self.log = folder / f"{name}.log"
        self.port = free_port()
        self.password = password
        self.popen: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/kiskadee"

    def run(self, name: str, *arguments: str | Path, **environment: str) -> None:
        """Runs one of Postgres' programs."""
        done = subprocess.run(
            as_postgres(programs() / name, *arguments), capture_output=True, text=True, cwd="/",
            env=os.environ | {"PGPASSWORD": self.password} | environment,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stderr}"

    def start(self) -> None:
        """Starts it as a leader of all its processes, so that they can go at once, as with their machine."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                as_postgres(programs() / "postgres", "-D", self.data, "-p", str(self.port)),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        eventually(f"the server {self.name}", self.answers, within=60)

    def answers(self) -> bool:
        assert self.popen and self.popen.poll() is None, self.log.read_text()[-3000:]
        return self.sql("select 1", "postgres", check=False) == ["1"]

    def sql(self, statement: str, database: str = "kiskadee", check: bool = True, within: float = 30) -> list[str]:
        """The rows of a statement; none where the server does not answer and that is not checked."""
        address = self.url.removesuffix("kiskadee") + database
        command = ["psql", address, "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, timeout=within)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.splitlines()

    def send(self, by: signal.Signals) -> None:
        """To all of its processes. Those of Postgres are leaders of groups of their own, in one session."""
        assert self.popen
        for process in self.processes():
            try:
                os.kill(process, by)
            except ProcessLookupError:
                pass
        if by == signal.SIGKILL:
            self.popen.wait(30)

    def processes(self) -> list[int]:
        assert self.popen
        listed = subprocess.run(["ps", "-o", "pid=", "-s", str(self.popen.pid)], capture_output=True, text=True).stdout.split()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.popen.pid)], capture_output=True, text=True).stdout.split()
        # The postmaster first: it would answer the death of the others.
        return [self.popen.pid, *sorted({int(pid) for pid in listed + children} - {self.popen.pid})]

    def stop(self, by: signal.Signals = signal.SIGQUIT) -> None:
        if self.popen and self.popen.poll() is None:
            self.send(signal.SIGCONT)
            self.popen.send_signal(by)
            self.popen.wait(30)


class Pair:
    """`one` is the primary, `two` its standby, until somebody promotes that."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kiskadee-pair-"))
        self.folder.chmod(0o755)
        password = secrets.token_hex(16)
        self.one, self.two = (Server(name, self.folder, password) for name in ("one", "two"))
        self.haproxy: Process | None = None
        self.log = self.folder / "haproxy.log"
        self.port = free_port()

    @property
    def url(self) -> str:
        """Whoever is the primary."""
        return f"postgres://postgres:{self.one.password}@127.0.0.1:{self.port}/kiskadee"

    def start(self) -> None:
        self._make_one()
        self.one.start()
        for statement in (
            "create database kiskadee",
            "create role kiskadee_check login",
            f"create role replicator replication login password '{self.one.password}'",
        ):
            self.one.sql(statement, "postgres")
        self.follow(self.two, self.one)
        self.haproxy = self._start_haproxy()
        eventually("HAProxy", (self.folder / "haproxy.sock").exists, within=30)
        eventually("its checks", lambda: self.states() == {"one": "UP", "two": "DOWN"}, within=30)

    def follow(self, standby: Server, primary: Server) -> None:
        """Makes a server the standby of another, from whose copy it starts, and without which that acknowledges nothing."""
        shutil.rmtree(standby.data, ignore_errors=True)
        address = f"host=127.0.0.1 port={primary.port} user=replicator password={primary.password} application_name={standby.name}"
        self._own_folder(standby.data)
        standby.run("pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast", "-d", address)
        standby.start()
        self.wait_for(primary, standby)

    def wait_for(self, primary: Server, standby: Server) -> None:
        """From now on the primary waits for the standby with every commit."""
        state = f"select sync_state from pg_stat_replication where application_name = '{standby.name}' and state = 'streaming'"
        eventually("the standby", lambda: primary.sql(state, "postgres"), within=30)
        primary.sql(f"alter system set synchronous_standby_names = '{standby.name}'", "postgres")
        primary.sql("select pg_reload_conf()", "postgres")
        eventually("its being waited for", lambda: primary.sql(state, "postgres") == ["sync"], within=30)

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")

    def _make_one(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.one.password)
        self._own_folder(self.one.data)
        self.one.run(
            "initdb", "-D", self.one.data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret, "--data-checksums",
            "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        with (self.one.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        (self.one.data / "pg_hba.conf").write_text(ACCESS)

    def _start_haproxy(self) -> Process:
        text = CONFIGURATION.read_text()
        changes = {
            r"127\.0\.0\.1:5430": f"127.0.0.1:{self.port}",
            r"127\.0\.0\.1:5432": f"127.0.0.1:{self.one.port}",
            r"127\.0\.0\.1:5433": f"127.0.0.1:{self.two.port}",
            r"/run/haproxy/postgres\.sock": str(self.folder / "haproxy.sock"),
        }
        for pattern, value in changes.items():
            text, count = re.subn(pattern, value, text)
            assert count == 1, pattern
        written = self.folder / "haproxy.cfg"
        written.write_text(text)
        checked = subprocess.run([program("haproxy"), "-c", "-f", written], capture_output=True, text=True)
        assert checked.returncode == 0 and "WARNING" not in checked.stderr, checked.stderr
        return Process([program("haproxy"), "-db", "-f", written], self.log)

    def command(self, text: str) -> str:
        """What HAProxy says to a command."""
        with socket.socket(socket.AF_UNIX) as way:
            way.settimeout(10)
            way.connect(str(self.folder / "haproxy.sock"))
            way.sendall(f"{text}\n".encode())
            said = b""
            while piece := way.recv(65536):
                said += piece
        return said.decode()

    def states(self) -> dict[str, str]:
        """Of both servers: UP, DOWN, MAINT, DRAIN; while a check has failed, with its number."""
        rows = [line.split(",") for line in self.command("show stat primary 4 -1").splitlines() if "," in line]
        names = rows[0]
        states = {row[names.index("svname")]: row[names.index("status")].split()[0] for row in rows[1:]}
        return {name: state for name, state in states.items() if name in ("one", "two")}

    def stop(self) -> None:
        if self.haproxy:
            self.haproxy.stop(by=signal.SIGTERM)
        self.two.stop()
        self.one.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PairedSystem(System):
    """The product on such a pair."""

    def start_postgres(self) -> str:
        self.pair = Pair()
        self.pair.start()
        return self.pair.url

    def stop_postgres(self) -> None:
        self.pair.stop()
