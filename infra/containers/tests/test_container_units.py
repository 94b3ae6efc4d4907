"""The units of infra/systemd under systemd itself, which runs in a container as on a machine: logins as its README makes them, secrets as
credentials, a batch from request to result, stops in good order."""

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from container_engine import build_stand_in, podman
from system import ROOT, System, eventually, free_port, status_of

pytestmark = pytest.mark.heavy

NAME = f"kiskadee-units-{os.getpid()}"
UNITS = ROOT / "infra/systemd"
PARTS = ["kiskadee-storage.service", "kiskadee-edge.service", "kiskadee-worker@cpu.service"]


class Machine:
    """A container whose process 1 is systemd; it shares this machine's network, where the database is."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system, self.folder = system, folder
        self.port, self.ready, self.gateway = free_port(), free_port(), free_port()

    def run(self, *words: str, check: bool = True) -> str:
        return podman("exec", NAME, *words, check=check).stdout

    def write(self, path: str, text: str) -> None:
        podman("exec", "--interactive", NAME, "sh", "-euc", f"umask 077; mkdir -p {Path(path).parent}; cat > {path}", input=text)

    def start(self, image: str, packed: Path) -> None:
        volumes = [f"{packed}:/opt/kiskadee:ro", f"{UNITS}:/units:ro"]
        mounts = [word for volume in volumes for word in ("--volume", volume)]
        podman("run", "--detach", "--no-healthcheck", "--privileged", "--systemd=always", "--network=host", "--name", NAME, *mounts, image)
        # As on a machine, where systemd does it at the start; credentials come to units by a mount that is made elsewhere.
        self.run("mount", "--make-rshared", "/")
        eventually("systemd", lambda: self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded"), within=60)

    def install(self) -> None:
        """As README.md has it."""
        self.run("sh", "-euc", """
            install -d -m 0755 /etc/kiskadee /usr/local/lib/kiskadee /srv/kiskadee/models
            install -d -m 0700 /etc/credstore
            useradd --system --no-create-home --shell /usr/sbin/nologin kiskadee
            cp /units/*.service /units/*.timer /etc/systemd/system/
            cp /units/*.py /units/backup.sh /usr/local/lib/kiskadee/
        """)
        self.run(
            "env", f"KISKADEE_OWNER_URL={self.system.owner}", "python3", "/usr/local/lib/kiskadee/logins.py", "--migrate",
            *(f"{part}=/etc/credstore" for part in ("edge", "storage", "worker", "backup")),
        )  # fmt: skip
        gateway, database = f"127.0.0.1:{self.gateway}", self.system.owner.rsplit("@", 1)[1].split("/")[0]
        storage = 'KISKADEE_STORAGE="/var/lib/kiskadee/storage"\n'
        self.write("/etc/kiskadee/storage.env", f'{storage}KISKADEE_STORAGE_LISTEN="{gateway}"\n')
        self.write("/etc/kiskadee/worker.env", storage)
        self.write("/etc/kiskadee/backup.env", 'KISKADEE_BACKUP_KEEP="3"\n')
        self.write("/etc/kiskadee/edge.env", (
            f'KISKADEE_LISTEN="127.0.0.1:{self.port}"\nKISKADEE_METRICS_LISTEN="127.0.0.1:{self.ready}"\n'
            f'SPIN_VARIABLE_DATABASE_HOST="postgres://{database}"\nSPIN_VARIABLE_STORAGE_URL="http://{gateway}"\n'
        ))  # fmt: skip
        self.run("systemctl", "daemon-reload")

    def shown(self, unit: str, what: str) -> str:
        return self.run("systemctl", "show", unit, f"--property={what}", "--value").strip()

    def wait_until_ready(self) -> None:
        try:
            eventually("the edge", lambda: status_of(f"http://127.0.0.1:{self.ready}/ready") == 200, within=120, pause=0.5)
            # With a worker that serves an engine.
            eventually("the fleet", lambda: status_of(f"http://127.0.0.1:{self.port}/ready") == 200, within=60, pause=0.5)
        except AssertionError:
            print(*map(self.said, PARTS), sep="\n")
            raise

    def said(self, unit: str) -> str:
        return self.run("journalctl", "--unit", unit, "--no-pager", "--lines", "40", "--output", "cat", check=False)

    def secrets(self) -> dict[str, str]:
        """What lies in the credential store, by the names of the files."""
        text = self.run("sh", "-euc", "cd /etc/credstore; for file in *; do printf '%s ' $file; cat $file; printf '\\n'; done")
        return dict(line.split(" ", 1) for line in text.splitlines())


@pytest.fixture(scope="module")
def machine(kiskadee: Path, packed: Path, bases: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    image = build_stand_in("machine", bases["BASE_RUN"])
    folder = tmp_path_factory.mktemp("system")
    with System(kiskadee, folder) as system:
        made = Machine(system, folder)
        try:
            made.start(image, packed)
            made.install()
            made.run("systemctl", "start", *PARTS)
            made.wait_until_ready()
            yield made
        finally:
            podman("rm", "--force", "--time", "0", NAME, check=False)


def ask(machine: Machine, path: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": machine.system.key, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{machine.port}{path}", data, headers), timeout=60) as answer:
        return answer.read()


def test_a_batch_is_spoken(machine: Machine) -> None:
    made = json.loads(ask(machine, "/api/v1/advanced/batch-tts", {"texts": ["It speaks."], "voice_id": "default", "language": "en"}))
    path = f"/api/v1/advanced/batch-tts/{made['batch_id']}"
    eventually("the batch", lambda: json.loads(ask(machine, f"{path}/status"))["status"] == "completed", within=120, pause=0.5)
    assert ask(machine, f"{path}/download")[:2] == b"PK"


def test_no_process_has_a_secret_in_its_environment(machine: Machine) -> None:
    secrets = machine.secrets()
    assert len(secrets) == 13
    found = machine.run("sh", "-euc", "for file in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $file; echo; done 2>/dev/null || true")
    assert "KISKADEE_DATABASE_URL_FILE=/run/credentials/kiskadee-worker@cpu.service/KISKADEE_DATABASE_URL" in found
    assert "SPIN_VARIABLE_JWT_SIGNING_KEY_FILE=/run/credentials/kiskadee-edge.service/SPIN_VARIABLE_JWT_SIGNING_KEY" in found
    for name, value in secrets.items():
        assert value not in found, name


def test_a_unit_sees_its_own_secrets_and_nobody_elses(machine: Machine) -> None:
    """By the eyes of a worker's process, and of its user."""
    process = machine.shown("kiskadee-worker@cpu", "MainPID")
    look = f"nsenter --target {process} --mount setpriv --reuid kiskadee --regid kiskadee --clear-groups "
    folder = "/run/credentials/kiskadee-worker@cpu.service"
    assert machine.run("sh", "-euc", f"{look} cat {folder}/KISKADEE_DATABASE_URL") == machine.secrets()["kiskadee.worker.KISKADEE_DATABASE_URL"]
    for other in ("/etc/credstore", "/run/credentials/kiskadee-edge.service"):
        assert machine.run("sh", "-c", f"{look} ls {other} 2>/dev/null", check=False) == "", other


def test_a_part_waits_for_its_secret(machine: Machine) -> None:
    name = "kiskadee.worker.KISKADEE_DATABASE_URL"
    machine.run("mv", f"/etc/credstore/{name}", f"/root/{name}")
    machine.run("systemctl", "restart", "kiskadee-worker@cpu", check=False)
    eventually("another try", lambda: int(machine.shown("kiskadee-worker@cpu", "NRestarts")) >= 1, within=30)
    assert re.search(r"KISKADEE_DATABASE_URL", machine.said("kiskadee-worker@cpu"))
    machine.run("mv", f"/root/{name}", f"/etc/credstore/{name}")
    alive = "select count(*) from queue.worker where name like '%-cpu' and expires_at > clock_timestamp()"
    eventually("the worker", lambda: machine.system.sql(alive) == ["1"], within=60)


def test_a_dump_is_made(machine: Machine) -> None:
    machine.run("systemctl", "start", "kiskadee-backup.service")
    assert machine.shown("kiskadee-backup", "Result") == "success"
    assert ".dump" in machine.run("ls", "/var/lib/kiskadee-backup")


def test_all_stop_in_good_order(machine: Machine) -> None:
    """Last."""
    machine.run("systemctl", "stop", *PARTS)
    for unit in PARTS:
        assert (machine.shown(unit, "Result"), machine.shown(unit, "ExecMainStatus")) == ("success", "0"), machine.said(unit)
