"""Certificates by ACME from pebble, the test authority of Let's Encrypt: issued, served, renewed under load."""

import signal
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from proxy_authority import Authority, running
from proxy_clients import Site
from system import eventually, free_port

pytestmark = pytest.mark.heavy


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with running(tmp_path) as made:
        yield made


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
