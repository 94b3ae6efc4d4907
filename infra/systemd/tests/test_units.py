"""The units: taken by systemd, hardened, and stopped no sooner than the program has drained."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parent.parent
SERVICES = sorted(UNITS.glob("*.service"))
# Of systemd's 0 (closed) to 10 (open). Those that run as root have no capabilities either.
EXPOSURE = 2.0


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.M)


@pytest.fixture(scope="module")
def unit_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with drop-ins as a machine has them; programs that are not on this one replaced."""
    place = tmp_path_factory.mktemp("units")
    for file in [*UNITS.glob("*.service"), *UNITS.glob("*.timer"), *UNITS.glob("*.d/*.conf")]:
        copy = place / file.relative_to(UNITS)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(re.sub(r"/opt/kiskadee/kiskadee|/usr/sbin/pgbouncer", "/bin/true", file.read_text()))
    return place


def test_systemd_takes_them(unit_path: Path) -> None:
    names = [file.name.replace("@.", "@gpu.") for file in [*SERVICES, *UNITS.glob("*.timer")]]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{unit_path}:/lib/systemd/system"}
    words = ["systemd-analyze", "verify", *names, "kiskadee-worker@training.service"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_systemd_would_not_take_a_key_that_it_does_not_know(unit_path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "kiskadee-edge.service"
    broken.write_text((unit_path / "kiskadee-edge.service").read_text().replace("TimeoutStopSec", "TimeoutStopSecs"))
    done = subprocess.run(["systemd-analyze", "verify", broken], capture_output=True, text=True, check=False)
    assert "TimeoutStopSecs" in done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_may_do_little(unit: Path, tmp_path: Path) -> None:
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    done = subprocess.run([*words, shutil.copy(unit, tmp_path)], capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level .*: ([0-9.]+) ", done.stdout)
    assert exposure is not None, done.stderr
    assert float(exposure[1]) <= EXPOSURE, done.stdout
    text = unit.read_text()
    assert values(text, "CapabilityBoundingSet") == [""] and values(text, "ProtectSystem") == ["strict"]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_runs_as_root_only_where_it_must(unit: Path) -> None:
    # Secrets are written where root alone may read; workers are stopped by whoever may stop units.
    root = unit.stem in ("kiskadee-secrets", "kiskadee-lifecycle")
    assert values(unit.read_text(), "User") == ["root" if root else "kiskadee"]


SECRET = re.compile("PASSWORD|TOKEN|SECRET|DATABASE_URL|JWT|KEY")
# Keys of a bucket are variables, for the libraries that read them know no other way.
SETTINGS = re.compile(r"/etc/kiskadee/(edge|storage|worker|worker-%i|backup|cloud|keys)\.env")


def test_secrets_are_files_of_systemd_and_nothing_else() -> None:
    """Neither units nor their settings bring a secret into the environment, which every child process has."""
    for file in SERVICES:
        text = file.read_text()
        given = dict(line.split(":", 1) for line in values(text, "LoadCredential"))
        named = [line.split("=", 1) for line in values(text, "Environment") if SECRET.search(line)]
        assert all(value == f"%d/{name.removesuffix('_FILE')}" for name, value in named), file
        # Each that is loaded is named, and the other way round; the pooler's settings name its own.
        assert {name.removesuffix("_FILE") for name, _ in named} == given.keys() - {"users"}, file
        for name, source in given.items():
            part = "scaler" if "scale" in file.stem else re.sub(r"kiskadee-|@", "", file.stem)
            assert source.removeprefix("/run/credstore/") == f"kiskadee.{part}.{name}", file
        for path in values(text, "EnvironmentFile"):
            assert SETTINGS.fullmatch(path.removeprefix("-")), f"{file}: {path}"


def test_the_edge_has_all_its_secrets() -> None:
    """What the manifest calls secret, and its own login."""
    manifest = tomllib.loads((UNITS.parents[1] / "spin.toml").read_text())
    # Who scrapes need not show one.
    secret = {name for name, one in manifest["variables"].items() if one.get("secret") and one.get("required")}
    needed = {f"SPIN_VARIABLE_{name.upper()}" for name in secret} | {"KISKADEE_TELEMETRY_DATABASE_URL", "SPIN_VARIABLE_JWT_PUBLIC_KEYS"}
    given = {line.split(":")[0] for line in values((UNITS / "kiskadee-edge.service").read_text(), "LoadCredential")}
    assert given == needed


def drain(text: str) -> int | None:
    found = re.search(r"KISKADEE_DRAIN_SECONDS=(\d+)", text)
    return int(found[1]) if found else None


@pytest.mark.parametrize("file", ["kiskadee-worker@.service", "kiskadee-worker@training.service.d/drain.conf"])
def test_a_worker_is_not_killed_while_it_drains(file: str) -> None:
    text = (UNITS / file).read_text()
    drained = drain(text)
    assert drained is not None and values(text, "TimeoutStopSec") == [str(drained + 15)]


def test_an_edge_is_not_killed_while_it_drains() -> None:
    text = (UNITS / "kiskadee-edge.service").read_text()
    delay = re.search(r"KISKADEE_DRAIN_DELAY=(\d+)", text)
    assert delay is not None and values(text, "TimeoutStopSec") == [str(int(delay[1]) + 20 + 15)]


def test_what_an_edge_needs_goes_after_it() -> None:
    """systemd stops in the reverse order: pooler and gateway stand until the edge has drained."""
    after = " ".join(values((UNITS / "kiskadee-edge.service").read_text(), "After"))
    assert {"kiskadee-pooler.service", "kiskadee-storage.service", "kiskadee-secrets.service"} <= set(after.split())


def test_only_pools_that_ask_for_it_see_the_gpu() -> None:
    assert values((UNITS / "kiskadee-worker@.service").read_text(), "PrivateDevices") == ["yes"]
    for pool in ("gpu", "training"):
        text = (UNITS / f"kiskadee-worker@{pool}.service.d/devices.conf").read_text()
        assert values(text, "DevicePolicy") == ["closed"]
        assert all(device.startswith("char-nvidia") for device in values(text, "DeviceAllow"))


def test_an_idle_worker_stays_ended() -> None:
    assert values((UNITS / "kiskadee-worker@.service").read_text(), "Restart") == ["on-failure"]


def test_settings_are_what_the_program_knows(kiskadee: Path) -> None:
    """Names of settings that units and modules write are names that the program reads."""
    known = set()
    for part in ("edge", "worker", "storage"):
        said = subprocess.run([kiskadee, part, "--help"], capture_output=True, text=True, check=True).stdout
        known |= set(re.findall(r"\[env:\s+([A-Z_]+)", said))
    # What only the scripts beside the units read.
    ours = {"KISKADEE_BACKUP_DIR", "KISKADEE_BACKUP_KEEP"}
    cloud = set(re.findall(r"KISKADEE_[A-Z_]+", "".join(file.read_text() for file in UNITS.glob("*.py"))))
    written = set()
    for file in [*UNITS.glob("*.service"), *UNITS.glob("*.d/*.conf"), *UNITS.parent.glob("terraform/modules/**/*.tf")]:
        written |= set(re.findall(r"\b(KISKADEE_[A-Z_]+)\s*=", file.read_text()))
    # What is secret is told by a file.
    written = {name.removesuffix("_FILE") for name in written}
    assert written - ours - cloud <= known, sorted(written - ours - cloud - known)
