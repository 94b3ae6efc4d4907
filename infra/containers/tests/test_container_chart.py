"""The pods of the chart run by podman as Kubernetes would: the image, arguments, environment, rights, limits and stops are those that
the chart renders; the whole path from a request to its audio works across them."""

import io
import json
import os
import shlex
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chart_containers
import helm_chart
import pytest
from chart_objects import Pods, pods
from container_engine import podman, run

pytestmark = pytest.mark.heavy

PREFIX = f"kiskadee-chart-{os.getpid()}"
SUBNET = "10.89.77"
DATABASE, EDGE = f"{SUBNET}.2", f"{SUBNET}.10"
WORKERS = {"chores": f"{SUBNET}.20", "cpu": f"{SUBNET}.21"}
PASSWORD = "of-a-test"
# Logins by the keys of the Secret that the chart names.
GROUPS = {
    key: f"kiskadee_{key.replace('-', '_')}" for key in ("accounts", "jobs", "ops", "speech", "training", "uploads", "edge-host", "worker")
}
# What this machine has: two processors, images of its own.
OURS = [
    "images.registry=localhost",
    "images.edge.tag=test",
    "images.worker.tag=test",
    f"database.host={DATABASE}",
    "edge.compiled=image",
    "workers.cpu.replicas=1",
    "workers.cpu.resources.requests.cpu=2",
    "workers.cpu.resources.limits.cpu=2",
]


def address(login: str) -> str:
    return f"postgres://{login}:{PASSWORD}@{DATABASE}:5432/kiskadee"


def secrets(kiskadee: Path) -> dict[str, dict[str, str]]:
    """As the README of the chart has them made."""
    lines = run(kiskadee, "admin", "generate-secrets").stdout.splitlines()
    made = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    return {
        "kiskadee-signing": {
            "jwt-signing-key": made["SPIN_VARIABLE_JWT_SIGNING_KEY"],
            "jwt-public-keys": made["SPIN_VARIABLE_JWT_PUBLIC_KEYS"],
        },
        "kiskadee-tokens": {"storage-token": made["SPIN_VARIABLE_STORAGE_TOKEN"]},
        "kiskadee-database": {"owner": address("postgres"), **{key: address(f"{group}_login") for key, group in GROUPS.items()}},
    }


class Cluster:
    """What Kubernetes does: networks, starts, probes, stops."""

    def __init__(self, kiskadee: Path, audio: Path) -> None:
        self.rendered = helm_chart.render("cpu-only", *(f"--set={setting}" for setting in OURS))
        self.secrets = secrets(kiskadee)
        self.claims = {"kiskadee-audio": audio}
        self.files = audio.with_name(f"{audio.name}-secrets")
        self.running: dict[str, chart_containers.Container] = {}

    def pod(self, name: str) -> Pods:
        return next(pod for pod in pods(self.rendered) if pod.owner["metadata"]["name"] == f"speech-kiskadee-{name}")

    def containers(self, name: str, ip: str) -> list[chart_containers.Container]:
        fields = {"status.podIP": ip, "metadata.name": name}
        return chart_containers.containers(self.pod(name), self.secrets, fields, self.files, self.claims)

    def start_pod(self, name: str, ip: str) -> None:
        """Sidecars first; all share the network of the first."""
        network = ["--network", PREFIX, "--ip", ip]
        for container in self.containers(name, ip):
            word = f"{PREFIX}-{name}-{container.name}"
            options = ["--detach", "--no-healthcheck", "--name", word, *network]
            podman("run", *options, *container.podman(), container.image, *container.arguments)
            self.running[word] = container
            network = ["--network", f"container:{PREFIX}-{name}-{self.containers(name, ip)[0].name}"]
            self.wait(word, ip, container.probes["startup"])
        for container in self.containers(name, ip):
            self.wait(f"{PREFIX}-{name}-{container.name}", ip, container.probes["readiness"])

    def run_job(self, name: str) -> str:
        [container] = self.containers(name, "")
        options = ["--rm", "--no-healthcheck", "--network", PREFIX]
        return podman("run", *options, *container.podman(), container.image, *container.arguments).stdout

    def wait(self, word: str, ip: str, probe: chart_containers.Probe, within: float = 180) -> None:
        """As often as the chart allows, or three minutes."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            assert self.state(word) == "running", self.logs(word)
            if answers(ip, probe):
                return
            time.sleep(0.5)
        raise AssertionError(f"{word} does not answer {probe}:\n{self.logs(word)}")

    def state(self, word: str) -> str:
        return podman("inspect", "--format", "{{.State.Status}}", word).stdout.strip()

    def logs(self, word: str) -> str:
        said = podman("logs", word, check=False)
        return (said.stdout + said.stderr)[-4000:]

    def stop(self, word: str) -> tuple[int, float]:
        """By SIGTERM, and SIGKILL after the grace; the exit code, and the seconds that it took."""
        begun = time.monotonic()
        podman("stop", "--time", str(self.running[word].grace_seconds), word)
        state = json.loads(podman("inspect", "--format", "{{json .State}}", word).stdout)
        assert not state["OOMKilled"], word
        return state["ExitCode"], time.monotonic() - begun

    def remove(self) -> None:
        for word in [*reversed(self.running), f"{PREFIX}-database"]:
            podman("rm", "--force", "--volumes", word, check=False)
        podman("network", "rm", "--force", PREFIX, check=False)


def answers(ip: str, probe: chart_containers.Probe) -> bool:
    """A connection counts where the probe has no path; the server refuses our request, but it is there."""
    try:
        urllib.request.urlopen(f"http://{ip}:{probe.port}{probe.path or '/'}", timeout=5).close()
    except urllib.error.HTTPError:
        return not probe.path
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def cluster(images: dict[str, str], bases: dict[str, str], kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    audio = tmp_path_factory.mktemp("audio")
    # As fsGroup makes it.
    os.chown(audio, 10001, 10001)
    password = tmp_path_factory.mktemp("password") / "password"
    password.write_text(PASSWORD)
    for folder in (audio, password.parent, password.parent.parent):
        folder.chmod(0o755)
    password.chmod(0o644)
    made = Cluster(kiskadee, audio)
    podman("network", "create", "--subnet", f"{SUBNET}.0/24", PREFIX)
    try:
        start_database(bases["BASE_POSTGRES"], password)
        assert "migration" in made.run_job("migrate-check")
        made.run_job("migrate")
        assert made.run_job("migrate-check").strip() == "nothing to do"
        for group in GROUPS.values():
            query(f"create role {group}_login login password '{PASSWORD}' in role {group}")
        made.start_pod("edge", EDGE)
        for pool, ip in WORKERS.items():
            made.start_pod(f"worker-{pool}", ip)
        yield made
    finally:
        made.remove()


def start_database(image: str, password: Path) -> None:
    options = ["--detach", "--no-healthcheck", "--name", f"{PREFIX}-database", "--network", PREFIX, "--ip", DATABASE]
    options += ["--env", "POSTGRES_DB=kiskadee", "--env", "POSTGRES_PASSWORD_FILE=/password", "--volume", f"{password}:/password:ro"]
    podman("run", *options, "--user", "999:999", image)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if query("select 1", check=False):
            return
        assert podman("inspect", "--format", "{{.State.Status}}", f"{PREFIX}-database").stdout.strip() == "running", database_log()
        time.sleep(0.5)
    raise AssertionError(database_log())


def database_log() -> str:
    return podman("logs", f"{PREFIX}-database", check=False).stderr


def query(statement: str, check: bool = True) -> str:
    connect = ["psql", f"postgres://postgres:{PASSWORD}@127.0.0.1/kiskadee", "-AtXqc", statement]
    return podman("exec", f"{PREFIX}-database", *connect, check=check).stdout


def admin(cluster: Cluster, *words: str) -> str:
    """As an operator does it, from a pod with the owner's address."""
    owner = cluster.secrets["kiskadee-database"]["owner"]
    [container] = cluster.containers("migrate", "")
    options = ["--rm", "--no-healthcheck", "--network", PREFIX, "--env", f"KISKADEE_DATABASE_URL={owner}"]
    return podman("run", *options, container.image, "admin", *words).stdout


@pytest.fixture(scope="module")
def key(cluster: Cluster) -> str:
    admin(cluster, "create-user", "ada", "--email", "ada@example.com")
    return admin(cluster, "create-key", "ada").strip()


def ask(key: str, path: str, body: Any = None) -> bytes:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{EDGE}:8005{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def test_a_batch_from_request_to_download(cluster: Cluster, key: str):
    texts = ["The first sentence.", "And the second one."]
    batch = json.loads(ask(key, "/api/v1/advanced/batch-tts", {"texts": texts, "voice_id": "default", "language": "en"}))["batch_id"]
    end = time.monotonic() + 120
    while (status := json.loads(ask(key, f"/api/v1/advanced/batch-tts/{batch}/status")))["status"] != "completed":
        assert time.monotonic() < end, status
        time.sleep(0.5)
    archive = zipfile.ZipFile(io.BytesIO(ask(key, f"/api/v1/advanced/batch-tts/{batch}/download")))
    assert len([name for name in archive.namelist() if name.endswith(".wav")]) == 2


def test_live_speech_meets_at_the_gateway_beside_the_edge(cluster: Cluster, key: str):
    """The worker, in another pod, is told the address of that gateway."""
    sound = ask(key, "/v1/audio/speech", {"model": "tts-1", "voice": "heron", "input": "Hello.", "response_format": "wav"})
    assert sound[:4] == b"RIFF" and len(sound) > 10_000


def test_the_rendered_user_rights_and_limits_are_in_force(cluster: Cluster):
    for word, container in cluster.running.items():
        state = json.loads(podman("inspect", word).stdout)[0]
        status = Path(f"/proc/{state['State']['Pid']}/status").read_text()
        for line in ("Uid:\t10001", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
            assert line in status, f"{word}: no `{line}`"
        assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["Memory"] == container.memory_bytes, word


def test_a_secret_that_changes_is_in_use_without_a_restart(cluster: Cluster, key: str):
    """A new password of the component that serves jobs: Kubernetes exchanges the file under the running pod."""
    [file] = [file for file in cluster.files.rglob("*") if file.is_file() and "kiskadee_jobs_login" in file.read_text()]
    new = file.with_name("new")
    new.write_text(file.read_text().replace(PASSWORD, "of-another-day"))
    new.rename(file)
    query("alter role kiskadee_jobs_login password 'of-another-day'")
    query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kiskadee_jobs_login'")
    # A session that is refused waits for the file for 3 s.
    assert json.loads(ask(key, "/api/v1/jobs?limit=1"))
    edge = next(word for word in cluster.running if word.endswith("-edge-edge"))
    assert "changed variables are in use" in cluster.logs(edge) and "of-another-day" not in cluster.logs(edge)


def test_all_leave_within_their_grace(cluster: Cluster):
    """Last: the main container before its sidecar, as Kubernetes does."""
    order = [f"{PREFIX}-edge-edge", f"{PREFIX}-edge-storage-gateway", *(f"{PREFIX}-worker-{pool}-worker" for pool in WORKERS)]
    for word in order:
        code, seconds = cluster.stop(word)
        print(f"\n{word}: exit {code} after {seconds:.1f} s of {cluster.running[word].grace_seconds}")
        assert code == 0, cluster.logs(word)
        assert seconds < cluster.running[word].grace_seconds
