#!/usr/bin/env python3
"""Writes how old the newest backup and the newest archived WAL are, as a text file that Prometheus' node exporter reads.

Run by kiskadee-pgbackrest-metrics.timer as the user postgres. Python 3.9 and nothing besides. When pgBackRest or Postgres does not answer it
fails and leaves the file as it was: ages grow, and the alerts that stand on them fire.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

PREFIX = "kiskadee_pgbackrest"
# Name without the prefix, what it says.
METRICS = {
    "backup_timestamp_seconds": "When the newest backup of this type ended, in seconds since 1970; one with faulty pages does not count.",
    "backup_size_bytes": "Size of the database in the newest backup of this type.",
    "oldest_backup_timestamp_seconds": "When the oldest backup that is kept ended: no moment before it can be had again.",
    "repository_healthy": "1 where pgBackRest finds nothing wrong with the repository.",
    "wal_archived_timestamp_seconds": "When Postgres last gave a segment of WAL to the repository; absent on a standby.",
    "wal_waiting_segments": "Segments of WAL that wait for it and take room on the disk of the database; absent on a standby.",
    "measured_timestamp_seconds": "When this was measured.",
}
ARCHIVER = """select case when not pg_is_in_recovery() then extract(epoch from a.last_archived_time) end,
    case when not pg_is_in_recovery() then (select count(*) from pg_ls_archive_statusdir() where name like '%.ready') end
    from pg_stat_archiver a"""


def asked(words: list[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=240).stdout


def backups(info: list) -> list[tuple[str, str, float]]:
    """Name, labels and value of what `pgbackrest info --output=json` says of one stanza."""
    found = [("repository_healthy", "", float(bool(info) and info[0]["status"]["code"] == 0))]
    good = [one for stanza in info for one in stanza.get("backup", []) if not one.get("error")]
    newest = {one["type"]: one for one in sorted(good, key=lambda one: one["timestamp"]["stop"])}
    for kind, one in sorted(newest.items()):
        label = f'{{type="{kind}"}}'
        found.append(("backup_timestamp_seconds", label, one["timestamp"]["stop"]))
        found.append(("backup_size_bytes", label, one["info"]["size"]))
    if good:
        found.append(("oldest_backup_timestamp_seconds", "", min(one["timestamp"]["stop"] for one in good)))
    return found


def archive(row: str) -> list[tuple[str, str, float]]:
    """The same of the archiver's row, whose empty columns are null."""
    archived, waiting = row.strip().split("|")
    found = {"wal_archived_timestamp_seconds": archived, "wal_waiting_segments": waiting}
    return [(name, "", float(value)) for name, value in found.items() if value]


def text(values: list[tuple[str, str, float]]) -> str:
    """In Prometheus' text format: all series of a name together."""
    lines = []
    for name, says in METRICS.items():
        series = [f"{PREFIX}_{name}{labels} {value!r}" for known, labels, value in values if known == name]
        if series:
            lines += [f"# HELP {PREFIX}_{name} {says}", f"# TYPE {PREFIX}_{name} gauge", *series]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stanza", default="kiskadee")
    parser.add_argument("out", type=Path, help="the file; its name ends in .prom")
    options = parser.parse_args()
    try:
        info = json.loads(asked(["pgbackrest", f"--stanza={options.stanza}", "--output=json", "--log-level-console=off", "info"]))
        values = backups(info) + archive(asked(["psql", "-AtqXc", ARCHIVER]))
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        sys.exit(f"not measured: {error} {getattr(error, 'stderr', '') or ''}")
    # The exporter may read at any moment: a whole file or the one of before.
    unfinished = options.out.with_suffix(".new")
    unfinished.write_text(text([*values, ("measured_timestamp_seconds", "", time.time())]))
    os.chmod(unfinished, 0o644)
    unfinished.replace(options.out)


if __name__ == "__main__":
    main()
