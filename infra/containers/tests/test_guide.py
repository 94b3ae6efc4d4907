"""The page `infra/README.md`: the blocks that have a number are run in their order, as they stand there, in one shell, by podman-compose.

Images of others are stand-ins from Debian's packages (containers/tests/stand-ins), and the program is one that is built already: nothing
comes from a registry. A client asks through the proxy all the time while edges and workers are restarted.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from system import ROOT

PAGE = ROOT / "infra/README.md"
# In front of the machine's own: podman that knows health.
TIMERS = Path(__file__).resolve().parent / "timers"
# What the page takes of the repository.
PARTS = ["Cargo.toml", ".containerignore", "infra/containers", "infra/grafana", "infra/pgbouncer", "infra/prometheus", "infra/proxies"]
PORTS = [8005, 8404]
RESTARTS = 7
WITHIN_S = 1500


def blocks() -> list[tuple[int, str]]:
    """The page's numbered blocks."""
    return [(int(number), text) for number, text in re.findall(r"^```sh (\d+)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)]


def test_blocks_are_numbered_in_their_order() -> None:
    numbers = [number for number, _ in blocks()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 9


class Asker(threading.Thread):
    """Asks for a page of the API ten times a second, through the proxy, and remembers who did not answer."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.asked = 0
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.stopped.wait(0.12):
            self.asked += 1
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORTS[0]}/health", timeout=20):
                    pass
            except (OSError, urllib.error.HTTPError) as error:
                self.failures.append(repr(error))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The repository without what an operator has made in it; nothing of the run stays."""
    running = subprocess.run(["podman", "ps", "--all", "--format", "{{.Names}}"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"^kiskadee_", running, re.M), f"a system of this name is here already:\n{running}"
    for port in PORTS:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, f"port {port} is taken"
    skip = shutil.ignore_patterns(".env", "images.env*", "secrets", "proxy", "site.own.toml", "__pycache__")
    for part in PARTS:
        source, target = ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=skip)
        else:
            shutil.copy(source, target)
    yield tmp_path
    down = ["podman-compose", "--profile", "monitoring", "down", "--volumes"]
    subprocess.run(down, cwd=tmp_path / "infra/containers", capture_output=True, check=False)


@pytest.fixture
def environment(images: dict[str, str], bases: dict[str, str], settings: dict[str, str], packed: Path) -> dict[str, str]:
    """What the page's shell finds: podman that waits, bases, and images of others in place of those that a registry has."""
    others = {name: image for name, image in settings.items() if re.match(r"(POSTGRES|PROXY|PROMETHEUS|ALERTMANAGER)_IMAGE$", name)}
    arguments = " ".join(f"--build-arg {name}={image}" for name, image in bases.items())
    return {
        **os.environ,
        **others,
        "PATH": f"{TIMERS}:{os.environ['PATH']}",
        "PROGRAM": str(packed),
        "ARGS": f"--network host {arguments}",
        "BUILDAH_ISOLATION": "chroot",
        "WORKER_MEMORY": "1g",
        "DATABASE_SHARED_BUFFERS": "128MB",
    }


def follow(shell: subprocess.Popen[str], asker: Asker) -> str:
    """What the shell says; the asker asks while edges and workers are restarted."""
    said, begun = [], time.monotonic()
    assert shell.stdout
    for line in shell.stdout:
        said.append(line)
        if mark := re.fullmatch(r"== (\d+|end)\n", line):
            print(f"{time.monotonic() - begun:6.0f} s  {line}", end="", flush=True)
            if mark[1] == str(RESTARTS):
                asker.start()
            elif mark[1] == str(RESTARTS + 1):
                asker.stopped.set()
    return "".join(said)


@pytest.mark.heavy
def test_every_command_of_the_guide_runs(folder: Path, environment: dict[str, str]) -> None:
    marked = "".join(f"printf '\\n== {number}\\n'\n{text}" for number, text in blocks())
    script = f"set -euo pipefail\n{marked}printf '\\n== end\\n'\n"
    asker = Asker()
    # Said as it comes, so that the marks tell where it is; with a group of its own, to be ended whole.
    shell = subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    guard = threading.Timer(WITHIN_S, os.killpg, (shell.pid, signal.SIGKILL))
    guard.start()
    try:
        said = follow(shell, asker)
    except BaseException:
        os.killpg(shell.pid, signal.SIGKILL)
        raise
    finally:
        guard.cancel()
    assert shell.wait() == 0, said[-6000:]
    print(f"restarts: {asker.asked} requests, {len(asker.failures)} failed")
    assert asker.asked > 50 and not asker.failures, asker.failures[:10]
    assert Path("/tmp/speech.wav").read_bytes()[:4] == b"RIFF"
    Path("/tmp/speech.wav").unlink()
    left = subprocess.run(["podman", "ps", "--all", "--format", "{{.Names}}"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"^kiskadee_", left, re.M), left
