"""Edges restarted one after another behind a proxy, under load: nobody may notice.

What decides is the gate: the next one goes when the proxy calls the last one healthy. That the test can fail is seen by hand:
`FLEET_DRAIN_DELAY=0 FLEET_GATE=off pytest infra/proxies/tests/test_proxy_restarts.py`.
"""

import http.client
import json
import os
import re
import secrets
import socket
import statistics
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from proxy_clients import Connection, Site
from proxy_fleet import EDGES, Fleet, Proxy
from system import eventually

pytestmark = pytest.mark.heavy

# Caddy's are fewer, for the time that they take, unless their number is said.
RESTARTS = {"nginx": 10, "haproxy": 10, "caddy": 4}
if said := os.environ.get("FLEET_RESTARTS"):
    RESTARTS = dict.fromkeys(RESTARTS, int(said))
IS_GATED = os.environ.get("FLEET_GATE", "on") != "off"
# Nobody is to be refused for his rate here.
RATES = {name: {"per_second": 10000, "burst": 10000} for name in ("general", "sign_in", "upload", "generation")}
# Spoken within the 20 s that an edge leaves to what runs, on a busy machine too.
TEXT = " ".join(f"Sentence {number} is spoken while edges come and go." for number in range(10))


class Load:
    """Sixteen clients, each with a connection that it keeps."""

    def __init__(self, site: Site, key: str) -> None:
        self.site, self.key = site, {"X-API-Key": key}
        self.stop = threading.Event()
        self.failures: list[str] = []
        self.asked: Counter[str] = Counter()
        self.took: list[float] = []
        self.resumed = 0
        self.followed: dict[str, int] = {}
        self.job = ""
        self.threads: list[threading.Thread] = []

    def begin(self, job: str) -> None:
        self.job = job
        clients: list[Callable[[Connection], None]] = [
            *[self.get] * 8, *[self.post_batch] * 4, *[self.upload] * 2, self.listen,
        ]  # fmt: skip
        for number, client in enumerate(clients):
            self._spawn(self._repeat, client, f"127.0.16.{number + 1}")
        self._spawn(self._follow, "127.0.16.99")

    def _spawn(self, run: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def _repeat(self, client: Callable[[Connection], None], source: str) -> None:
        connection = self.site.connect(source, timeout=30)
        while not self.stop.is_set():
            try:
                client(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{time.monotonic():.2f} {client.__name__}: {error!r}")
                connection.close()

    def ask(self, connection: Connection, method: str, path: str, body: Any = None, **headers: str) -> Any:
        start = time.monotonic()
        answer = connection.ask(method, path, body, self.key | headers)
        self.took.append(time.monotonic() - start)
        self.asked[method] += 1
        if answer.status >= 300:
            self.failures.append(f"{start:.2f} {method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer.json() if answer.body[:1] == b"{" else {}

    def get(self, connection: Connection) -> None:
        for path in ("/auth/me", "/api/v1/jobs?limit=5", "/api/v1/voices?limit=5"):
            self.ask(connection, "GET", path)
            self.stop.wait(0.02)

    def post_batch(self, connection: Connection) -> None:
        body = {"texts": ["One.", "Two."], "voice_id": "default", "language": "en"}
        self.ask(connection, "POST", "/api/v1/advanced/batch-tts", body)
        self.stop.wait(0.25)

    def upload(self, connection: Connection) -> None:
        file = secrets.token_bytes(400_000)
        announced = {"family": "speech", "filename": "x.wav", "bytes": len(file)}
        made = self.ask(connection, "POST", "/api/v1/uploads", announced)
        if path := made.get("status_url"):
            self.ask(connection, "PUT", f"{path}/parts/1", file, **{"Content-Type": "application/octet-stream"})
            self.ask(connection, "DELETE", path)
        self.stop.wait(0.2)

    def listen(self, connection: Connection) -> None:
        body = json.dumps({"model": "kiskadee", "voice": "heron", "input": TEXT, "response_format": "pcm"})
        connection.request("POST", "/v1/audio/speech", body, self.key | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        heard = 0
        while part := answer.read(65536):
            heard += len(part)
            time.sleep(0.05)
        self.asked["speech"] += 1
        self.followed.setdefault("speech", heard)
        if answer.status != 200 or heard != self.followed["speech"]:
            self.failures.append(f"{time.monotonic():.2f} speech: {answer.status}, {heard} bytes")
        self.stop.wait(0.2)

    def _follow(self, source: str) -> None:
        """One stream of events over all restarts: what is cut off is resumed, and nothing is missing or told twice."""
        seen: list[str] = []
        while not self.stop.is_set():
            try:
                for event in self._events(source, seen[-1] if seen else None):
                    if event in seen:
                        self.failures.append(f"event {event} came twice")
                    seen.append(event)
            except (OSError, http.client.HTTPException) as error:
                # A stream that is cut off is one thing, a stream that cannot be had is another.
                if not isinstance(error, http.client.IncompleteRead | ConnectionError):
                    self.failures.append(f"{time.monotonic():.2f} events: {error!r}")
            if self.followed.get("completed"):
                return
            self.resumed += 1

    def _events(self, source: str, last: str | None) -> Iterator[str]:
        connection = self.site.connect(source, timeout=30)
        headers = self.key | {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        connection.request("GET", f"/api/v1/jobs/{self.job}/events", headers=headers)
        answer = connection.getresponse()
        if answer.status not in (200, 204):
            self.failures.append(f"{time.monotonic():.2f} events: {answer.status}")
        self.asked["events"] += 1
        event = ""
        while line := answer.readline().decode():
            if line.startswith("id:"):
                event = line[3:].strip()
            if line.startswith("data:") and '"completed"' in line:
                self.followed["completed"] = 1
            if line == "\n" and event:
                yield event
                event = ""
            if self.stop.is_set() and not self.followed.get("completed"):
                self.failures.append("the stream of events did not tell of the end")
                return


def is_up(proxy: Proxy, kind: str, fleet: Fleet, host: str) -> bool:
    """Whether the proxy calls the edge healthy. nginx has no opinion; the process has."""
    if kind == "haproxy":
        name = f"edge{EDGES.index(host) + 1}"
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(proxy.values["haproxy_socket"])
            control.sendall(b"show stat\n")
            rows = b"".join(iter(lambda: control.recv(65536), b"")).decode().splitlines()
        return any(row.startswith(f"edge,{name},") and ",UP," in row for row in rows)
    if kind == "caddy":
        with urllib.request.urlopen(f"http://{proxy.values['caddy_admin']}/metrics", timeout=5) as page:
            text = page.read().decode()
        wanted = re.escape(f'caddy_reverse_proxy_upstreams_healthy{{upstream="{host}:{fleet.port}"}}')
        return bool(re.search(rf"^{wanted} 1$", text, re.MULTILINE))
    return True


def restart(proxy: Proxy, kind: str, fleet: Fleet, host: str) -> float:
    """One edge leaves and another takes its place; returns the seconds that leaving took."""
    start = time.monotonic()
    assert fleet.edges[host].stop() == 0
    left = time.monotonic() - start
    fleet.start(host)
    if IS_GATED:
        eventually(f"{kind} to see {host}", lambda: is_up(proxy, kind, fleet, host), within=60)
    return left


@pytest.fixture
def drained(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with the drain of the run: what the edges have, unless it was said."""
    wanted = os.environ.get("FLEET_DRAIN_DELAY")
    if "--drain-delay" not in fleet.system.help and wanted != "0":
        pytest.skip("this edge does not drain")
    before = list(fleet.options)
    if wanted and "--drain-delay" in fleet.options:
        fleet.options[fleet.options.index("--drain-delay") + 1] = wanted
        for host in EDGES:
            fleet.edges[host].stop()
            fleet.start(host)
    yield fleet
    fleet.options[:] = before


@pytest.mark.parametrize("kind", ["nginx", "haproxy", "caddy"])
def test_nobody_notices_that_edges_are_restarted(kind: str, start_proxy: Any, drained: Fleet) -> None:
    fleet = drained
    own = {} if kind == "caddy" else {"rates": RATES}
    proxy = start_proxy(kind, **own)
    # A job that waits until the end, so that its stream of events outlives every restart.
    fleet.system.run("admin", "pause", "speech:espeak")
    body = {"text": "At last.", "voice_id": "default", "language": "en", "tts_engine": "espeak"}
    job = proxy.site.request("POST", "/api/v1/speech", "127.0.16.98", body, {"X-API-Key": fleet.system.key})
    assert job.status == 202, job.body
    load = Load(proxy.site, fleet.system.key)
    load.begin(job.json()["job_id"])
    left = []
    restarts = RESTARTS[kind]
    try:
        time.sleep(2)
        for number in range(restarts):
            left.append(restart(proxy, kind, fleet, EDGES[number % 2]))
            time.sleep(0.5)
        fleet.system.run("admin", "resume", "speech:espeak")
        eventually("the last event", lambda: load.followed.get("completed"), within=60)
    finally:
        load.end()
        fleet.system.run("admin", "resume", "speech:espeak")
    took = sorted(load.took)
    print(
        f"\n{kind}: {restarts} restarts, each left in {min(left):.1f} to {max(left):.1f} s; {dict(load.asked)}; failed: "
        f"{len(load.failures)}; events resumed {load.resumed} times; median {statistics.median(took) * 1000:.0f} ms, "
        f"p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"
    )
    assert not load.failures, "\n".join(load.failures[:30])
    assert took[len(took) * 99 // 100] < 1
    assert min(load.asked[what] for what in ("GET", "POST", "PUT", "speech")) >= restarts // 2
