"""The real page of a system that has worked a little: well formed, bounded, quick, with every metric that such a system can have; and Prometheus
itself reads it with our configuration, evaluates our rules, and answers every query of the dashboards. The SQL of the runbooks runs there."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "grafana")]

import dashboards  # noqa: E402
import metrics  # noqa: E402

pytestmark = pytest.mark.heavy

# What a small system on a CPU has no series of: nothing was refused, trained, converted or faulty; nobody has a GPU, a file or a dead job.
WITHOUT_SERIES = {
    "backup_last_success_timestamp_seconds", "backup_size_bytes", "backup_verified_timestamp_seconds",
    "cache_hits_total", "cache_misses_total", "gpu_ecc_errors_total", "gpu_memory_total_bytes",
    "gpu_memory_usage_bytes", "gpu_power_watts", "gpu_sm_clock_hertz", "gpu_temperature_celsius", "gpu_throttled", "gpu_utilization_percent",
    "http_admission_refused_total", "http_rate_limited_total", "postgres_vacuum_age_seconds", "queue_admission_refused_total", "queue_rescues_total", "storage_file_bytes", "storage_files", "training_runs_total", "training_step_seconds", "training_steps_total",
    "tts_engine_restarts_total", "tts_faulty_passages_total", "tts_retakes_total", "webhook_attempts_total", "workers_wanted",
}
# The page of the whole fleet.
MOST_SERIES = 10_000
MOST_BYTES = 1_000_000
MOST_SECONDS = 0.1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(holds: Callable[[], object], within: float, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.2)


def fetch(url: str, body: dict | None = None, key: str | None = None) -> str | None:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode(errors="replace")
    except urllib.error.HTTPError as refused:
        return None if refused.code >= 500 else refused.read().decode(errors="replace")
    except OSError:
        return None


@dataclass(frozen=True)
class System:
    program: Path
    state: Path
    url: str
    pages: tuple[str, ...]

    def admin(self, *arguments: str) -> str:
        command = [self.program, "admin", *arguments, "--state-dir", self.state]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @property
    def database(self) -> str:
        password = json.loads((self.state / "secrets.json").read_text())["postgres"]
        port = (self.state / "postgres.port").read_text().strip()
        return f"postgres://postgres:{password}@127.0.0.1:{port}/kiskadee"


def use(system: System) -> None:
    """An administrator, single jobs, a batch, wrong passwords, pages that are not there."""
    system.admin("create-user", "--email", "watch@example.org", "--role", "admin", "watcher")
    found = re.search(r"kk_\w+", system.admin("create-key", "--scope", "*", "watcher"))
    assert found
    key = found[0]
    one = {"text": "One, two, three.", "voice_id": "default", "language": "en"}
    for path, body in (("speech", one), ("speech", one), ("advanced/batch-tts", {"texts": ["One.", "Two."], "voice_id": "default", "language": "en"})):
        answer = fetch(f"{system.url}/api/v1/{path}", body, key)
        assert answer and '"errors"' not in answer, answer
    fetch(f"{system.url}/v1/audio/speech", {"model": "tts-1", "input": "Now and here.", "voice": "alloy", "response_format": "wav"}, key)
    fetch(f"{system.url}/auth/login", {"username": "watcher", "password": "not this one"})
    somebody = {"username": "somebody", "email": "somebody@example.org", "password": "correct horse battery staple"}
    fetch(f"{system.url}/auth/register", somebody)
    assert "token" in (fetch(f"{system.url}/auth/login", somebody) or "")
    for path in ("auth/me", "api/v1/jobs", "api/v1/voices", "monitoring/system", "monitoring/queue", "nowhere"):
        fetch(f"{system.url}/{path}", key=key)

    def is_done() -> bool:
        jobs = json.loads(fetch(f"{system.url}/api/v1/jobs", key=key) or "{}").get("items", [])
        return len(jobs) >= 3 and all(job["status"] == "completed" for job in jobs)

    until(is_done, 60, lambda: fetch(f"{system.url}/api/v1/jobs", key=key) or "")
    repository = ["--repository", system.state.parent / "backups"]
    for command in (["create", *repository, "--without-secrets", "--state-dir", system.state], ["verify", *repository, "--database-url", system.database]):
        subprocess.run([system.program, "backup", *command], capture_output=True, check=True)
    # The leader measures every quarter of a minute, and a worker tells every other second what it has counted.
    for name in ("queue_wait_seconds_count", "tts_real_time_factor_count", "audio_seconds_total{", "backup_verified_timestamp_seconds "):
        until(lambda name=name: name in (fetch(f"{system.url}/metrics") or ""), 120)


@pytest.fixture(scope="module")
def system(kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("live")
    # Postgres cannot be run by root, who owns pytest's folders and closes them to all others.
    for path in (folder, folder.parent):
        path.chmod(0o755)
    port, page = free_port(), free_port()
    started = System(kiskadee, folder / "state", f"http://127.0.0.1:{port}", (f"http://127.0.0.1:{page}/metrics",))
    with (folder / "log").open("w") as log:
        command = [kiskadee, "up", "--listen", f"127.0.0.1:{port}", "--state-dir", started.state, "--metrics-listen", f"127.0.0.1:{page}"]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "KISKADEE_API_RATE_LIMIT": "off"})
        try:
            ready = lambda: '"ready":true' in (fetch(f"{started.url}/ready") or "")  # noqa: E731
            until(ready, 180, (folder / "log").read_text)
            use(started)
            yield started
        finally:
            process.terminate()
            process.wait(60)


def families(page: str) -> dict[str, str]:
    """Kinds, by name."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))


def series(page: str) -> list[tuple[str, dict[str, str]]]:
    found = []
    for line in page.splitlines():
        if line and not line.startswith("#"):
            name, labels = re.match(r"([a-zA-Z0-9_:]+)(?:\{(.*)\})? ", line).groups()
            found.append((name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))))
    return found


def test_the_pages_are_clean(system: System) -> None:
    for url in (f"{system.url}/metrics", *system.pages):
        page = fetch(url)
        assert page
        checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False)
        assert checked.returncode == 0 and not checked.stderr, checked.stderr


def test_every_metric_is_there(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    page = fetch(f"{system.url}/metrics") or ""
    kinds = families(page)
    declared = metrics.declared()
    assert kinds == {name: metric.kind for name, metric in declared.items()}
    with_series = {re.sub(r"_(bucket|sum|count)$", "", name) for name, _ in series(page)} | {name for name, _ in series(page)}
    live = set(declared) & with_series
    with capsys.disabled():
        print(f"\n{len(kinds)} metrics are declared, {len(live)} have series on a small system; {len(series(page))} series, {len(page)} bytes")
    assert len(live) >= 50
    assert set(declared) - live <= WITHOUT_SERIES


def test_labels_are_those_that_are_declared_and_few(system: System) -> None:
    page = fetch(f"{system.url}/metrics") or ""
    declared = metrics.declared()
    counted: Counter[str] = Counter()
    for name, labels in series(page):
        base = name if name in declared else re.sub(r"_(bucket|sum|count)$", "", name)
        assert set(labels) - {"le"} == set(declared[base].labels), name
        counted[base] += "le" not in labels
        # An id of ours, or of anybody: 32 digits of hexadecimal with or without hyphens.
        assert not re.search(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", " ".join(labels.values())), (name, labels)
        assert not {"watcher", "somebody"} & set(labels.values()), (name, labels)
    assert max(counted.values()) <= 1001
    assert len(series(page)) <= MOST_SERIES
    assert len(page) <= MOST_BYTES


def test_a_scrape_is_quick(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    took = []
    for _ in range(5):
        # An instance keeps its answer for a second.
        time.sleep(1.1)
        begun = time.monotonic()
        fetch(f"{system.url}/metrics")
        took.append(time.monotonic() - begun)
    with capsys.disabled():
        print(f"\na scrape took {sorted(took)[2] * 1000:.0f} ms (median of five)")
    assert sorted(took)[2] <= MOST_SECONDS


def test_the_sql_of_runbooks_runs(system: System) -> None:
    statements = []
    for page in (FOLDER / "runbooks").glob("Kiskadee*.md"):
        block = re.search(r"## First\n\n```sh\n(.*?)\n```", page.read_text(), re.DOTALL)
        commands = [shlex.split(line) for line in block[1].splitlines()] if block else []
        statements += [words[words.index("-c") + 1] for words in commands if words[0] == "psql"]
    assert len(statements) > 20
    for statement in statements:
        done = subprocess.run(["psql", system.database, "-v", "ON_ERROR_STOP=1", "-qc", statement], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{statement}\n{done.stderr}"


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prometheus with our configuration, which scrapes the system every second; its address."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(FOLDER / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [system.url.removeprefix("http://")]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(lambda: fetch(f"http://{address}/-/ready"), 30, (folder / "log").read_text)
            until(lambda: asked(f"http://{address}", "workers_alive"), 30, (folder / "log").read_text)
            # Two samples of a counter, for rates.
            time.sleep(5)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(20)


def asked(prometheus: str, query: str) -> list[dict]:
    """The result of a query; an error fails."""
    answer = json.loads(fetch(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}") or "{}")
    assert answer.get("status") == "success", (query, answer)
    return answer["data"]["result"]


def test_prometheus_evaluates_every_rule(prometheus: str) -> None:
    groups = json.loads(fetch(f"{prometheus}/api/v1/rules") or "{}")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 60
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []
    firing = {rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] == "firing"}
    assert firing == {"KiskadeeWatchdog"}, "a healthy system wakes nobody"


def test_prometheus_answers_every_panel(prometheus: str, capsys: pytest.CaptureFixture[str]) -> None:
    queries = sorted({target["expr"] for text in dashboards.texts().values() for panel in json.loads(text)["panels"] for target in panel.get("targets", [])})
    filled = 0
    for query in queries:
        filled += bool(asked(prometheus, query.replace("$__rate_interval", "1m").replace("$__range", "6h")))
    with capsys.disabled():
        print(f"\n{filled} of {len(queries)} queries of the dashboards have an answer on a small system")
    assert filled > len(queries) * 0.6
