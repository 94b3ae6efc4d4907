"""The primary goes under load, and its standby is promoted: nothing accepted is lost, and nobody of ours is restarted.

Two ways to go: killed with everything it has, as a machine that loses its power; and frozen, as one that hangs and wakes up later,
with its sessions, and still takes itself for the primary.
"""

import http.client
import json
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from postgres_pair import Pair, PairedSystem, Server
from system import Process, eventually, free_port, status_of

pytestmark = pytest.mark.heavy

EDGES = ["127.0.0.31", "127.0.0.32"]
CALLERS = 4
TEXTS = 2
# From the promotion to an answer of each edge and a job of each worker.
SERVING_WITHIN_S = 10


@dataclass
class Load:
    """Callers, each with one edge, who bring a batch after the other and ask for it; what they were told, and when."""

    system: PairedSystem
    port: int
    over: threading.Event = field(default_factory=threading.Event)
    accepted: list[str] = field(default_factory=list)
    told: list[tuple[float, str, int]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(CALLERS):
            thread = threading.Thread(target=self._call, args=(EDGES[number % 2], number))
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def _call(self, edge: str, caller: int) -> None:
        turn = 0
        while not self.over.is_set():
            turn += 1
            texts = [f"Caller {caller}, turn {turn}, text {text}." for text in range(TEXTS)]
            status, answer = ask(edge, self.port, self.system.key, "POST", "/api/v1/advanced/batch-tts",
                                 {"texts": texts, "voice_id": "default", "language": "en"})  # fmt: skip
            self.told.append((time.monotonic(), edge, status))
            if status == 202:
                batch = json.loads(answer)["batch_id"]
                self.accepted.append(batch)
                status, _ = ask(edge, self.port, self.system.key, "GET", f"/api/v1/advanced/batch-tts/{batch}/status")
                self.told.append((time.monotonic(), edge, status))
            self.over.wait(0.7)

    def served_after(self, moment: float) -> dict[str, float]:
        """Seconds from then to the first answer of each edge."""
        firsts: dict[str, float] = {}
        for at, edge, status in self.told:
            if at > moment and status < 300:
                firsts.setdefault(edge, at - moment)
        return firsts


def ask(edge: str, port: int, key: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(edge, port, timeout=60)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"X-API-Key": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Fleet:
    system: PairedSystem
    port: int
    processes: list[Process]


@pytest.fixture(params=["killed", "frozen"])
def fleet(request: pytest.FixtureRequest, kiskadee: Path, tmp_path: Path) -> Iterator[Fleet]:
    with PairedSystem(kiskadee, tmp_path) as system:
        port, ready = free_port(EDGES[0]), free_port(EDGES[0])
        telemetry = system.address("edge_host")
        edges = [system.start_edge(host, port, ready, KISKADEE_TELEMETRY_DATABASE_URL=telemetry) for host in EDGES]
        workers = [
            system.start_worker("--name", name, "--slots", "1", "--lease-ttl", "10") for name in ("worker-a", "worker-b")
        ]
        for host in EDGES:
            system.wait_for_edge(host, port)
        eventually("the workers", lambda: status_of(f"http://{EDGES[0]}:{port}/ready") == 200, within=60)
        yield Fleet(system, port, edges + workers)


def beating(server: Server) -> set[str]:
    """The workers who have told lately that they live."""
    return set(server.sql("select name from queue.worker where expires_at > clock_timestamp() + interval '5 s'"))


def holding(server: Server, since: str = "epoch") -> set[str]:
    """The workers who hold work that was claimed since then, by the server's clock."""
    return set(server.sql(f"""select distinct w.name from queue.lease l join queue.worker w on w.id = l.worker_id
        where l.claimed_at > '{since}'"""))


def test_a_standby_takes_over_under_load(fleet: Fleet, request: pytest.FixtureRequest) -> None:
    system, pair = fleet.system, fleet.system.pair
    frozen = "frozen" in request.node.name
    load = Load(system, fleet.port)
    load.start()
    try:
        eventually("work that runs", lambda: len(load.accepted) >= 10 and holding(pair.one) == {"worker-a", "worker-b"}, within=120)
        gone = time.monotonic()
        pair.one.send(signal.SIGSTOP if frozen else signal.SIGKILL)
        # What whoever watches the servers needs to be sure.
        time.sleep(3)
        # In this order: nobody may come to the old one any more.
        assert not pair.command("set server primary/one state maint").strip()
        promoted, since = time.monotonic(), pair.two.sql("select clock_timestamp()")[0]
        pair.two.sql("select pg_promote(true, 30)", "postgres")
        took = time.monotonic() - promoted
        serving: dict[str, float] = {}

        def all_serve() -> bool:
            for name in holding(pair.two, since) & beating(pair.two):
                serving.setdefault(name, time.monotonic() - promoted)
            serving.update(load.served_after(promoted))
            return len(serving) == 4

        eventually("everybody", all_serve, within=60)
        print(f"\n{'frozen' if frozen else 'killed'}: promoted in {took:.1f} s, then serving after",
              {name: f"{seconds:.1f} s" for name, seconds in sorted(serving.items())})  # fmt: skip
        stale(pair, frozen)
        time.sleep(3)
    finally:
        load.stop()
    statuses = Counter(status for _, _, status in load.told)
    print(f"{len(load.accepted)} batches accepted; answers {dict(statuses)}; away for "
          f"{min(load.served_after(gone + 0.5).values(), default=0):.1f} s and more")  # fmt: skip
    assert set(statuses) <= {200, 202, 503}, statuses
    assert max(serving.values()) <= SERVING_WITHIN_S, serving
    assert all(process.is_running() for process in fleet.processes)
    each_accepted_job_is_done_once(pair.two, load.accepted)
    try:
        rejoin(pair)
    except BaseException:
        print(*(server.log.read_text()[-3000:] for server in (pair.one, pair.two)), sep="\n\n")
        raise


def stale(pair: Pair, frozen: bool) -> None:
    """The old primary is back, and does not know what happened: it is asked by nobody, and could promise nothing."""
    if frozen:
        pair.one.send(signal.SIGCONT)
    else:
        pair.one.start()
    assert pair.one.sql("select pg_is_in_recovery()", "postgres") == ["f"]
    with pytest.raises(subprocess.TimeoutExpired):
        pair.one.sql("create table lost ()", within=3)
    # Not only because it was said: whoever took over is kept to.
    assert not pair.command("set server primary/one state ready").strip()
    eventually("the old one to be taken for a primary", lambda: pair.states()["one"] == "UP", within=30)
    for _ in range(20):
        port = subprocess.run(
            ["psql", pair.url, "-AtqXc", "show port"], check=True, capture_output=True, text=True
        ).stdout.strip()  # fmt: skip
        assert port == str(pair.two.port)


def each_accepted_job_is_done_once(primary: Server, accepted: list[str]) -> None:
    ids = ",".join(f"'{batch.split('_')[1]}'" for batch in accepted)

    def ended() -> bool:
        pending = f"select count(*) from queue.batch_progress where batch_id in ({ids}) and pending > 0"
        return primary.sql(pending) == ["0"]

    eventually("the end of all batches", ended, within=240, pause=1)
    counts = primary.sql(f"""select count(*), count(distinct job_id), count(distinct result ->> 'key') from queue.done
        where kind = 'speech' and outcome = 'completed' and batch_id in ({ids})""")
    expected = len(accepted) * TEXTS
    assert counts == [f"{expected}|{expected}|{expected}"], counts


def rejoin(pair: Pair) -> None:
    """The old primary becomes the standby of the new one: what it had alone is undone."""
    pair.one.stop(signal.SIGINT)
    # Until it is over the new primary's own file says that it is on the old one's timeline, and nothing is rewound.
    pair.two.sql("checkpoint", within=120)
    pair.one.run("pg_rewind", "-D", pair.one.data, "-R", "--source-server", pair.two.url)
    with (pair.one.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"synchronous_standby_names = ''\nprimary_conninfo = 'host=127.0.0.1 port={pair.two.port} user=replicator "
            f"password={pair.two.password} application_name=one'\n"
        )
    pair.one.start()
    pair.wait_for(pair.two, pair.one)
    pair.two.sql("create table kept ()")
    assert pair.one.sql("select count(*) from pg_class where relname in ('kept', 'lost')") == ["1"]
    assert pair.states() == {"one": "DOWN", "two": "UP"}
