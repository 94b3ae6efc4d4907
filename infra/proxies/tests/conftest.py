"""Proxies in front of two real edges, on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

import generate  # noqa: E402
from proxy_clients import Site  # noqa: E402
from proxy_fleet import EDGES, Fleet, Proxy, Written, command, toml  # noqa: E402
from system import Process, System, eventually, free_port, status_of  # noqa: E402

@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate that signs itself: cert.pem, key.pem, and both.pem with the two."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=tts.example.com", "-addext", "subjectAltName=DNS:tts.example.com",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)
    return folder


@pytest.fixture(scope="session")
def write_site(certificate: Path) -> Written:
    """Writes the configurations of a site into a folder, with free ports and short paths; returns the site's values."""

    def write(folder: Path, **own: Any) -> dict[str, Any]:
        values: dict[str, Any] = {
            "http_port": free_port(),
            "https_port": free_port(),
            "status_address": f"127.0.0.1:{free_port()}",
            "caddy_admin": f"127.0.0.1:{free_port()}",
            "certificate": str(certificate / "cert.pem"),
            "private_key": str(certificate / "key.pem"),
            "certificate_and_key": str(certificate / "both.pem"),
            "acme_root": str(folder / "acme"),
            "access_log": str(folder / "access.json"),
            "caddy_reads_certificate": True,
            "haproxy_socket": str(folder / "haproxy.sock"),
            "haproxy_user": "haproxy" if os.geteuid() == 0 else "",
        } | own
        lines = "\n".join(f"{name} = {toml(value)}" for name, value in values.items())
        (folder / "site.toml").write_text(lines + "\n")
        for file, text in generate.write_all(folder / "site.toml").items():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        main = (HERE.parent / "nginx/nginx.conf").read_text()
        main = main.replace("/etc/nginx/conf.d/*.conf", str(folder / "nginx/kiskadee.conf"))
        main = main.replace("/run/nginx.pid", str(folder / "nginx.pid"))
        main = main.replace("/var/log/nginx/error.log warn", f"{folder}/nginx-error.log info")
        # As root its processes become somebody who may not read a test's folder.
        main = main.replace("user www-data;", "user root;" if os.geteuid() == 0 else "")
        temporary = "".join(
            f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(main.replace("http {\n", "http {\n" + temporary))
        return generate.read_site(folder / "site.toml")

    return write


@pytest.fixture(scope="session")
def fleet(kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two edges and a worker."""
    with System(kiskadee, tmp_path_factory.mktemp("system")) as system:
        options = ["--trusted-proxies", "127.0.0.1/32"]
        if "--drain-delay" in system.help:
            options += ["--drain-delay", "5"]
        fleet = Fleet(system, _common_port(), _common_port(), options)
        system.start_worker()
        for host in EDGES:
            fleet.start(host)
        # With a worker that serves the engines.
        eventually("the fleet", lambda: status_of(f"http://{EDGES[0]}:{fleet.port}/ready") == 200)
        yield fleet


def _common_port() -> int:
    return next(port for port in iter(lambda: free_port(EDGES[0]), None) if _is_free(EDGES[1], port))


def _is_free(host: str, port: int) -> bool:
    return status_of(f"http://{host}:{port}/") == 0


@pytest.fixture
def start_proxy(write_site: Written, fleet: Fleet, certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts a proxy in front of the fleet's edges, or of what `own` names, until it takes connections."""
    running: list[Process] = []

    def start(kind: str, expected: tuple[int, ...] = (200,), root: Path | str | None = "", **own: Any) -> Proxy:
        # `root` is what its clients trust: the certificate of the tests, another file, or (None) nothing can be asked yet.
        folder = tmp_path_factory.mktemp(kind)
        standard = {"edges": EDGES, "edge_port": fleet.port, "ready_port": fleet.ready, "ready_path": fleet.ready_path}
        values = write_site(folder, **(standard | own))
        environment = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
        process = Process(command(kind, folder), folder / f"{kind}.log", dict(environment))
        running.append(process)
        port = values["https_port"] if values["tls"] else values["http_port"]
        site = Site(values["name"], port, (root or certificate / "cert.pem") if values["tls"] else None)
        if root is not None:
            eventually(f"{kind} at {port}", lambda: _status(process, site) in expected, within=30)
        return Proxy(process, site, folder, values)

    yield start
    for process in running:
        process.stop()


def _status(process: Process, site: Site) -> int:
    assert process.is_running(), process.tail()
    try:
        return site.get("/health", source="127.0.9.9").status
    except OSError:
        return 0
