"""Slots as units of systemd."""

import os
import shutil
import subprocess
from pathlib import Path

from system import ROOT

UNITS = ROOT / "infra/deploy/units"


def test_systemd_takes_the_slots(tmp_path: Path) -> None:
    root = tmp_path / "opt"
    for slot in "ab":
        (root / f"slot-{slot}").mkdir(parents=True)
        (root / f"slot-{slot}/kiskadee").write_text("#!/bin/sh\n")
        (root / f"slot-{slot}/kiskadee").chmod(0o755)
    place(tmp_path / "kiskadee-edge@.service", root, ROOT / "infra/systemd/kiskadee-edge.service")
    place(tmp_path / "kiskadee-worker@.service", root, ROOT / "infra/systemd/kiskadee-worker@.service")
    place(tmp_path / "kiskadee-edge@.service.d/slot.conf", root, UNITS / "edge-slot.conf")
    names = []
    for slot in "ab":
        place(tmp_path / f"kiskadee-worker@gpu-{slot}.service.d/slot.conf", root, UNITS / f"worker-slot-{slot}.conf")
        names += [f"kiskadee-edge@{slot}.service", f"kiskadee-worker@gpu-{slot}.service"]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system"}
    done = subprocess.run(["systemd-analyze", "verify", *names], env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    # It looks: a slot without its program is told.
    shutil.rmtree(root / "slot-b")
    done = subprocess.run(["systemd-analyze", "verify", *names], env=environment, capture_output=True, text=True)
    assert "slot-b" in done.stderr


def place(target: Path, root: Path, source: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    text = source.read_text().replace("/opt/kiskadee/kiskadee", str(root / "slot-a/kiskadee"))
    target.write_text(text.replace("/opt/kiskadee", str(root)))


def test_a_slot_gets_a_release_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "0.2.0").mkdir()
    program = tmp_path / "0.2.0/kiskadee"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    def install(*words: str) -> int:
        return subprocess.run([UNITS / "install-slot", *words], env={**os.environ, "KISKADEE_ROOT": str(tmp_path)}, capture_output=True).returncode

    assert install("a", "0.2.0") == 0 and install("a", "0.2.0") == 0
    assert (tmp_path / "slot-a").resolve() == tmp_path / "0.2.0"
    assert install("a", "0.3.0") != 0 and install("a", "../0.2.0") != 0
    assert (tmp_path / "slot-a").resolve() == tmp_path / "0.2.0"
