"""The product, started part by part as on many machines: Postgres, storage gateway, edges, workers, each with a login of its own.

For tests of what stands around it. `with System(program, folder) as system:` stops everything at its end.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Components with a database, and the other logins.
GROUPS = ["accounts", "jobs", "speech", "training", "uploads", "ops", "edge_host", "worker"]
# Components that are not compiled yet take half a minute, on a busy machine several.
START_S = 300


class Process:
    """A process that ends with its test."""

    def __init__(self, command: list[str | Path], log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=ROOT,
            )

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def stop(self, within: float = 60, by: signal.Signals = signal.SIGTERM) -> int:
        """Ends it in good order and returns its exit code."""
        if self.is_running():
            self.popen.send_signal(by)
        try:
            return self.popen.wait(within)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def program(name: str) -> str:
    """A program of the system; Debian keeps servers where an ordinary user does not look."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    assert found, f"{name} is missing: cargo xtask test fleet installs it"
    return found


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago, below those that the kernel gives to connections."""
    for _ in range(200):
        port = 12000 + secrets.randbelow(20000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port from 12000 to 31999 is free")


def eventually(what: str, probe: Any, within: float = START_S, pause: float = 0.05) -> Any:
    """What `probe` returns once it is true."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := probe():
            return found
        time.sleep(pause)
    raise AssertionError(f"{what}: not within {within} s")


def status_of(url: str) -> int:
    """The status that an address answers with, 0 where nobody does."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def edge_options(program: Path) -> str:
    """What `kiskadee edge --help` says."""
    return subprocess.run([program, "edge", "--help"], check=True, capture_output=True, text=True).stdout


class System:
    """One database with everything that works on it."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.processes: list[Process] = []
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("KISKADEE_", "SPIN_VARIABLE_"))
        }
        for name in ("KISKADEE_COMPONENTS", "KISKADEE_MANIFEST"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.environment.setdefault("KISKADEE_MANIFEST", str(ROOT / "spin.toml"))
        self.help = edge_options(program)

    def __enter__(self) -> Self:
        try:
            self.owner = self.start_postgres()
            self._install()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def start_postgres(self) -> str:
        """Starts the database and returns its address for its owner."""
        log = (self.folder / "postgres.log").open("wb")
        self.postgres = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", self.program, "postgres"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self.environment,
        )
        log.close()
        assert self.postgres.stdout
        return self.postgres.stdout.readline().strip()

    def stop_postgres(self) -> None:
        """Stops what `start_postgres` has started, as far as it came."""
        assert self.postgres.stdin
        self.postgres.stdin.close()
        self.postgres.wait(60)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # All at once where nobody needs the other: an edge takes seconds to leave.
        for process in self.processes:
            if "edge" in process.popen.args and process.is_running():
                process.popen.terminate()
        for process in reversed(self.processes):
            try:
                process.stop()
            except subprocess.TimeoutExpired:
                print(f"had to be killed: {process.popen.args}")
        self.stop_postgres()

    def run(self, *arguments: str, **extra: str) -> str:
        """What a command of the program prints; the database's owner runs it."""
        environment = self.environment | {"KISKADEE_DATABASE_URL": self.owner} | extra
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, env=environment, cwd=ROOT)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def sql(self, statement: str) -> list[str]:
        """The rows of a statement, each as a line."""
        done = subprocess.run(
            ["psql", self.owner, "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", statement],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def _install(self) -> None:
        self.run("migrate")
        self.secrets = dict(
            line.split("=", 1) for line in self.run("admin", "generate-secrets").splitlines() if "=" in line
        )
        self.secrets = {name.removeprefix("export "): value.strip("'\"") for name, value in self.secrets.items()}
        self.passwords = {group: secrets.token_hex(16) for group in GROUPS}
        for group, password in self.passwords.items():
            self.sql(f"create role edge_{group} login password '{password}' in role kiskadee_{group}")
        self.storage = self.folder / "storage"
        port = free_port()
        self.storage_url = f"http://127.0.0.1:{port}"
        self.start(
            "storage", "--listen", f"127.0.0.1:{port}", "--storage", str(self.storage),
            KISKADEE_STORAGE_TOKEN=self.secrets["SPIN_VARIABLE_STORAGE_TOKEN"],
        )
        self.password = secrets.token_hex(16)
        done = subprocess.run(
            [self.program, "admin", "create-user", "ada", "--email", "ada@example.org", "--password-stdin"],
            input=self.password, text=True, capture_output=True, env=self.environment | {"KISKADEE_DATABASE_URL": self.owner},
        )
        assert done.returncode == 0, done.stderr
        printed = self.run("admin", "create-key", "ada")
        key = re.search(r"\b[A-Za-z]+_[A-Za-z0-9_-]{20,}", printed)
        assert key, printed
        self.key = key[0]

    def start(self, *arguments: str, log: str | None = None, **environment: str) -> Process:
        """Starts a part of the program."""
        name = log or arguments[0]
        process = Process(
            [self.program, *arguments], self.folder / f"{name}.log", self.environment | environment
        )
        self.processes.append(process)
        return process

    def address(self, group: str, at: str | None = None) -> str:
        """The database as a login of that group; `at` is another HOST:PORT, such as a pooler's."""
        rest = self.owner.rsplit("@", 1)[1]
        if at:
            rest = f"{at}/{rest.split('/', 1)[1]}"
        return f"postgres://edge_{group}:{self.passwords[group]}@{rest}"

    def edge_variables(self, at: str | None = None) -> dict[str, str]:
        """The environment of an edge."""
        components = [group for group in GROUPS if group not in ("edge_host", "worker")]
        databases = {f"SPIN_VARIABLE_{group.upper()}_DATABASE_URL": self.address(group, at) for group in components}
        return self.secrets | databases | {
            "SPIN_VARIABLE_DATABASE_HOST": "postgres://" + (at or self.owner.rsplit("@", 1)[1].split("/")[0]),
            "SPIN_VARIABLE_STORAGE_URL": self.storage_url,
            "SPIN_VARIABLE_API_RATE_LIMIT": "off",
        }

    def start_edge(self, host: str, port: int, ready: int, *options: str, at: str | None = None, **more: str) -> Process:
        """An edge, not waited for. Compiled components are kept: they take half a minute the first time."""
        cache = TARGET / "fleet-tools" / "compiled"
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.start(
            "edge", "--listen", f"{host}:{port}", "--metrics-listen", f"{host}:{ready}", "--cache-dir", str(cache), *options,
            log=f"edge-{host}", **(self.edge_variables(at) | more),
        )

    def start_worker(self, *options: str, at: str | None = None) -> Process:
        """A worker, not waited for."""
        return self.start(
            "worker", "--storage", str(self.storage), *options, KISKADEE_DATABASE_URL=self.address("worker", at)
        )

    def wait_for_edge(self, host: str, port: int) -> None:
        """Until an edge answers."""
        eventually(f"the edge at {host}:{port}", lambda: status_of(f"http://{host}:{port}/health") == 200)
