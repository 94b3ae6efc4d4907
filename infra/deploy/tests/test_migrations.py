"""Migrations of the time since there are phases: each says which it is of, and squawk finds nothing in it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from system import ROOT

# Of the time before, as worker/queue/src/migrate/header.rs has it: they are applied everywhere, and not changed any more.
LAST_WITHOUT_PHASE = 202612020120
MIGRATIONS = [
    file for file in sorted((ROOT / "shared/migrations").glob("*.sql")) if int(file.name.split("_")[0]) > LAST_WITHOUT_PHASE
]
# What only a contraction may do.
CONTRACTION = ["ban-drop-column", "ban-drop-table", "ban-drop-not-null", "renaming-column", "renaming-table"]


def squawk(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent / "squawk"
    program = beside if beside.exists() else shutil.which("squawk")
    assert program, "squawk is missing: pip install -r infra/requirements.txt"
    config = ROOT / "infra/deploy/squawk.toml"
    return subprocess.run([program, "--config", config, *options, file], capture_output=True, text=True)


def header(file: Path) -> dict[str, str]:
    """`-- name: value` of the lines that the file begins with."""
    found: dict[str, str] = {}
    for line in file.read_text().splitlines():
        if not line.startswith("--"):
            break
        name, separator, value = line.removeprefix("--").partition(":")
        if separator:
            found[name.strip()] = value.strip()
    return found


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.stem)
def test_a_migration_says_its_phase_and_locks_nothing_for_long(file: Path) -> None:
    told = header(file)
    assert told.get("phase") in ("expand", "contract"), f"{file.name} begins without its phase"
    options = []
    if told["phase"] == "contract":
        assert told.get("needs", "").startswith(">= ")
        options = [f"--exclude={','.join(CONTRACTION)}"]
    if told.get("transaction") == "none":
        options.append("--no-assume-in-transaction")
    done = squawk(file, *options)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "alter table queue.job rename column kind to sort;",
        "alter table queue.job drop column kind;",
        "alter table queue.job alter column cost type bigint;",
        "create index job_of_kind on queue.job (kind);",
        "alter table queue.job add constraint cost_is_positive check (cost > 0);",
    ],
)
def test_what_old_programs_or_the_queue_would_feel_is_found(statement: str, tmp_path: Path) -> None:
    file = tmp_path / "migration.sql"
    file.write_text(f"-- phase: expand\n{statement}\n")
    assert squawk(file).returncode != 0
