"""Figures for Prometheus from what pgBackRest and Postgres say; the whole way is in test_pgbackrest.py."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

import measure  # noqa: E402


def backup(kind: str, stop: int, error: bool = False) -> dict:
    return {"type": kind, "timestamp": {"start": stop - 9, "stop": stop}, "error": error, "info": {"size": stop * 10}}


def series(values: list[tuple[str, str, float]]) -> dict[str, float]:
    return {f"{name}{labels}": value for name, labels, value in values}


def test_the_newest_good_backup_of_each_type_counts() -> None:
    stanza = {"status": {"code": 0}, "backup": [backup("full", 100), backup("incr", 200), backup("incr", 300), backup("incr", 400, error=True)]}
    assert series(measure.backups(json.loads(json.dumps([stanza])))) == {
        "repository_healthy": 1,
        'backup_timestamp_seconds{type="full"}': 100,
        'backup_size_bytes{type="full"}': 1000,
        'backup_timestamp_seconds{type="incr"}': 300,
        'backup_size_bytes{type="incr"}': 3000,
        "oldest_backup_timestamp_seconds": 100,
    }


@pytest.mark.parametrize("info", [[], [{"status": {"code": 2}, "backup": []}]], ids=["no stanza", "no backup"])
def test_where_there_is_none_no_age_is_told(info: list) -> None:
    assert series(measure.backups(info)) == {"repository_healthy": 0}


def test_a_standby_tells_nothing_of_its_archiver() -> None:
    assert measure.archive("|\n") == []
    assert series(measure.archive("1764550000.5|3\n")) == {"wal_archived_timestamp_seconds": 1764550000.5, "wal_waiting_segments": 3}


def test_prometheus_reads_the_file() -> None:
    values = [*measure.backups([{"status": {"code": 0}, "backup": [backup("full", 1), backup("diff", 2)]}]), *measure.archive("5|0"), ("measured_timestamp_seconds", "", 6.5)]
    checked = subprocess.run(["promtool", "check", "metrics"], input=measure.text(values), capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked.stdout + checked.stderr
    assert set(re.findall(r"^# TYPE kiskadee_pgbackrest_(\w+) gauge$", measure.text(values), re.M)) == set(measure.METRICS)
