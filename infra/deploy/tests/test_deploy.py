"""`kiskadee deploy` on a real fleet under load: a release that does not work goes back by itself, and one that is killed goes on.

Here, and not beside the tests in Rust, since a balancer, slots and a server for ssh are needed, as the tests of proxies have them.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_fleet import PARTS, DeployFleet
from system import Process, System, eventually, free_port

STEPS = ["preflight", "backup", "expand", "before", *[f"{what} {part}" for part in PARTS for what in ("bring in", "take out")], "smoke", "observe"]


class Load:
    """Eight clients, each with a connection that it keeps."""

    def __init__(self, fleet: DeployFleet) -> None:
        self.port, self.headers = fleet.port, {"X-API-Key": fleet.system.key, "Content-Type": "application/json"}
        self.stop = threading.Event()
        self.asked: Counter[str] = Counter()
        self.failures: list[str] = []
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(8)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self, number: int) -> None:
        body = json.dumps({"texts": ["One.", "Two."], "voice_id": "default", "language": "en"})
        requests = [("GET", "/auth/me", None), ("GET", "/api/v1/jobs?limit=5", None)]
        if number < 2:
            requests.append(("POST", "/api/v1/advanced/batch-tts", body))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stop.is_set():
            for method, path, sent in requests:
                self._ask(connection, method, path, sent)
            self.stop.wait(1 if number < 2 else 0.1)

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: str | None) -> None:
        self.asked[method] += 1
        try:
            connection.request(method, path, body, self.headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 300:
                self.failures.append(f"{method} {path}: {answer.status} {text[:200]!r}")
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{method} {path}: {error!r}")
            connection.close()


@pytest.fixture(scope="module")
def system(kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(kiskadee, tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str] | None]:
    """How this machine is reached by ssh, with a server of the test's own; None where there is no server."""
    server = shutil.which("sshd", path="/usr/sbin")
    if not server:
        yield None
        return
    folder, port = tmp_path_factory.mktemp("ssh"), free_port()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = Process([server, "-D", "-e", "-f", folder / "config"], folder / "log")
    known = f"127.0.0.1 {(folder / 'host.pub').read_text()}".replace("127.0.0.1", f"[127.0.0.1]:{port}")
    (folder / "known").write_text(known)
    command = ["ssh", "-p", str(port), "-i", str(folder / "user"), "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={folder}/known"]
    eventually("sshd", lambda: subprocess.run([*command, "127.0.0.1", "true"], capture_output=True).returncode == 0, within=20)
    yield command
    process.stop()


@pytest.fixture(scope="module")
def fleet(system: System, ssh: list[str] | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployFleet]:
    # A short path: a socket's has at most 107 letters.
    fleet = DeployFleet(system, tmp_path_factory.mktemp("d"), ssh)
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()


def broken(fleet: DeployFleet) -> Path:
    """A build whose edges start, say that they are ready, and cannot take work: their login at the database is wrong."""
    program = fleet.folder / "broken" / "kiskadee"
    program.parent.mkdir(exist_ok=True)
    wrong = fleet.system.address("speech").replace(fleet.system.passwords["speech"], "wrong")
    program.write_text(
        f'#!/bin/sh\n[ "$1" = edge ] && export SPIN_VARIABLE_SPEECH_DATABASE_URL="{wrong}"\nexec {fleet.system.program} "$@"\n'
    )
    program.chmod(0o755)
    return program


def copy(fleet: DeployFleet) -> Path:
    """A build that works, in a folder of its own."""
    program = fleet.folder / "good" / "kiskadee"
    program.parent.mkdir(exist_ok=True)
    program.unlink(missing_ok=True)
    program.symlink_to(fleet.system.program)
    return program


def begun(fleet: DeployFleet, name: str) -> set[str]:
    """The steps that the journal of a deploy names."""
    try:
        return {step["name"] for step in json.loads((fleet.folder / name / "current.json").read_text())["steps"]}
    except (OSError, ValueError):
        return set()


def kill_at(fleet: DeployFleet, name: str, step: str, *arguments: str | Path) -> None:
    """Runs a deploy and kills it as soon as it has begun the step."""
    process = fleet.deploy(*arguments)
    eventually(f"the step {step}", lambda: step in begun(fleet, name) or process.poll() is not None, within=300, pause=0.01)
    assert process.poll() is None, f"it ended before {step}: {process.communicate()[0]}"
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    printed = process.communicate(timeout=600)[0]
    return process.returncode, printed


def test_a_preflight_that_fails_changes_nothing(system: System, tmp_path: Path) -> None:
    fleet = DeployFleet(system, tmp_path, None)
    code, printed = end(fleet.deploy("run", "--file", fleet.file(system.program, "full", free_mib=10**12)))
    assert code == 1, printed
    assert "MiB free" in printed
    assert [event["event"] for event in fleet.listener.events] == ["deploy.started", "deploy.rolled_back"]
    told = fleet.listener.events[-1]
    assert told["step"] == "preflight" and "MiB free" in told["reason"]
    assert begun(fleet, "full") == {"preflight"}
    code, printed = end(fleet.deploy("status", "--file", fleet.folder / "full.toml"))
    assert code == 1 and "went back" in printed


def check(system: System) -> tuple[int, str]:
    environment = system.environment | {"KISKADEE_DATABASE_URL": system.owner}
    done = subprocess.run([system.program, "migrate", "--check"], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout + done.stderr


def test_the_exit_code_of_a_check_tells(system: System) -> None:
    assert check(system) == (0, "nothing to do\n")
    system.sql("update kiskadee.function_set set digest = 'another'")
    assert check(system)[0] == 10
    system.run("migrate")
    system.sql("insert into _sqlx_migrations values (299912312359, 'later', now(), true, '', 0)")
    try:
        code, printed = check(system)
        assert code == 0 and "the database is newer: 299912312359" in printed, printed
        system.sql("update kiskadee.schema set min_reader = '999.0'")
        assert check(system)[0] == 1
    finally:
        system.sql("delete from _sqlx_migrations where version = 299912312359; update kiskadee.schema set min_reader = null")


def test_no_program_starts_on_a_schema_that_it_cannot_read(system: System) -> None:
    system.sql("update kiskadee.schema set version = 299912312359, min_reader = '999.0'")
    try:
        parts = [
            system.start_worker(),
            system.start_edge("127.0.0.1", free_port(), free_port(), KISKADEE_TELEMETRY_DATABASE_URL=system.address("edge_host")),
        ]
        for part in parts:
            assert part.popen.wait(60) == 1
            assert "the database is newer: 299912312359" in part.tail() and "older than 999.0 cannot read" in part.tail()
    finally:
        system.sql("update kiskadee.schema set version = (select max(version) from _sqlx_migrations), min_reader = null")


@pytest.mark.heavy
def test_a_release_that_fails_its_smoke_test_goes_back_by_itself(fleet: DeployFleet) -> None:
    before = fleet.running()
    assert set(before) == set(PARTS)
    # An edge says so within a second of its readiness.
    alive = f"select count(*) from kiskadee.edge where version = '{fleet.version}' and expires_at > now()"
    eventually("both edges to tell of themselves", lambda: fleet.system.sql(alive) == ["2"], within=20)
    file = fleet.file(broken(fleet), "broken")
    fleet.listener.events.clear()
    with Load(fleet) as load:
        time.sleep(3)
        code, printed = end(fleet.deploy("run", "--file", file, "--observe", "10s"))
        time.sleep(2)
    print(f"\n{dict(load.asked)}, failed: {len(load.failures)}")
    assert code == 1, printed
    assert not load.failures, "\n".join(load.failures[:20])
    assert load.asked["GET"] > 100 and load.asked["POST"] > 5
    [told] = fleet.listener.named("deploy.rolled_back")
    assert told["step"] == "bring in edge1" and "POST a batch" in told["reason"], told
    assert "not-to-be-told" not in json.dumps(fleet.listener.events) and fleet.system.owner not in json.dumps(fleet.listener.events)
    assert fleet.running() == before
    assert end(fleet.deploy("status", "--file", file))[0] == 1


@pytest.mark.heavy
def test_a_way_back_that_is_killed_is_gone_to_its_end(fleet: DeployFleet) -> None:
    before = fleet.running()
    file = fleet.file(broken(fleet), "killed-back")
    fleet.listener.events.clear()
    with Load(fleet) as load:
        kill_at(fleet, "killed-back", "bring in edge1", "run", "--file", file, "--observe", "5s")
        kill_at(fleet, "killed-back", "bring back edge1", "resume", "--file", file, "--observe", "5s")
        code, printed = end(fleet.deploy("resume", "--file", file, "--observe", "5s"))
    assert code == 1, printed
    assert not load.failures, "\n".join(load.failures[:20])
    assert len(fleet.listener.named("deploy.rolled_back")) == 1
    assert fleet.running() == before


@pytest.mark.heavy
def test_a_deploy_that_is_killed_at_each_step_goes_on(fleet: DeployFleet) -> None:
    before = fleet.running()
    file = fleet.file(copy(fleet), "good")
    fleet.listener.events.clear()
    with Load(fleet) as load:
        for number, step in enumerate(STEPS):
            kill_at(fleet, "good", step, "resume" if number else "run", "--file", file, "--observe", "10s")
            assert end(fleet.deploy("status", "--file", file))[0] == 2
        code, printed = end(fleet.deploy("resume", "--file", file, "--observe", "10s"))
    print(f"\n{dict(load.asked)}, failed: {len(load.failures)}")
    assert code == 0, printed
    assert not load.failures, "\n".join(load.failures[:20])
    after = fleet.running()
    assert all(after[part] != before[part] for part in PARTS), after
    assert all(slot.release() == str(copy(fleet)) for slot in fleet.slots if after[slot.part] == slot.name)
    assert [event["event"] for event in fleet.listener.events] == ["deploy.started", "deploy.succeeded"]
    # What turns out bad later goes back by hand.
    code, printed = end(fleet.deploy("rollback", "--file", file))
    assert code == 0, printed
    assert fleet.running() == before
