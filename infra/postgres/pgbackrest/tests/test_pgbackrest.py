"""What README.md says, on a server of its own: archive, back up, come to harm, go back to before it, part from old workers.

The second test puts the repository into a bucket of a server of S3.
"""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from archived_server import HERE, ArchivedServer, ArchivedSystem, archived
from postgres_pair import as_postgres
from s3_over_tls import bucket
from system import Process, eventually, free_port, program, status_of

pytestmark = pytest.mark.heavy

LANE = "speech:kiskadee"
# Stands in a row, in WAL and in a full backup.
TEXT = "A kiskadee calls from the wire at noon"
# By how much tokens are ahead after the fence.
FENCE = 10**12


@pytest.fixture
def system(kiskadee: Path, tmp_path: Path) -> Iterator[ArchivedSystem]:
    with ArchivedSystem(kiskadee, tmp_path) as made:
        yield made


def user(system: ArchivedSystem, name: str) -> None:
    system.run("admin", "create-user", name, "--email", f"{name}@example.org")


def users(server: ArchivedServer) -> list[str]:
    return server.sql('select username from account."user" order by 1')


def worker(server: ArchivedServer) -> str:
    """One that is registered for an hour."""
    [name] = server.sql("select queue.uuid7()")
    server.sql(f"select queue.register_worker('{name}', '{{}}', 3600000)")
    return name


def enqueue(server: ArchivedServer) -> str:
    [made] = server.sql(f"""select (queue.enqueue(queue.uuid7(), 1, 1000, array[jsonb_populate_record(null::queue.new_job,
        '{{"kind": "speech", "batch_key": "{LANE}", "priority": 1, "cost": 1, "args": {{"text": "{TEXT}"}}}}')]))[1]""")
    return made


def claim(server: ArchivedServer, name: str) -> tuple[str, int]:
    """A job and the token of its lease."""
    [row] = server.sql(f"select job_id, token from queue.claim('{name}', array['{LANE}'], '{{}}', 1, 100, 0)")
    job, token = row.split("|")
    return job, int(token)


def settle(server: ArchivedServer, name: str, job: str, token: int) -> bool:
    """Whether the end of an attempt is accepted."""
    [accepted] = server.sql(f"""select queue.settle('{name}', array['{job}'::uuid], array[{token}::bigint], array['completed'],
        array['{{}}'::jsonb], array[null::text], array[null::int])""")
    return accepted == f"{{{job}}}"


def is_sealed(server: ArchivedServer) -> None:
    """Nothing in the repository can be read without the passphrase; with it, it can."""
    files = [file for file in server.repository.rglob("*") if file.is_file()]
    assert len(files) > 10
    for file in files:
        held = file.read_bytes()
        assert held.startswith(b"Salted__"), file
        assert TEXT.encode() not in held and b"[backup:current]" not in held, file
    quiet = "--log-level-console=off"
    assert "[backup:current]" in server.backrest(quiet, "repo-get", "backup/kiskadee/backup.info")
    assert "unable to load info file" in server.backrest("check", fails=True, PGBACKREST_REPO1_CIPHER_PASS="another")


def size_of(server: ArchivedServer) -> int:
    return sum(file.stat().st_size for file in server.repository.rglob("*") if file.is_file())


def timed(what: str, server: ArchivedServer, *arguments: str) -> None:
    began = time.monotonic()
    server.backrest(*arguments)
    print(f"{what}: {time.monotonic() - began:.1f} s")


def test_back_to_the_moment_before_the_damage(system: ArchivedSystem) -> None:
    server = system.server
    user(system, "bert")
    timed("full backup", server, "--type=full", "backup")
    full = size_of(server)
    user(system, "carol")
    enqueue(server)
    timed("incremental backup", server, "--type=incr", "backup")
    print(f"database {int(server.sql('select pg_database_size(current_database())')[0]) / 1e6:.0f} MB, "
          f"repository {full / 1e6:.1f} MB, with the incremental backup {size_of(server) / 1e6:.1f} MB")  # fmt: skip
    is_measured(server)
    # In WAL alone, as all that follows.
    user(system, "dora")
    old = worker(server)
    held = claim(server, old)
    [moment] = server.sql("select clock_timestamp()")
    time.sleep(1)
    user(system, "lost")
    enqueue(server)
    lost = claim(server, old)
    server.sql('drop table account."user" cascade; drop schema speech cascade')
    timed("verify", server, "verify")
    is_sealed(server)
    go_back(server, moment)
    assert users(server) == ["ada", "bert", "carol", "dora"]
    assert server.sql("select to_regnamespace('speech') is not null") == ["t"]
    part(system, old, held, lost)
    goes_on(server)
    stands_elsewhere(server)
    keeps_two_weeks(server)


def measured(server: ArchivedServer, **environment: str) -> subprocess.CompletedProcess[str]:
    """As the timer does it."""
    there = {"PGHOST": str(server.folder / "socket"), "PGPORT": str(server.port), "PGUSER": "postgres", "PGDATABASE": "postgres"}
    words = as_postgres("/usr/bin/python3", "-B", HERE / "measure.py", server.folder / "figures" / "kiskadee-pgbackrest.prom")
    return subprocess.run(words, capture_output=True, text=True, cwd="/", env=os.environ | server.environment | there | environment)


def figures(server: ArchivedServer) -> dict[str, float]:
    """What the node exporter tells Prometheus of it: it is given a link, as README.md says."""
    folder, port = server.folder / "textfiles", free_port()
    folder.mkdir(exist_ok=True)
    link = folder / "kiskadee-pgbackrest.prom"
    if not link.is_symlink():
        link.symlink_to(server.folder / "figures" / link.name)
    words = [program("prometheus-node-exporter"), "--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={folder}"]
    exporter = Process([*words, f"--web.listen-address=127.0.0.1:{port}"], server.folder / "exporter.log")
    try:
        eventually("the exporter", lambda: status_of(f"http://127.0.0.1:{port}/metrics") == 200, within=30)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
    finally:
        exporter.stop()
    pairs = [line.rsplit(" ", 1) for line in lines if line.startswith(("kiskadee_pgbackrest_", "node_textfile_scrape_error"))]
    return {name.removeprefix("kiskadee_pgbackrest_"): float(value) for name, value in pairs}


def is_measured(server: ArchivedServer) -> None:
    """How old backups and WAL are; what waits while the repository cannot be reached."""
    server.own(server.folder / "figures")
    done = measured(server)
    assert done.returncode == 0, done.stderr
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=(server.folder / "figures/kiskadee-pgbackrest.prom").read_text(), capture_output=True, text=True
    )
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked.stdout + checked.stderr
    found = figures(server)
    ends = {backup["type"]: backup["timestamp"]["stop"] for backup in server.info()["backup"]}
    assert {name: found[f'backup_timestamp_seconds{{type="{name}"}}'] for name in ("full", "incr")} == ends
    assert found["oldest_backup_timestamp_seconds"] == ends["full"] and found["repository_healthy"] == 1
    assert time.time() - found["wal_archived_timestamp_seconds"] < 120 and found["wal_waiting_segments"] == 0
    assert found["node_textfile_scrape_error"] == 0
    server.sql("alter system set archive_command = 'false'", "postgres")
    server.sql("select pg_reload_conf()", "postgres")
    server.sql("create table waits (); select pg_switch_wal()", "postgres")
    assert measured(server).returncode == 0
    assert figures(server)["wal_waiting_segments"] >= 1
    server.sql("alter system reset archive_command", "postgres")
    server.sql("select pg_reload_conf()", "postgres")
    server.sql("drop table waits", "postgres")
    server.backrest("check")
    # Who cannot ask changes nothing.
    before = figures(server)
    assert measured(server, PGPORT="1").returncode != 0
    assert figures(server) == before


def go_back(server: ArchivedServer, moment: str) -> None:
    # In good order: the last WAL is archived then.
    server.stop(by=signal.SIGINT)
    timed("restore", server, "--delta", "--type=time", f"--target={moment}", "--target-action=promote", "restore")
    began = time.monotonic()
    server.start("-c", "listen_addresses=")
    print(f"recovery: {time.monotonic() - began:.1f} s")
    assert f"starting point-in-time recovery to {moment}" in server.log.read_text()


def part(system: ArchivedSystem, old: str, held: tuple[str, int], lost: tuple[str, int]) -> None:
    """Nobody of the old time line can end anything in the new one, nor is any of its tokens issued again."""
    server = system.server
    system.run("migrate", "--database-url", server.local_url)
    # As it was at the moment: what its holder said now would count.
    assert server.sql("select job_id, token from queue.lease") == [f"{held[0]}|{held[1]}"]
    assert server.sql("select queue.fence()") == ["1"]
    server.sql("select storage.hold_deletions('restore', interval '2 days')")
    assert server.sql("select storage.deletions_are_held()") == ["t"]
    server.stop(by=signal.SIGINT)
    server.start()
    with pytest.raises(AssertionError, match="is not alive"):
        server.sql(f"select * from queue.heartbeat('{old}', 60000, '{{}}', '{{}}', '{{}}', '{{}}')")
    assert not settle(server, old, *held)
    assert not settle(server, old, *lost)
    new = worker(server)
    job, token = claim(server, new)
    assert job == held[0] and token > lost[1] + FENCE - 1000
    assert not settle(server, old, *held)
    assert settle(server, new, job, token)
    # The logins of before work: roles are in a backup of a whole server.
    done = subprocess.run(["psql", system.address("worker"), "-AtqXc", "select 1"], capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr


def goes_on(server: ArchivedServer) -> None:
    """The new time line is archived, and backed up."""
    server.backrest("check")
    server.backrest("--type=full", "backup")
    info = server.info()
    assert info["status"]["message"] == "ok"
    assert [backup["type"] for backup in info["backup"]] == ["full", "incr", "full"]
    newest = info["backup"][-1]["archive"]["start"]
    assert newest.startswith("00000002"), newest


def stands_elsewhere(server: ArchivedServer) -> None:
    """The drill: the newest state in another folder, beside a server that goes on being archived."""
    server.sql("create table kept (); select pg_switch_wal()")
    drill = server.own(server.folder / "drill")
    server.backrest("check")
    server.backrest(f"--pg1-path={drill}", "--archive-mode=off", "restore")
    other = ArchivedServer(folder=server.own(server.folder / "elsewhere"))
    server.own(other.folder / "socket")
    other.environment = server.environment
    try:
        other.start("-p", str(other.port), "-c", f"unix_socket_directories={other.folder / 'socket'}", data=drill)
        assert users(other) == ["ada", "bert", "carol", "dora"]
        assert other.sql("select to_regclass('kept') is not null") == ["t"]
        assert other.sql("show archive_mode") == ["off"]
    finally:
        other.stop()


def keeps_two_weeks(server: ArchivedServer) -> None:
    """While a full backup is needed for a moment of the last 14 days it stays, and then goes with what builds on it and its WAL."""
    first, built, second = server.backups()
    server.backrest("expire")
    server.backrest("expire", later="+13d")
    assert server.backups() == [first, built, second]
    before = server.info()["archive"][0]["min"]
    server.backrest("expire", later="+15d")
    assert server.backups() == [second]
    assert server.info()["archive"][0]["min"] > before


def test_the_repository_lies_in_a_bucket() -> None:
    with bucket("backups") as place, archived(place) as server:
        server.backrest("stanza-create")
        server.backrest("check")
        timed("full backup to a bucket", server, "--type=full", "backup")
        server.sql("create table kept (held text); insert into kept values ('here')", "postgres")
        timed("incremental backup to a bucket", server, "--type=incr", "backup")
        server.sql("insert into kept values ('in WAL alone')", "postgres")
        server.backrest("verify")
        server.stop(by=signal.SIGINT)
        timed("restore from a bucket", server, "--delta", "restore")
        server.start()
        assert server.sql("select held from kept order by 1", "postgres") == ["here", "in WAL alone"]
        assert [backup["type"] for backup in server.info()["backup"]] == ["full", "incr"]
        assert not any(server.repository.iterdir())
