"""Edges and a worker behind PgBouncer in transaction mode, with the configuration of this folder.

`KISKADEE_TEST_PGBOUNCER` names a program of 1.21 or newer; without it, one comes from a Debian 13 made by mmdebstrap.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from system import TARGET, Process, System, eventually, free_port  # noqa: E402

pytestmark = pytest.mark.heavy

CLIENTS = 200
ROUNDS = 6
EDGES = ["127.0.0.21", "127.0.0.22"]


def debian_13() -> list[str]:
    """PgBouncer 1.24 of Debian 13, with the libraries that it was built with; made once."""
    root = TARGET / "fleet-tools" / "pgbouncer-trixie"
    if not root.is_dir():
        unfinished = Path(f"{root}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=extract", "--include=pgbouncer", "trixie", unfinished,
             "http://deb.debian.org/debian"],
            check=True,
        )  # fmt: skip
        unfinished.rename(root)
    loader = root / "usr/lib64/ld-linux-x86-64.so.2"
    return [str(loader), "--library-path", f"{root}/usr/lib/x86_64-linux-gnu", f"{root}/usr/sbin/pgbouncer"]


def new_pooler() -> list[str]:
    """A program that follows prepared statements."""
    named = os.environ.get("KISKADEE_TEST_PGBOUNCER")
    return [named] if named else debian_13()


def version(program: list[str]) -> tuple[int, ...]:
    told = subprocess.run([*program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    assert found, told
    return tuple(map(int, found.groups()))


class Pooler:
    """PgBouncer before the database of a system."""

    def __init__(self, program: list[str], system: System, folder: Path, **settings: str) -> None:
        host, port = system.owner.rsplit("@", 1)[1].split("/")[0].split(":")
        database = system.owner.rsplit("/", 1)[1]
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        own = {
            "listen_port": str(self.port), "auth_file": str(folder / "userlist.txt"), "pidfile": str(folder / "pid"),
        } | settings  # fmt: skip
        text = (HERE.parent / "pgbouncer.ini").read_text()
        text = re.sub(r"^kiskadee = .*$", f"{database} = host={host} port={port} dbname={database}", text, flags=re.MULTILINE)
        for name, value in own.items():
            line = f"{name} = {value}" if value else f"; {name} is left out"
            text, count = re.subn(rf"^{name} = .*$", line, text, flags=re.MULTILINE)
            assert count == 1, name
        (folder / "pgbouncer.ini").write_text(text)
        users = subprocess.run(
            ["psql", system.owner, "-AtqX", "-f", HERE.parent / "userlist.sql"], check=True, capture_output=True, text=True
        ).stdout
        assert users.count("SCRAM-SHA-256$") == len(users.splitlines()) == 8, users
        (folder / "userlist.txt").write_text(users)
        command = [*program, str(folder / "pgbouncer.ini")]
        if os.geteuid() == 0:
            # It refuses to be root.
            subprocess.run(["chown", "-R", "nobody", folder], check=True)
            command[-1:-1] = ["-u", "nobody"]
        self.process = Process(list(command), folder / "pgbouncer.log")
        eventually("PgBouncer", self._answers, within=20)

    def _answers(self) -> bool:
        assert self.process.is_running(), self.process.tail()
        return "process up" in self.process.tail()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others can reach, unlike those of pytest."""
    made = Path(tempfile.mkdtemp(prefix="kiskadee-pgbouncer-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def system(kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(kiskadee, tmp_path_factory.mktemp("pooled")) as system:
        yield system


class Client:
    """One of many callers, with a connection to one edge."""

    def __init__(self, edge: str, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection(edge, port, timeout=60)
        self.headers = {"X-API-Key": key, "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self.connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] in b"{[" else text


def work(number: int, port: int, key: str, told: list[str], batches: list[str]) -> None:
    """What a caller does: reads, a batch, and reads again."""
    client = Client(EDGES[number % 2], port, key)
    for turn in range(ROUNDS):
        for method, path in [
            ("GET", "/auth/me"), ("GET", "/api/v1/jobs?limit=3"), ("GET", "/api/v1/voices?limit=3"),
            ("GET", "/api/v1/usage"), ("GET", "/api/v1/batches?limit=3"), ("GET", "/training/datasets"),
        ]:  # fmt: skip
            status, body = client.ask(method, path)
            told.append(f"{status} {path} {body if status != 200 else ''}")
        if turn == number % ROUNDS:
            body = {"texts": [f"Caller {number} speaks."], "voice_id": "default", "language": "en"}
            status, answer = client.ask("POST", "/api/v1/advanced/batch-tts", body)
            told.append(f"{status} batch {answer if status >= 300 else ''}")
            if status < 300:
                batches.append(answer["batch_id"])
    client.connection.close()


def test_200_clients_share_ten_sessions(system: System, folder: Path) -> None:
    program = new_pooler()
    assert version(program) >= (1, 21)
    pooler = Pooler(program, system, folder, max_db_connections="10", default_pool_size="4")
    port, ready = free_port(EDGES[0]), free_port(EDGES[0])
    telemetry = system.address("edge_host", pooler.address)
    edges = [
        system.start_edge(host, port, ready, at=pooler.address, KISKADEE_TELEMETRY_DATABASE_URL=telemetry) for host in EDGES
    ]
    worker = system.start_worker("--behind-pooler", at=pooler.address)
    try:
        for host in EDGES:
            system.wait_for_edge(host, port)
        admin = Client(EDGES[0], port, system.key)
        eventually("the worker", lambda: admin.ask("GET", "/ready")[0] == 200, within=60)
        told: list[str] = []
        batches: list[str] = []
        threads = [
            threading.Thread(target=work, args=(number, port, system.key, told, batches)) for number in range(CLIENTS)
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        most = 0
        while any(thread.is_alive() for thread in threads):
            most = max(most, sessions(system))
            time.sleep(0.2)
        took = time.monotonic() - start

        # The edge has closed the connection that asked nothing meanwhile.
        admin = Client(EDGES[0], port, system.key)

        def done() -> bool:
            states = Counter(admin.ask("GET", f"/api/v1/advanced/batch-tts/{batch}/status")[1]["status"] for batch in batches)
            return states == {"completed": CLIENTS}

        eventually("all batches", done, within=180, pause=1)
        most = max(most, sessions(system))
        failed = [line for line in told if not line.startswith("20")]
        print(f"\n{len(told)} requests of {CLIENTS} clients in {took:.0f} s, {len(failed)} failed; {most} sessions at most")
        assert not failed, failed[:10]
        assert len(told) == CLIENTS * (6 * ROUNDS + 1)
        assert 1 < most <= 10
        # Who may look sees that nobody waits.
        shown = subprocess.run(
            ["psql", f"postgres://edge_ops:{system.passwords['ops']}@{pooler.address}/pgbouncer", "-AtqXc", "show pools"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert "edge_speech" in shown
        log = (folder / "pgbouncer.log").read_text()
        assert "prepared statement" not in log and "FATAL" not in log, log[-3000:]
    finally:
        for process in (*edges, worker):
            process.stop()
        pooler.process.stop()


def sessions(system: System) -> int:
    """Sessions of Postgres that belong to edges and workers."""
    return int(system.sql("select count(*) from pg_stat_activity where usename like 'edge\\_%'")[0])


@pytest.mark.parametrize("kind", ["switched off", "too old"])
def test_a_pooler_that_loses_statements_is_refused_at_the_start(kind: str, system: System, folder: Path) -> None:
    if "--drain-delay" not in system.help:
        pytest.skip("this edge does not look for poolers")
    if kind == "too old":
        old = ["/usr/sbin/pgbouncer"]
        if not Path(old[0]).exists() or version(old) >= (1, 21):
            pytest.skip("there is no PgBouncer below 1.21 here")
        pooler = Pooler(old, system, folder, max_prepared_statements="")
    else:
        pooler = Pooler(new_pooler(), system, folder, max_prepared_statements="0")
    try:
        port, ready = free_port(EDGES[0]), free_port(EDGES[0])
        edge = system.start_edge(EDGES[0], port, ready, at=pooler.address)
        assert edge.popen.wait(60) != 0
        lines = [line for line in edge.tail().splitlines() if "loses prepared statements" in line]
        assert lines and "max_prepared_statements" in lines[-1] and "--behind-pooler" in lines[-1], edge.tail()
        # Who was told of it does without.
        told = system.start_edge(EDGES[0], port, ready, "--behind-pooler", at=pooler.address)
        system.wait_for_edge(EDGES[0], port)
        assert Client(EDGES[0], port, system.key).ask("GET", "/auth/me")[0] == 200
        assert told.stop() == 0
    finally:
        pooler.process.stop()
