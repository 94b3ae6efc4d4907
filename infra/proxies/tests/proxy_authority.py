"""Pebble, the test authority of Let's Encrypt, with a resolver of its own."""

import json
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from system import Process, eventually, free_port

NAME = "tts.example.com"


@dataclass
class Authority:
    """Pebble, which looks for challenges on the ports of the proxy under test."""

    directory: str
    trusted_root: Path
    management: str
    http_port: int
    https_port: int
    folder: Path

    def get(self, path: str) -> str:
        context = ssl.create_default_context(cafile=str(self.trusted_root))
        with urllib.request.urlopen(self.management + path, timeout=5, context=context) as answer:
            return answer.read().decode()

    def root(self) -> Path:
        """The root of what it issues; another one at each start."""
        file = self.folder / "root.pem"
        file.write_text(self.get("/roots/0"))
        return file

    def certbot(self, *arguments: str) -> None:
        """Runs certbot with all its files in the test's folder."""
        command = ["certbot", "certonly", "--non-interactive", "--agree-tos", "-m", "ops@example.com", "-d", NAME,
                   "--server", self.directory, "--cert-name", NAME, *arguments]  # fmt: skip
        for name in ("config", "work", "logs"):
            command += [f"--{name}-dir", str(self.folder / "certbot" / name)]
        environment = os.environ | {"REQUESTS_CA_BUNDLE": str(self.trusted_root)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def live(self) -> Path:
        return self.folder / "certbot/config/live" / NAME


@contextmanager
def running(tmp_path: Path, **more: Any) -> Iterator[Authority]:
    """Pebble with a resolver that finds every name on this machine; `more` are settings of its own."""
    ports = [free_port() for _ in range(6)]
    acme, management, dns, resolver, http, https = ports
    # Its own address has a certificate of an authority of its own: some clients take none that vouches for itself.
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for command in (
        [*new, "-subj", "/CN=root", "-keyout", "root.key", "-out", "trusted.pem"],
        [*new, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
         "-CA", "trusted.pem", "-CAkey", "root.key", "-keyout", "pebble.key", "-out", "pebble.pem"],
    ):  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    settings = {
        "listenAddress": f"127.0.0.1:{acme}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(tmp_path / "pebble.pem"), "privateKey": str(tmp_path / "pebble.key"),
        "httpPort": http, "tlsPort": https, "ocspResponderURL": "", "externalAccountBindingRequired": False,
    } | more  # fmt: skip
    (tmp_path / "pebble.json").write_text(json.dumps({"pebble": settings}))
    none = ["-http01", "", "-https01", "", "-tlsalpn01", ""]
    names = Process(
        ["pebble-challtestsrv", "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{resolver}",
         "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", *none],
        tmp_path / "names.log",
    )  # fmt: skip
    quick = dict(os.environ) | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    pebble = Process(
        ["pebble", "-config", tmp_path / "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"], tmp_path / "pebble.log", quick
    )
    made = Authority(
        f"https://localhost:{acme}/dir", tmp_path / "trusted.pem", f"https://localhost:{management}", http, https, tmp_path
    )

    def answers() -> bool:
        assert pebble.is_running(), pebble.tail()
        try:
            return bool(made.get("/roots/0"))
        except OSError:
            return False

    eventually("pebble", answers, within=20)
    try:
        yield made
    finally:
        pebble.stop()
        names.stop()
