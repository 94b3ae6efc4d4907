"""Certificates by ACME from pebble, the test authority of Let's Encrypt: issued, served, renewed under load."""

import json
import os
import signal
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from proxy_clients import Site
from system import Process, eventually, free_port

pytestmark = pytest.mark.heavy
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


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    """Pebble with a resolver that finds every name on this machine."""
    ports = [free_port() for _ in range(6)]
    acme, management, dns, resolver, http, https = ports
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", tmp_path / "pebble.key", "-out", tmp_path / "pebble.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    settings = {
        "listenAddress": f"127.0.0.1:{acme}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(tmp_path / "pebble.pem"), "privateKey": str(tmp_path / "pebble.key"),
        "httpPort": http, "tlsPort": https, "ocspResponderURL": "", "externalAccountBindingRequired": False,
    }  # fmt: skip
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
        f"https://localhost:{acme}/dir", tmp_path / "pebble.pem", f"https://localhost:{management}", http, https, tmp_path
    )

    def answers() -> bool:
        assert pebble.is_running(), pebble.tail()
        try:
            return bool(made.get("/roots/0"))
        except OSError:
            return False

    eventually("pebble", answers, within=20)
    yield made
    pebble.stop()
    names.stop()


def serial(site: Site) -> str:
    """The number of the certificate that is served, to a client who trusts the authority alone."""
    with site.socket("127.0.8.1") as secured:
        assert isinstance(secured, ssl.SSLSocket)
        found = secured.getpeercert()
    assert found
    issuer = dict(part[0] for part in found["issuer"])
    assert issuer["commonName"].startswith("Pebble"), issuer
    return found["serialNumber"]


def test_nginx_with_certbot_renews_under_load(authority: Authority, start_proxy: Any) -> None:
    # The first one before nginx runs, for it does not start without.
    authority.certbot("--standalone", "--http-01-port", str(authority.http_port))
    proxy = start_proxy(
        "nginx",
        root=authority.root(),
        http_port=authority.http_port,
        https_port=authority.https_port,
        certificate=str(authority.live / "fullchain.pem"),
        private_key=str(authority.live / "privkey.pem"),
    )
    first = serial(proxy.site)
    stop, failed, asked = threading.Event(), [], [0]

    def ask() -> None:
        while not stop.is_set():
            try:
                status = proxy.site.get("/health", "127.0.8.2").status
            except OSError as error:
                status = repr(error)
            asked[0] += 1
            if status != 200:
                failed.append(status)
            stop.wait(0.15)

    client = threading.Thread(target=ask)
    client.start()
    try:
        Path(proxy.values["acme_root"]).mkdir()
        reload = f"kill -HUP {proxy.process.popen.pid}"
        authority.certbot(
            "--webroot", "-w", proxy.values["acme_root"], "--force-renewal", "--deploy-hook", reload
        )
        eventually("the new certificate", lambda: serial(proxy.site) != first, within=20)
    finally:
        stop.set()
        client.join()
    print(f"{asked[0]} requests on new connections during issue and reload")
    assert asked[0] > 5 and not failed


def test_haproxy_passes_certbot_its_challenge(authority: Authority, start_proxy: Any) -> None:
    standalone = free_port()
    own = authority.folder / "both.pem"
    own.write_text((authority.folder / "pebble.pem").read_text() + (authority.folder / "pebble.key").read_text())
    proxy = start_proxy(
        "haproxy",
        root=None,
        http_port=authority.http_port,
        https_port=authority.https_port,
        certificate_and_key=str(own),
        acme_standalone=f"127.0.0.1:{standalone}",
    )
    hook = f"cat {authority.live}/fullchain.pem {authority.live}/privkey.pem > {own}"
    authority.certbot(
        "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", str(standalone), "--deploy-hook", hook
    )
    # What `systemctl reload haproxy` sends.
    proxy.process.popen.send_signal(signal.SIGUSR2)
    site = replace(proxy.site, root=authority.root())

    def is_served() -> bool:
        try:
            return bool(serial(site))
        except OSError:
            return False

    eventually("the new certificate", is_served, within=20)
    assert site.get("/health", "127.0.8.3").status == 200


def test_caddy_gets_its_own(authority: Authority, start_proxy: Any) -> None:
    proxy = start_proxy(
        "caddy",
        root=authority.root(),
        http_port=authority.http_port,
        https_port=authority.https_port,
        caddy_reads_certificate=False,
        acme_directory=authority.directory,
        acme_trusted_root=str(authority.trusted_root),
    )
    assert serial(proxy.site)
    assert proxy.site.get("/health", "127.0.8.4").status == 200
