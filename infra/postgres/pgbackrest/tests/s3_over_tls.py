"""A bucket of moto, reached over TLS, without which pgBackRest speaks to none.

HAProxy ends TLS: moto's own server drops connections without a close, which pgBackRest takes for an error.
"""

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from system import Process, eventually, free_port, program

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend tls
    bind 127.0.0.1:{tls} ssl crt {both}
    default_backend moto
backend moto
    server moto 127.0.0.1:{plain}
"""


@contextmanager
def bucket(name: str) -> Iterator[dict[str, str]]:
    """Starts a server with an empty bucket; what pgBackRest is to be told of it, by its options' names."""
    # Where the server of Postgres may read the certificate.
    with tempfile.TemporaryDirectory(prefix="kiskadee-bucket-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        plain, tls = free_port(), free_port()
        certificate, both = make_certificate(folder)
        configuration = folder / "haproxy.cfg"
        configuration.write_text(HAPROXY.format(tls=tls, plain=plain, both=both))
        processes = [
            Process([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(plain)], folder / "moto.log"),
            Process([program("haproxy"), "-db", "-f", configuration], folder / "haproxy.log"),
        ]
        put = urllib.request.Request(f"http://127.0.0.1:{plain}/{name}", method="PUT")

        def is_made() -> bool:
            try:
                return urllib.request.urlopen(put, timeout=5).status == 200
            except OSError:
                for process in processes:
                    assert process.is_running(), process.tail()
                return False

        try:
            eventually("the bucket", is_made, within=120, pause=0.5)
            yield {
                "repo1-type": "s3",
                "repo1-s3-bucket": name,
                "repo1-s3-endpoint": "localhost",
                "repo1-s3-region": "us-east-1",
                "repo1-s3-key": "anybody",
                "repo1-s3-key-secret": "anything",
                "repo1-storage-port": str(tls),
                "repo1-storage-ca-file": str(certificate),
            }
        finally:
            for process in processes:
                process.stop()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, alone, and with its key as HAProxy wants it."""
    key, certificate, both = (folder / name for name in ("key.pem", "certificate.pem", "both.pem"))
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    certificate.chmod(0o644)
    both.write_text(certificate.read_text() + key.read_text())
    return certificate, both
