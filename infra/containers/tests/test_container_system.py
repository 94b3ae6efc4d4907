"""The whole path across containers, as compose.yaml has them: an account, a key, a batch, its audio, and an orderly end."""

import io
import json
import re
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from compose_system import ComposeSystem
from container_engine import podman

pytestmark = pytest.mark.heavy


class Client:
    """The API through the proxy."""

    def __init__(self, system: ComposeSystem) -> None:
        self.base = f"http://{system.address('proxy', 'front')}:8080"
        self.headers: dict[str, str] = {}

    def bytes(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.bytes(method, path, body))


@pytest.fixture(scope="module")
def client(system: ComposeSystem) -> Client:
    """With the key of an account that was made as README.md says."""
    admin(system, "create-user", "ada", "--email", "ada@example.com")
    key = admin(system, "create-key", "ada")
    found = Client(system)
    found.headers["X-API-Key"] = key.split()[-1]
    return found


def admin(system: ComposeSystem, *words: str) -> str:
    """A command of the administrator's in a container of its own, as `docker compose run --rm migrate admin …`."""
    service = system.services["migrate"]
    network = f"--network={system.prefix}-back"
    return podman("run", "--rm", "--no-healthcheck", network, *system.options(service), service["image"], "admin", *words).stdout


def test_a_batch_is_spoken_and_downloaded(client: Client) -> None:
    texts = ["The first sentence.", "And the second one."]
    made = client.json(
        "POST", "/api/v1/advanced/batch-tts", {"texts": texts, "voice_id": "default", "language": "en"}
    )
    path = f"/api/v1/advanced/batch-tts/{made['batch_id']}"
    end = time.monotonic() + 120
    while (status := client.json("GET", f"{path}/status"))["status"] != "completed":
        assert time.monotonic() < end, status
        time.sleep(0.5)
    archive = zipfile.ZipFile(io.BytesIO(client.bytes("GET", f"{path}/download")))
    sounds = [archive.read(name) for name in archive.namelist() if name.endswith(".wav")]
    assert len(sounds) == 2
    for sound in sounds:
        assert sound[:4] == b"RIFF" and len(sound) > 20_000


def test_live_speech_meets_in_the_gateway(client: Client) -> None:
    sound = client.bytes(
        "POST", "/v1/audio/speech", {"model": "tts-1", "voice": "heron", "input": "Hello.", "response_format": "wav"}
    )
    assert sound[:4] == b"RIFF" and len(sound) > 10_000


def test_both_edges_answer_and_the_pooler_serves_them(system: ComposeSystem, client: Client) -> None:
    for _ in range(20):
        client.json("GET", "/api/v1/jobs")
    for edge in ["edge-1", "edge-2"]:
        assert '"route":"/api/v1/jobs/...' in system.logs(edge) or '"/api/v1/jobs' in system.logs(edge), edge
    ask = "select count(distinct client_addr), bool_and(client_addr = %s) from pg_stat_activity where usename = 'kiskadee_jobs_login'"
    address = "'" + system.address("pooler", "back") + "'"
    said = podman("exec", system.container("database"), "psql", "--username=postgres", "--host=/var/run/postgresql", "-tAc", ask % address)
    assert said.stdout.strip() == "1|t"


def test_a_key_made_without_rights_is_refused(client: Client) -> None:
    stranger = Client.__new__(Client)
    stranger.base, stranger.headers = client.base, {"X-API-Key": "nonsense"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        stranger.json("GET", "/api/v1/jobs")
    assert refused.value.code == 401


def test_numbers_and_limits_are_inside_only(system: ComposeSystem, client: Client) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        client.bytes("GET", "/metrics")
    assert refused.value.code == 401
    status = f"http://{system.address('proxy', 'front')}:8404/metrics"
    with urllib.request.urlopen(status, timeout=10) as page:
        up = [line for line in page.read().decode().splitlines() if re.match(r'haproxy_server_status{proxy="edge".*state="UP"} 1$', line)]
    assert len(up) == 2


def test_prometheus_scrapes_everything(system: ComposeSystem) -> None:
    base = f"http://{system.address('prometheus', 'back')}:9090/api/v1"
    end = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{base}/targets", timeout=10) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
        up = {target["labels"]["instance"] for target in targets if target["health"] == "up"}
        if up == {"edge-1:8005", "edge-1:9100", "edge-2:9100", f"{system.address('worker', 'back')}:9100", "chores:9100"}:
            break
        assert time.monotonic() < end, [(target["scrapeUrl"], target["lastError"]) for target in targets]
        time.sleep(1)
    with urllib.request.urlopen(f"{base}/rules", timeout=10) as answer:
        assert json.load(answer)["data"]["groups"]


def test_a_backup_holds_the_database_and_the_audio(system: ComposeSystem, client: Client) -> None:
    container = system.container("backup")
    kiskadee = ["exec", container, "/opt/kiskadee/from-files", "/opt/kiskadee/kiskadee", "backup"]
    # The first one is made as soon as the container starts.
    before = [json.loads(line) for line in podman(*kiskadee, "list", "--json").stdout.splitlines()]
    made = podman(*kiskadee, "create").stdout
    verified = podman(*kiskadee, "verify").stdout
    newest = json.loads(podman(*kiskadee, "list", "--json").stdout.splitlines()[-1])
    print(f"\n{made}{verified}", end="")
    assert newest["id"] not in [one["id"] for one in before] and newest["objects"] >= 2
    podman("exec", container, "/opt/kiskadee/backup-is-fresh")


def test_containers_are_held_as_the_file_says(system: ComposeSystem) -> None:
    for name, service in system.services.items():
        said = json.loads(podman("inspect", system.container(name)).stdout)[0]
        host = said["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert not said["EffectiveCaps"], name
        assert host["Memory"] > 0 and host["NanoCpus"] > 0 or host["CpuQuota"] > 0, name
        assert said["Config"]["User"] == service["user"], name
        assert not any(SECRET in variable for variable in said["Config"]["Env"] for SECRET in secret_values(system)), name


def secret_values(system: ComposeSystem) -> Iterator[str]:
    for name in ["postgres_password", "storage_token", "jwt_signing_key", "metrics_token"]:
        yield (system.secrets / name).read_text()


def test_no_secret_is_logged(system: ComposeSystem) -> None:
    for name in system.services:
        said = podman("logs", system.container(name), check=False)
        for secret in secret_values(system):
            assert secret not in said.stdout + said.stderr, name


def test_everything_ends_in_good_order(system: ComposeSystem) -> None:
    """Last, for nothing runs after it."""
    codes = {}
    for name in reversed(system.services):
        if system.state(name) == "running":
            start = time.monotonic()
            codes[name] = system.stop(name)
            print(f"\n{name} ended with {codes[name]} after {time.monotonic() - start:.1f} s", end="")
    assert set(codes.values()) == {0}, codes
    assert len(codes) == len(system.services) - 2
