"""The configurations by themselves: they are what the generator writes, know the API's routes, and their programs take them."""

import getpass
import json
import os
import re
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import generate
import pieces
import pytest
from proxy_fleet import Written, caddy
from system import Process, eventually, program

ROOT = Path(__file__).resolve().parents[3]
METHODS = {"get", "post", "put", "patch", "delete"}
SITES: dict[str, dict[str, Any]] = {
    "plain": {},
    "behind a balancer": {"tls": False, "trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"]},
    "behind one with TLS": {"trusted_proxies": ["192.0.2.7/32"]},
    "slots of a deploy": {"haproxy_slots": True},
    "own authority": {"caddy_reads_certificate": False, "acme_directory": "https://localhost:14000/dir"},
}


@pytest.fixture(scope="session")
def table() -> dict[str, Any]:
    return generate.read_table(generate.read_site(generate.HERE / "site.toml"))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of all that is documented."""
    document = json.loads((ROOT / "edge/reference/openapi.json").read_text())
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method.upper(), path, operation


def first_class(table: dict[str, Any], method: str, path: str) -> str:
    """The class of a request, found as the proxies find it."""
    for name, pattern in pieces._class_patterns(table):
        if re.search(pattern, f"{method} {path}"):
            return name
    return "general"


def kinds(table: dict[str, Any], path: str) -> set[str]:
    return {kind for kind, _, known in pieces.routes_of(table, "kind") if re.search(pieces.path_pattern(known), path)}


def example(path: str) -> str:
    """A path with something in place of its variable parts."""
    return re.sub(r"\{\w+\}", "0190a7c2", path)


def test_the_committed_files_are_what_the_generator_writes() -> None:
    for file, text in generate.write_all(generate.HERE / "site.toml").items():
        committed = (generate.HERE / file).read_text()
        assert committed == text, f"{file}: run python3 infra/proxies/generate.py"


def test_every_route_of_the_table_is_documented(table: dict[str, Any]) -> None:
    documented = {(method, path) for method, path, _ in operations()}
    for group in ("class", "kind"):
        for name, method, path in pieces.routes_of(table, group):
            prefix = path.removesuffix("...")
            fits = [
                one for one in documented
                if method in ("", one[0]) and (one[1].startswith(prefix) if path.endswith("...") else one[1] == path)
            ]  # fmt: skip
            assert fits, f"{name}: there is no {method} {path}"


def test_every_documented_answer_of_a_stream_has_a_kind(table: dict[str, Any]) -> None:
    streams = ("text/event-stream", "audio/", "application/zip", "application/octet-stream")
    found = 0
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            types = [kind for kind in answer.get("content", {}) if kind.startswith(streams)]
            if status.startswith("2") and types:
                found += 1
                assert kinds(table, example(path)) & {"events", "live", "audio"}, f"{method} {path}: {types}"
    assert found >= 10


def test_every_documented_body_of_a_form_or_of_bytes_is_an_upload(table: dict[str, Any]) -> None:
    found = 0
    for method, path, operation in operations():
        types = operation.get("requestBody", {}).get("content", {}).keys()
        if types & {"multipart/form-data", "application/octet-stream"}:
            found += 1
            assert "upload" in kinds(table, example(path)), f"{method} {path}"
    assert found >= 4


def test_requests_have_their_classes(table: dict[str, Any]) -> None:
    for method, path, expected in [
        ("POST", "/auth/login", "sign_in"),
        ("GET", "/auth/me", "sign_in"),
        ("POST", "/api/v1/advanced/auth/token", "sign_in"),
        ("POST", "/clone-voice", "upload"),
        ("POST", "/api/v1/advanced/batch-csv", "upload"),
        ("PUT", "/api/v1/uploads/1/parts/3", "general"),
        ("POST", "/v1/audio/speech", "generation"),
        ("POST", "/v1/audio/speech/", "general"),
        ("GET", "/api/v1/advanced/batch-tts", "general"),
        ("POST", "/api/v1/advanced/batch-tts", "generation"),
        ("GET", "/api/v1/advanced/batch-tts/x/status", "general"),
        ("GET", "/v1/models", "general"),
    ]:
        assert first_class(table, method, path) == expected, f"{method} {path}"


def test_a_site_with_a_wrong_word_is_refused(tmp_path: Path) -> None:
    for text in ['nmae = "x"', "edges = []", "[rates]\nuploads = { per_second = 1, burst = 1 }"]:
        (tmp_path / "site.toml").write_text(text)
        with pytest.raises(SystemExit):
            generate.write_all(tmp_path / "site.toml")
    (tmp_path / "site.toml").write_text('trusted_proxies = ["10.0.0.0/33"]')
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        generate.write_all(tmp_path / "site.toml")


def test_a_deploy_finds_its_servers_and_may_keep_them_out(write_site: Written, tmp_path: Path) -> None:
    """What the example of a deploy names is what is written for it, and its socket may be told."""
    example = tomllib.loads((ROOT / "infra/deploy/deploy.example.toml").read_text())
    site = tomllib.loads((generate.HERE / "site.toml").read_text())
    assert example["balancer"]["socket"] == site["haproxy_socket"]
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    values = write_site(tmp_path, haproxy_slots=True, tls=False, haproxy_socket_user=user)
    process = Process([program("haproxy"), "-db", "-f", tmp_path / "haproxy/haproxy.cfg"], tmp_path / "haproxy.log")
    try:
        control = Path(values["haproxy_socket"])
        eventually("the socket", control.is_socket, within=20)
        # Its only reader is the user of the deploy.
        assert stat.S_IMODE(control.stat().st_mode) == 0o600 and control.owner() == user
        known = told(control, "show servers state edge")
        slots = [slot for edge in example["edges"] for slot in edge["slots"]]
        for slot in slots:
            backend, server = slot["server"].split("/")
            [row] = [words for words in map(str.split, known.splitlines()) if words[1:4:2] == [backend, server]]
            assert (int(row[18]), int(row[21])) == (urlsplit(slot["url"]).port, urlsplit(slot["metrics"]).port)
            assert told(control, f"set server {slot['server']} state maint").strip() == ""
        # Requests of both kinds of client stay away from it.
        rows = [row.split(",") for row in told(control, "show stat").splitlines() if "," in row]
        kept_out = [row[:2] for row in rows if row[17].startswith("MAINT")]
        assert len(kept_out) == 2 * len(slots), kept_out
    finally:
        process.stop()


def test_the_socket_is_roots_alone_unless_somebody_is_named() -> None:
    committed = (generate.HERE / "haproxy/haproxy.cfg").read_text()
    [line] = [line.split() for line in committed.splitlines() if line.split()[:2] == ["stats", "socket"]]
    assert line[3:] == ["mode", "600", "level", "admin"]
    assert re.search(r"^    user haproxy$", committed, re.MULTILINE), "it would work as root"


def told(path: Path, command: str) -> str:
    """What HAProxy says to a command."""
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(str(path))
        way.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: way.recv(65536), b"")).decode()


def accepted(command: list[str | Path]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", SITES)
def test_the_programs_take_them(name: str, write_site: Written, certificate: Path, tmp_path: Path) -> None:
    own = dict(SITES[name])
    if "acme_directory" in own:
        own["acme_trusted_root"] = str(certificate / "cert.pem")
    write_site(tmp_path, **own)
    accepted([program("nginx"), "-t", "-p", tmp_path, "-e", tmp_path / "nginx-error.log", "-c", tmp_path / "nginx.conf"])
    said = accepted([program("haproxy"), "-c", "-f", tmp_path / "haproxy/haproxy.cfg"])
    assert "WARNING" not in said, said
    accepted([caddy(), "validate", "--adapter", "caddyfile", "--config", tmp_path / "caddy/Caddyfile"])
    accepted([caddy(), "fmt", "--diff", tmp_path / "caddy/Caddyfile"])


# Streams are the business of some routes, and only theirs are not buffered.
MEANT = "proxy_buffering_off"


@pytest.mark.parametrize("name", ["plain", "behind a balancer"])
def test_gixy_finds_nothing(name: str, write_site: Written, tmp_path: Path) -> None:
    write_site(tmp_path, **SITES[name])
    gixy = Path(sys.executable).parent / "gixy-next"
    accepted([gixy, "--skips", MEANT, "--format", "text", tmp_path / "nginx.conf"])
