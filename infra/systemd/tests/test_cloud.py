"""The scripts beside the units, against servers on this machine that speak as the clouds' do, and a real Postgres."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))

import cloud_aws  # noqa: E402
import logins  # noqa: E402
from cloud import values  # noqa: E402

KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "Token": "session"}


class Cloud(ThreadingHTTPServer):
    """Metadata and services of both clouds. `seen` are the requests that changed something, or wanted to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secrets: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self.size = 1
        self.seen: list[tuple[str, dict]] = []
        self.address = f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Cloud

    def answer(self, text: str, code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_PUT(self) -> None:
        assert self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.answer("the-token")

    def do_GET(self) -> None:
        if self.path.startswith("/latest/meta-data/"):
            if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
                return self.answer("", 401)
        elif self.path.startswith("/computeMetadata/"):
            if self.headers.get("Metadata-Flavor") != "Google":
                return self.answer("", 403)
        elif self.headers.get("Authorization") != "Bearer google-token":
            return self.answer("", 401)
        if secret := re.fullmatch(r"/v1/(projects/.*)/versions/latest:access", self.path):
            value = self.server.secrets.get(secret[1])
            data = base64.b64encode((value or "").encode()).decode()
            return self.answer(json.dumps({"payload": {"data": data}})) if value else self.answer("{}", 404)
        if self.path == "/group":
            return self.answer(json.dumps({"targetSize": self.server.size}))
        page = self.server.pages.get(self.path)
        return self.answer(page) if page is not None else self.answer("", 404)

    def do_POST(self) -> None:
        body = self.body()
        if self.path != "/":
            assert self.headers["Authorization"] == "Bearer google-token"
            self.server.seen.append((self.path, json.loads(body or b"{}")))
            if self.path.endswith(":addVersion"):
                name = self.path.removeprefix("/v1/").removesuffix(":addVersion")
                self.server.secrets[name] = base64.b64decode(json.loads(body)["payload"]["data"]).decode()
            return self.answer("{}")
        self.check_signature(body)
        target = self.headers.get("X-Amz-Target", "")
        if target == "secretsmanager.GetSecretValue":
            value = self.server.secrets.get(json.loads(body)["SecretId"])
            return self.answer(json.dumps({"SecretString": value})) if value else self.answer('{"__type": "ResourceNotFoundException"}', 400)
        if target == "secretsmanager.PutSecretValue":
            self.server.secrets[json.loads(body)["SecretId"]] = json.loads(body)["SecretString"]
            return self.answer("{}")
        form = {name: value[0] for name, value in parse_qs(body.decode()).items()}
        if form["Action"] == "DescribeAutoScalingGroups":
            return self.answer(f"<a><DesiredCapacity>{self.server.size}</DesiredCapacity></a>")
        self.server.seen.append((form["Action"], form))
        return self.answer("<a/>")

    def check_signature(self, body: bytes) -> None:
        """As the service does: signs once more what was signed, and compares."""
        names = re.search(r"SignedHeaders=([a-z0-9;-]+)", self.headers["Authorization"])
        scope = re.search(r"Credential=AKIDEXAMPLE/\d{8}/eu-central-1/([a-z]+)/aws4_request", self.headers["Authorization"])
        assert names is not None and scope is not None
        headers = {name: self.headers[name] for name in names[1].split(";")}
        assert {"host", "x-amz-date", "x-amz-security-token"} <= headers.keys()
        again = cloud_aws.signature(KEYS, "eu-central-1", scope[1], f"http://{self.server.address}/", headers, body)
        assert again == self.headers["Authorization"]

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[Cloud]:
    server = Cloud()
    role = "/latest/meta-data/iam/security-credentials/"
    google = "/computeMetadata/v1/"
    server.pages = {
        role: "tts-role",
        f"{role}tts-role": json.dumps(KEYS),
        "/latest/meta-data/instance-id": "i-1",
        f"{google}instance/service-accounts/default/token": json.dumps({"access_token": "google-token"}),
        f"{google}instance/zone": "projects/1/zones/europe-west3-a",
        f"{google}instance/name": "tts-gpu-x1",
        f"{google}instance/preempted": "FALSE",
    }
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def settings(server: Cloud, cloud: str) -> dict[str, str]:
    address = f"http://{server.address}"
    aws = {"AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_SERVICE_ENDPOINT": address, "AWS_ENDPOINT_URL": f"{address}/"}
    google = {"GCE_METADATA_HOST": server.address, "KISKADEE_SECRET_ENDPOINT": address}
    group = {"aws": "tts-gpu", "gcp": f"{address}/group"}[cloud]
    pools = {"KISKADEE_GROUP": group, "KISKADEE_HOOK": "drain", "KISKADEE_GROUPS": f"gpu={group}", "KISKADEE_GROUPS_MOST": "gpu=5"}
    path = {"PATH": os.environ["PATH"]}
    return {"KISKADEE_CLOUD": cloud, **aws, **google, **pools, **path}


def run(words: list[str | Path], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", *words], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_signature_is_the_one_of_amazons_documentation() -> None:
    """The example of "Signature Version 4 signing process": ListUsers of IAM, 30 August 2015."""
    headers = {"host": "iam.amazonaws.com", "x-amz-date": "20150830T123600Z", "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    signed = cloud_aws.signature(KEYS, "us-east-1", "iam", url, headers, b"", method="GET")
    assert signed.endswith("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_secrets_come_into_files_of_root_alone(server: Cloud, tmp_path: Path, cloud: str) -> None:
    parts = ["edge", "worker", "pooler"]
    addresses = [f"arn:{part}" if cloud == "aws" else f"projects/p/secrets/{part}" for part in parts]
    server.secrets = dict(zip(addresses, ["A=of-the-edge\nC='two\nlines'\n", "B='{\"x\": 1}'\n", '"a" "b"\n']))
    wanted = " ".join(f"{part}={address}" for part, address in zip(parts, addresses))
    environment = {**settings(server, cloud), "KISKADEE_SECRETS": wanted, "RUNTIME_DIRECTORY": str(tmp_path)}
    done = run([SCRIPTS / "cloud.py", "secrets"], environment)
    assert done.returncode == 0, done.stderr
    found = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert found == {"kiskadee.edge.A": "of-the-edge", "kiskadee.edge.C": "two\nlines", "kiskadee.worker.B": '{"x": 1}', "kiskadee.pooler.users": '"a" "b"\n'}
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert "of-the-edge" not in done.stdout + done.stderr
    # What the store does not name any more goes.
    server.secrets[addresses[0]] = "A=new\n"
    assert run([SCRIPTS / "cloud.py", "secrets"], environment).returncode == 0
    assert (tmp_path / "kiskadee.edge.A").read_text() == "new" and not (tmp_path / "kiskadee.edge.C").exists()


@pytest.mark.parametrize(("cloud", "address"), [("aws", "arn:none"), ("gcp", "projects/p/secrets/none")])
def test_a_secret_without_a_value_is_told_and_tried_again(server: Cloud, tmp_path: Path, cloud: str, address: str) -> None:
    environment = {**settings(server, cloud), "KISKADEE_SECRETS": f"edge={address}", "RUNTIME_DIRECTORY": str(tmp_path)}
    done = run([SCRIPTS / "cloud.py", "secrets"], environment)
    assert done.returncode == 1 and "the secret has no value yet" in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_only_a_worker_that_ended_by_itself_takes_its_machine_along(server: Cloud, cloud: str) -> None:
    environment = settings(server, cloud)
    for state in ({"MAINPID": "17", "SERVICE_RESULT": "success"}, {"SERVICE_RESULT": "exit-code"}):
        assert run([SCRIPTS / "cloud.py", "leave"], {**environment, **state}).returncode == 0
    assert server.seen == []
    done = run([SCRIPTS / "cloud.py", "leave"], {**environment, "SERVICE_RESULT": "success"})
    assert done.returncode == 0, done.stderr
    (path, form), = server.seen
    if cloud == "aws":
        assert path == "TerminateInstanceInAutoScalingGroup"
        assert form["InstanceId"] == "i-1" and form["ShouldDecrementDesiredCapacity"] == "true"
    else:
        assert path == "/group/deleteInstances"
        assert form == {"instances": ["zones/europe-west3-a/instances/tts-gpu-x1"]}


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_a_machine_that_is_taken_away_is_replaced(server: Cloud, cloud: str) -> None:
    server.pages["/latest/meta-data/spot/instance-action"] = '{"action": "terminate"}'
    server.pages["/computeMetadata/v1/instance/preempted"] = "TRUE"
    done = run([SCRIPTS / "cloud.py", "leave"], {**settings(server, cloud), "SERVICE_RESULT": "success"})
    assert done.returncode == 0 and server.seen == [], "a group that becomes smaller replaces nothing"


def test_a_machine_drains_before_its_group_ends_it(server: Cloud, tmp_path: Path) -> None:
    server.pages["/latest/meta-data/autoscaling/target-lifecycle-state"] = "Terminated"
    stopped = tmp_path / "stopped"
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" > {stopped}\n')
    systemctl.chmod(0o755)
    environment = settings(server, "aws")
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    done = run([SCRIPTS / "cloud.py", "lifecycle"], environment)
    assert done.returncode == 0, done.stderr
    assert stopped.read_text() == "stop kiskadee-worker@*.service\n"
    action, form = server.seen[-1]
    assert action == "CompleteLifecycleAction" and form["LifecycleActionResult"] == "CONTINUE"
    assert form["AutoScalingGroupName"] == "tts-gpu" and form["LifecycleHookName"] == "drain"


@pytest.fixture(scope="module")
def owner_url(kiskadee: Path) -> Iterator[str]:
    """A database with the product's schema, and its owner's address."""
    process = subprocess.Popen([kiskadee, "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    url = process.stdout.readline().split()[-1]
    migrated = subprocess.run([kiskadee, "migrate", "--database-url", url], capture_output=True, text=True, check=False)
    assert migrated.returncode == 0, migrated.stderr
    yield url
    process.stdin.close()
    process.wait(timeout=60)


def credentials() -> set[str]:
    """What the units ask systemd for, without the name of the product."""
    return set(re.findall(r"^LoadCredential=\S+?:(?:/run/credstore/)?kiskadee\.(\S+)$", "".join(f.read_text() for f in SCRIPTS.glob("*.service")), re.M))


def psql(url: str, sql: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["psql", url, "--no-psqlrc", "-qtAc", sql], capture_output=True, text=True, check=False)


@pytest.mark.heavy
@pytest.mark.parametrize("cloud", ["aws", "gcp"])
@pytest.mark.parametrize(("wanted", "size", "grown"), [(3, 1, "3"), (9, 1, "5"), (1, 4, None), (0, 0, None)])
def test_a_group_grows_to_what_is_wanted_and_never_shrinks(
    server: Cloud, owner_url: str, tmp_path: Path, cloud: str, wanted: int, size: int, grown: str | None
) -> None:
    # The figure is the queue's own matter; here it is what this test says.
    psql(owner_url, "create database wants")
    url = urlsplit(owner_url)._replace(path="/wants").geturl()
    made = psql(url, f"""create schema if not exists queue;
        create or replace function queue.wanted_workers(p_pool text, p_target_seconds int default 60) returns int
        language sql as $$ select case p_pool when 'gpu' then {wanted} end $$""")
    assert made.returncode == 0, made.stderr
    server.size = size
    done = run([SCRIPTS / "cloud.py", "scale", "gpu"], {**settings(server, cloud), "KISKADEE_DATABASE_URL_FILE": address_file(tmp_path, url)})
    assert done.returncode == 0, done.stderr
    if grown is None:
        assert server.seen == []
    elif cloud == "aws":
        assert [(action, form["DesiredCapacity"]) for action, form in server.seen] == [("SetDesiredCapacity", grown)]
    else:
        assert [path for path, _ in server.seen] == [f"/group/resize?size={grown}"]


def address_file(folder: Path, url: str) -> str:
    """As systemd gives a credential."""
    file = folder / "address"
    file.write_text(url)
    return str(file)


def test_a_pool_that_is_none_reaches_no_sql(server: Cloud) -> None:
    done = run([SCRIPTS / "cloud.py", "scale", "x'); drop table job; --"], settings(server, "aws"))
    assert done.returncode == 2 and "a pool is called by" in done.stderr


def make_logins(kiskadee: Path, owner_url: str, places: dict[str, str], environment: dict[str, str], *more: str) -> None:
    words = [SCRIPTS / "logins.py", "--kiskadee", kiskadee, *more, *(f"{part}={place}" for part, place in places.items())]
    done = run(words, {**environment, "KISKADEE_OWNER_URL": owner_url})
    assert done.returncode == 0, done.stderr
    assert "postgres://" not in done.stdout


def kept(folder: Path, part: str) -> dict[str, str]:
    """The secrets of a part, by name."""
    prefix = f"kiskadee.{part}."
    return {file.name.removeprefix(prefix): file.read_text() for file in folder.glob(f"{prefix}*")}


@pytest.mark.heavy
def test_each_part_gets_a_login_that_may_do_its_own_and_no_more(kiskadee: Path, owner_url: str, tmp_path: Path) -> None:
    places = {part: str(tmp_path) for part in ("edge", "storage", "worker", "backup", "pooler")}
    plain = {"PATH": os.environ["PATH"]}
    if psql(owner_url, "select true from pg_roles where rolname = 'kiskadee_scaler'").stdout:
        places["scaler"] = str(tmp_path)
    make_logins(kiskadee, owner_url, places, plain)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert {f"kiskadee.{name}" for name in credentials()} == {file.name for file in tmp_path.iterdir()}, "units name other files"
    edge, worker = kept(tmp_path, "edge"), kept(tmp_path, "worker")
    for component in logins.COMPONENTS:
        done = psql(edge[f"SPIN_VARIABLE_{component.upper()}_DATABASE_URL"], f"select pg_has_role(current_user, 'kiskadee_{component}', 'member')")
        assert done.stdout == "t\n", done.stderr
    assert psql(worker["KISKADEE_DATABASE_URL"], "select pg_has_role(current_user, 'kiskadee_worker', 'member')").stdout == "t\n"
    refused = psql(edge["SPIN_VARIABLE_OPS_DATABASE_URL"], "select * from queue.job")
    assert refused.returncode != 0 and "permission denied" in refused.stderr
    token = kept(tmp_path, "storage")["KISKADEE_STORAGE_TOKEN"]
    assert edge["SPIN_VARIABLE_STORAGE_TOKEN"] == token
    users = kept(tmp_path, "pooler")["users"]
    assert len(users.splitlines()) == 7 and '"kiskadee_login_edge_accounts" "' in users

    # Once more: new passwords, the old ones are worth nothing, and nobody is signed out.
    make_logins(kiskadee, owner_url, places, plain)
    again = kept(tmp_path, "edge")
    assert again["SPIN_VARIABLE_JWT_SIGNING_KEY"] == edge["SPIN_VARIABLE_JWT_SIGNING_KEY"]
    assert again["SPIN_VARIABLE_OPS_DATABASE_URL"] != edge["SPIN_VARIABLE_OPS_DATABASE_URL"]
    stored = psql(owner_url, "select rolpassword from pg_authid where rolname = 'kiskadee_login_worker'").stdout
    assert stored.startswith("SCRAM-SHA-256$4096:")


@pytest.mark.heavy
@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_logins_are_kept_in_the_clouds_store(kiskadee: Path, owner_url: str, server: Cloud, cloud: str) -> None:
    """As the first start does it: with the owner's password from the store, a schema that is made, and an operator's own identity."""
    assert psql(owner_url, f"create role owner_{cloud} login createrole createdb password 'p@ss/1' superuser").returncode == 0
    database = f"{urlsplit(owner_url).netloc.rpartition('@')[2]}/first_{cloud}"
    assert psql(owner_url, f"create database first_{cloud} owner owner_{cloud}").returncode == 0
    server.secrets["projects/p/secrets/owner"] = json.dumps({"username": f"owner_{cloud}", "password": "p@ss/1"})
    places = {part: f"projects/p/secrets/{part}" for part in ("edge", "pooler", "storage", "worker")}
    environment = settings(server, cloud)
    # The machine's own identity may read none of it.
    server.pages = {}
    environment |= {"AWS_ACCESS_KEY_ID": KEYS["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": KEYS["SecretAccessKey"], "AWS_SESSION_TOKEN": KEYS["Token"]}
    environment |= {"CLOUDSDK_AUTH_ACCESS_TOKEN": "google-token"}
    words = [SCRIPTS / "logins.py", "--kiskadee", kiskadee, "--migrate", "--owner-secret", "projects/p/secrets/owner", "--database", database]
    done = run([*words, "--pooler", "127.0.0.1:6432", *(f"{part}={place}" for part, place in places.items())], environment)
    assert done.returncode == 0, done.stderr
    assert server.secrets.keys() == {*places.values(), "projects/p/secrets/owner"}
    edge = values("edge", server.secrets["projects/p/secrets/edge"])
    assert f"@127.0.0.1:6432/first_{cloud}" in edge["SPIN_VARIABLE_JOBS_DATABASE_URL"]
    assert psql(values("worker", server.secrets["projects/p/secrets/worker"])["KISKADEE_DATABASE_URL"], "select 1").stdout == "1\n"


@pytest.mark.heavy
def test_a_dump_can_be_listed_and_old_ones_go(kiskadee: Path, owner_url: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"kiskadee-2026010{day}T000000Z.dump").write_text("old")
    address = address_file(tmp_path.parent, owner_url)
    environment = {"PATH": os.environ["PATH"], "KISKADEE_DATABASE_URL_FILE": address, "KISKADEE_BACKUP_DIR": str(tmp_path), "KISKADEE_BACKUP_KEEP": "3"}
    done = subprocess.run(["sh", SCRIPTS / "backup.sh"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    dumps = sorted(file.name for file in tmp_path.iterdir())
    assert len(dumps) == 3 and dumps[0] == "kiskadee-20260102T000000Z.dump"
    newest = tmp_path / dumps[-1]
    assert newest.stat().st_mode & 0o777 == 0o600
    listed = subprocess.run(["pg_restore", "--list", newest], capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA queue job" in listed or "TABLE queue job" in listed


def test_a_dump_that_failed_leaves_nothing(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "KISKADEE_DATABASE_URL_FILE": address_file(tmp_path, "postgres://nobody@127.0.0.1:1/none"), "KISKADEE_BACKUP_DIR": str(tmp_path / "dumps")}
    (tmp_path / "dumps").mkdir()
    done = subprocess.run(["sh", SCRIPTS / "backup.sh"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and not list((tmp_path / "dumps").iterdir())
