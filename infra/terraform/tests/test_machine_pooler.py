"""The pooler beside an edge, with the settings that a machine gets: a real PgBouncer before a Postgres that speaks TLS."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from module_docs import ROOT
from test_terraform import Terraform, providers, said, terraform  # noqa: F401

pytestmark = pytest.mark.heavy


def as_postgres() -> list[str]:
    """Neither Postgres nor PgBouncer runs as root."""
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def certificates(folder: Path) -> None:
    """An authority, a certificate of it for `localhost`, and an authority that signed nothing."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key", "-out", "server.csr")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "1", "-copy_extensions", "copy", "-out", "server.pem")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the user postgres may enter, which those of pytest are not."""
    folder = Path(subprocess.run(["mktemp", "-d", "/tmp/pooler.XXXXXX"], check=True, capture_output=True, text=True).stdout.strip())
    certificates(folder)
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "postgres", folder], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def database(place: Path) -> Iterator[int]:
    """The port of a Postgres with TLS alone, with a database and a login."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    port, data = free_port(), place / "data"
    subprocess.run([*as_postgres(), programs / "initdb", "--auth=trust", "--username=postgres", data], check=True, capture_output=True)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"ssl = on\nssl_cert_file = '{place}/server.pem'\nssl_key_file = '{place}/server.key'\nport = {port}\nunix_socket_directories = '{place}'\nfsync = off\n")
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all all scram-sha-256\n")
    control = [*as_postgres(), programs / "pg_ctl", "--pgdata", data, "--wait", "--log", place / "postgres.log"]
    subprocess.run([*control, "start"], check=True, capture_output=True)
    for sql in ("create role kiskadee_login_edge_jobs login password 'secret'", "create database kiskadee"):
        subprocess.run(["psql", "-h", place, "-p", str(port), "-U", "postgres", "-qc", sql], check=True)
    yield port
    subprocess.run([*control, "--mode=fast", "stop"], check=True, capture_output=True)


@contextmanager
def pooler(settings: str, place: Path) -> Iterator[int]:
    """The port of a PgBouncer with these settings."""
    port, file = free_port(), place / "pooler.ini"
    (place / "users").write_text('"kiskadee_login_edge_jobs" "secret"\n')
    (place / "users").chmod(0o644)
    text = settings.replace("/run/credentials/kiskadee-pooler.service/users", str(place / "users")).replace("listen_port = 6432", f"listen_port = {port}")
    # What waits for a server that is not believed waits no longer than this.
    file.write_text(f"{text}query_wait_timeout = 3\n")
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    process = subprocess.Popen([*as_postgres(), program, file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        # The same signal as the unit sends.
        subprocess.run(["pkill", "-INT", "-P", str(process.pid)] if as_postgres() else ["kill", "-INT", str(process.pid)], check=False)
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def settings(terraform: Terraform, database: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:  # noqa: F811
    """/etc/kiskadee/pooler.ini as a machine gets it, by what is checked of the certificate."""
    found = {}
    for tls in ("verify-full", "verify-ca"):
        state = tmp_path_factory.mktemp("state") / "state.json"
        target = {"host": "localhost", "port": database, "tls": tls}
        values = {"parts": '["pooler"]', "database": json.dumps(target), "database_ca": "-----BEGIN CERTIFICATE-----"}
        done = terraform(ROOT / "modules/host", "apply", "-no-color", "-auto-approve", f"-state={state}", *(f"-var={name}={value}" for name, value in values.items()))
        assert done.returncode == 0, said(done)
        document = yaml.safe_load(json.loads(terraform(ROOT / "modules/host", "output", "-json", f"-state={state}").stdout)["user_data"]["value"])
        found[tls] = next(file["content"] for file in document["write_files"] if file["path"] == "/etc/kiskadee/pooler.ini")
    return found


def ask(port: int, sql: str, password: str = "secret") -> subprocess.CompletedProcess[str]:
    url = f"postgres://kiskadee_login_edge_jobs:{password}@127.0.0.1:{port}/kiskadee?sslmode=disable"
    return subprocess.run(["psql", url, "-qtAc", sql], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("tls", ["verify-full", "verify-ca"])
def test_the_pooler_speaks_tls_to_the_database_that_it_was_told(settings: dict[str, str], place: Path, tls: str) -> None:
    with pooler(settings[tls].replace("/etc/kiskadee/database-ca.pem", str(place / "ca.pem")), place) as port:
        done = ask(port, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        assert done.stdout == "t\n", done.stderr
        assert ask(port, "select 1", "wrong").returncode != 0


@pytest.mark.parametrize("tls", ["verify-full", "verify-ca"])
def test_the_pooler_believes_no_other_authority(settings: dict[str, str], place: Path, tls: str) -> None:
    with pooler(settings[tls].replace("/etc/kiskadee/database-ca.pem", str(place / "other.pem")), place) as port:
        done = ask(port, "select 1")
        assert done.returncode != 0 and done.stdout == ""


def test_the_pooler_checks_the_name(settings: dict[str, str], place: Path) -> None:
    text = settings["verify-full"].replace("host=localhost", "host=127.0.0.1").replace("/etc/kiskadee/database-ca.pem", str(place / "ca.pem"))
    with pooler(text, place) as port:
        assert ask(port, "select 1").returncode != 0
