"""A fleet to deploy on: two edges and a worker with two slots each, HAProxy in front, and somebody who hears of it.

Slots are folders: `program` links to the release that is in it, `arguments` and `env` are its own. What starts and stops them is a
script, where a machine would have units.
"""

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from system import ROOT, TARGET, Process, System, eventually, free_port, program, status_of

PARTS = ["edge1", "edge2", "worker1"]
SLOT = """#!/bin/sh
# slot install|start|stop FOLDER [PROGRAM]; each may be run again.
set -eu
folder=$2
exec 9> "$folder/lock"
flock 9
lives() {
    [ -f "$folder/pid" ] && state=$(ps -o stat= -p "$(cat "$folder/pid")") && case $state in Z*) false ;; esac
}
case $1 in
install) ln -sfn "$3" "$folder/program" ;;
start)
    if lives; then exit 0; fi
    set -a
    . "$folder/env"
    set +a
    setsid "$folder/program" $(cat "$folder/arguments") >> "$folder/log" 2>&1 < /dev/null 9>&- &
    echo $! > "$folder/pid"
    ;;
stop)
    if lives; then kill -TERM "$(cat "$folder/pid")"; fi
    while lives; do sleep 0.1; done
    ;;
esac
"""
# As site.toml says it; clients of a test are one address.
SITE = """
tls = false
edges = ["{edges[0]}", "{edges[1]}"]
edge_port = {edge}
ready_port = {ready}
http_port = {port}
status_address = "127.0.0.1:{status}"
haproxy_socket = "{folder}/haproxy.sock"
haproxy_user = "{user}"
haproxy_slots = true
[rates]
general = {{ per_second = 1000, burst = 10000 }}
sign_in = {{ per_second = 1000, burst = 10000 }}
generation = {{ per_second = 1000, burst = 10000 }}
"""
EDGES = {"edge1": "127.0.0.61", "edge2": "127.0.0.62"}


class Listener:
    """Somebody who is notified."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        events = self.events

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=not-to-be-told"

    def named(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]


class Slot:
    def __init__(self, folder: Path, part: str, name: str, port: int, metrics: int) -> None:
        self.part, self.name = part, name
        self.folder = folder / f"{part}-{name}"
        self.folder.mkdir()
        self.host = EDGES.get(part, "127.0.0.1")
        self.port, self.metrics = port, metrics

    @property
    def is_edge(self) -> bool:
        return self.part.startswith("edge")

    def is_ready(self) -> bool:
        return status_of(f"http://{self.host}:{self.metrics}/ready") == 200

    def is_there(self) -> bool:
        return status_of(f"http://{self.host}:{self.metrics}/ready") != 0

    def release(self) -> str:
        return os.readlink(self.folder / "program")


class DeployFleet:
    """Slot a of each part runs the release of before, which is the program itself."""

    def __init__(self, system: System, folder: Path, ssh: list[str] | None) -> None:
        self.system, self.folder, self.ssh = system, folder, ssh
        self.listener = Listener()
        self.script = folder / "slot"
        self.script.write_text(SLOT)
        self.script.chmod(0o755)
        # Slot b is ten ports higher.
        self.edge_port, self.ready_port = free_port(), free_port()
        self.slots = [
            Slot(folder, part, name, self.edge_port + higher, self.ready_port + higher)
            for part in PARTS
            for name, higher in (("a", 0), ("b", 10))
        ]
        self.port = free_port()
        self.version = subprocess.run([system.program, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        self.environment = {name: value for name, value in system.environment.items() if name.startswith("KISKADEE_")}
        for slot in self.slots:
            self._write(slot)

    def _write(self, slot: Slot) -> None:
        system = self.system
        if slot.is_edge:
            cache = TARGET / "fleet-tools" / "compiled"
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            arguments = f"edge --listen {slot.host}:{slot.port} --trusted-proxies 127.0.0.1/32 --cache-dir {cache} --drain-delay 5"
            own = system.edge_variables() | {"KISKADEE_TELEMETRY_DATABASE_URL": system.address("edge_host")}
        else:
            arguments = f"worker --storage {system.storage}"
            own = {"KISKADEE_DATABASE_URL": system.address("worker")}
        (slot.folder / "arguments").write_text(f"{arguments} --metrics-listen {slot.host}:{slot.metrics}")
        lines = [f"{name}='{value}'\n" for name, value in (self.environment | own).items()]
        (slot.folder / "env").write_text("".join(lines))

    def run_slot(self, action: str, slot: Slot, *more: str) -> None:
        subprocess.run([self.script, action, slot.folder, *more], check=True, cwd=ROOT)

    def start(self) -> None:
        for slot in self.slots[::2]:
            self.run_slot("install", slot, str(self.system.program))
            self.run_slot("start", slot)
        self._start_haproxy()
        for slot in self.slots[::2]:
            eventually(f"{slot.part} to be ready", slot.is_ready)
        eventually("the proxy", lambda: status_of(f"http://127.0.0.1:{self.port}/ready") == 200)

    def stop(self) -> None:
        for slot in self.slots:
            self.run_slot("stop", slot)

    def _start_haproxy(self) -> None:
        """The configuration that everybody gets, with slots."""
        site = self.folder / "site.toml"
        user = "haproxy" if os.geteuid() == 0 else ""
        numbers = {"edge": self.edge_port, "ready": self.ready_port, "port": self.port, "status": free_port()}
        site.write_text(SITE.format(edges=[*EDGES.values()], folder=self.folder, user=user, **numbers))
        write = [sys.executable, ROOT / "infra/proxies/generate.py", "--site", site, "--out", self.folder]
        subprocess.run(write, check=True, capture_output=True)
        file = self.folder / "haproxy/haproxy.cfg"
        self.system.processes.append(Process([program("haproxy"), "-db", "-f", file], self.folder / "haproxy.log"))

    def file(self, release: Path, name: str, **preflight: int) -> Path:
        """A deploy file for a release; its journal is called after it."""
        lines = [
            f'name = "test"\njournal = "{self.folder}/{name}"\npatience = 120',
            f"ssh = {json.dumps(self.ssh)}" if self.ssh else "",
            f'[release]\nprogram = "{release}"\nversion = "{self.version}"',
            "[preflight]\nfree_mib = " + str(preflight.get("free_mib", 1)),
            f'[backup]\narguments = ["--storage", "{self.system.storage}", "--repository", "{self.folder}/backups", "--without-secrets"]',
            f'[balancer]\nkind = "haproxy"\nsocket = "{self.folder}/haproxy.sock"',
            f'[smoke]\nurl = "http://127.0.0.1:{self.port}"',
            # On a machine that does much else a second is nothing: what is compared here is errors.
            "[observe]\nbefore_seconds = 5\np99_seconds = 20\nqueue_seconds = 600",
            '[[notify]]\nkind = "webhook"\nurl_env = "DEPLOY_HOOK"',
        ]
        for part in PARTS:
            lines.append(f'[[{"edges" if part.startswith("edge") else "workers"}]]\nname = "{part}"')
            if part == "edge2" and self.ssh:
                lines.append('host = "127.0.0.1"')
            lines += [self._slot(slot, part) for slot in self.slots if slot.part == part]
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _slot(self, slot: Slot, part: str) -> str:
        kind = "edges" if slot.is_edge else "workers"
        command = lambda *words: json.dumps([[str(self.script), words[0], str(slot.folder), *words[1:]]])  # noqa: E731
        own = f'url = "http://{slot.host}:{slot.port}"\nserver = "edge/{part}{slot.name}"\n' if slot.is_edge else ""
        return (
            f'[[{kind}.slots]]\nname = "{slot.name}"\nmetrics = "http://{slot.host}:{slot.metrics}"\n{own}'
            f"install = {command('install', '{program}')}\nstart = {command('start')}\nstop = {command('stop')}"
        )

    def deploy(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        environment = self.system.environment | {"KISKADEE_DATABASE_URL": self.system.owner, "DEPLOY_HOOK": self.listener.url}
        return subprocess.Popen(
            [os.environ.get("KISKADEE_DEPLOY_BIN", self.system.program), "deploy", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip

    def running(self) -> dict[str, str]:
        """The slot of each part that is ready; more than one is an error."""
        found: dict[str, str] = {}
        for slot in self.slots:
            if slot.is_there():
                assert slot.part not in found, f"both slots of {slot.part} run"
                found[slot.part] = slot.name
        return found
