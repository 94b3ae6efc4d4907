"""`kiskadee edge --tls-acme`: the edge itself gets its certificate from pebble, renews it under load, and sends others to TLS."""

import http.client
import ssl
import threading
from pathlib import Path

import pytest
from proxy_authority import NAME, Authority, running
from proxy_clients import Site
from system import START_S, Process, System, eventually, free_port, status_of

pytestmark = pytest.mark.heavy
HOST = "127.0.0.1"
# Renewed when two thirds of it are over.
LIFE_S = 45


def start(system: System, authority: Authority, kept: Path, challenge: str) -> Process:
    ready = free_port()
    edge = system.start_edge(
        HOST, authority.https_port, ready,
        "--tls-acme", NAME, "--acme-directory", authority.directory, "--acme-ca", str(authority.trusted_root),
        "--acme-contact", "ops@example.com", "--acme-dir", str(kept), "--acme-challenge", challenge,
        "--redirect-listen", f"{HOST}:{authority.http_port}",
    )  # fmt: skip

    def is_ready() -> bool:
        assert edge.is_running(), edge.tail()
        return status_of(f"http://{HOST}:{ready}/ready") == 200

    eventually("the edge", is_ready, within=START_S)
    return edge


def served(site: Site) -> str | None:
    """The number of the certificate, to a client who trusts the authority alone; nothing until there is one."""
    try:
        with site.socket(HOST) as secured:
            assert isinstance(secured, ssl.SSLSocket)
            found = secured.getpeercert()
    except ssl.SSLCertVerificationError:
        return None
    assert found
    return found["serialNumber"]


@pytest.mark.parametrize("challenge", ["tls-alpn-01", "http-01"])
def test_the_edge_has_a_certificate_at_all_times(kiskadee: Path, tmp_path: Path, challenge: str) -> None:
    folders = [tmp_path / name for name in ("authority", "system")]
    for folder in folders:
        folder.mkdir()
    kept = tmp_path / "acme"
    with running(folders[0], certificateValidityPeriod=LIFE_S) as authority, System(kiskadee, folders[1]) as system:
        edge = start(system, authority, kept, challenge)
        site = Site(NAME, authority.https_port, authority.root())
        first = eventually("a certificate", lambda: served(site), within=60)
        answer = site.get("/health", HOST)
        assert answer.status == 200
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert kept.stat().st_mode & 0o77 == 0 and all(file.stat().st_mode & 0o77 == 0 for file in kept.iterdir())

        plain = http.client.HTTPConnection(HOST, authority.http_port, timeout=5)
        plain.request("POST", "/v1/audio/speech?a=b", headers={"Host": NAME})
        sent = plain.getresponse()
        assert (sent.status, sent.headers["Location"]) == (308, f"https://{NAME}:{authority.https_port}/v1/audio/speech?a=b")

        stop, failed, asked = threading.Event(), [], [0]

        def ask() -> None:
            while not stop.is_set():
                try:
                    status: int | str = site.get("/health", "127.0.8.2").status
                except OSError as error:
                    status = repr(error)
                asked[0] += 1
                if status != 200:
                    failed.append(status)
                stop.wait(0.1)

        client = threading.Thread(target=ask)
        client.start()
        try:
            eventually("another certificate", lambda: served(site) not in (None, first), within=LIFE_S)
        finally:
            stop.set()
            client.join()
        print(f"{challenge}: {asked[0]} requests on new connections, {len(failed)} failed")
        assert asked[0] > 50 and not failed, (failed[:5], edge.tail())
        if challenge == "tls-alpn-01":
            # A restart goes on with what is kept, and asks for nothing.
            edge.stop()
            renewed = len(list(kept.glob("*.pem")))
            again = start(system, authority, kept, challenge)
            assert served(site) and renewed == 1, again.tail()
