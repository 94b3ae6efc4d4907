"""The units: taken by systemd, hardened, and each timer with a service that pgBackRest knows."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
SERVICES = sorted(HERE.glob("*.service"))
TIMERS = sorted(HERE.glob("*.timer"))
# As in systemd/tests.
EXPOSURE = 2.0


def test_systemd_takes_them(tmp_path: Path) -> None:
    for file in SERVICES + TIMERS:
        (tmp_path / file.name).write_text(file.read_text().replace("/usr/bin/pgbackrest", "/bin/true"))
    services = [timer.with_suffix(".service").name for timer in TIMERS]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system"}
    words = ["systemd-analyze", "verify", *services, *(timer.name for timer in TIMERS)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_each_timer_starts_something() -> None:
    assert {timer.stem for timer in TIMERS} == {
        "kiskadee-pgbackrest-backup@full",
        "kiskadee-pgbackrest-backup@incr",
        "kiskadee-pgbackrest-metrics",
        "kiskadee-pgbackrest@check",
        "kiskadee-pgbackrest@verify",
    }
    known = {service.stem for service in SERVICES}
    assert {re.sub("@.*", "@", timer.stem) for timer in TIMERS} == known


@pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.stem)
def test_its_time_is_one(timer: Path) -> None:
    [when] = re.findall(r"^OnCalendar=(.*)$", timer.read_text(), re.M)
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Next elapse" in done.stdout, done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_may_do_little(unit: Path, tmp_path: Path) -> None:
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    done = subprocess.run([*words, shutil.copy(unit, tmp_path)], capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level .*: ([0-9.]+) ", done.stdout)
    assert exposure is not None, done.stderr
    assert float(exposure[1]) <= EXPOSURE, done.stdout


def test_a_full_backup_is_made_within_what_is_kept() -> None:
    """Each week one, so that of the last 14 days each moment lies behind one that is there; and no secret stands in the file."""
    text = (HERE / "pgbackrest.conf").read_text()
    assert re.search(r"^repo1-retention-full-type=time$", text, re.M) and re.search(r"^repo1-retention-full=14$", text, re.M)
    assert "OnCalendar=Sun " in (HERE / "kiskadee-pgbackrest-backup@full.timer").read_text()
    assert not re.search(r"^#?repo1-(cipher-pass|s3-key|s3-key-secret)=", text, re.M)
