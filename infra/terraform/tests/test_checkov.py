"""checkov over all that would be made. Each check that is skipped is skipped in the code, with the reason."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_tools import TOOLS
from module_docs import ROOT

REQUIREMENTS = Path(__file__).with_name("requirements-checkov.txt")
SKIP = re.compile(r"#checkov:skip=(\w+):(.*)")


def checkov() -> Path:
    """The program, installed once: that takes minutes."""
    place = TOOLS / "checkov"
    installed = place / REQUIREMENTS.name
    if not installed.is_file() or installed.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([place / "bin/pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True)
        installed.write_text(REQUIREMENTS.read_text())
    return place / "bin/checkov"


@pytest.fixture(scope="module")
def results() -> dict:
    # Without its options it would ask its maker's site for more rules, and registries for modules.
    offline = ["--skip-download", "--download-external-modules", "false"]
    words = [checkov(), "--directory", ROOT, "--framework", "terraform", "--output", "json", "--soft-fail", *offline]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "PRISMA_"))}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found if isinstance(found, dict) else found[0]


@pytest.mark.heavy
def test_nothing_fails(results: dict) -> None:
    failed = [f"{check['check_id']} {check['check_name']}: {check['resource']}" for check in results["results"]["failed_checks"]]
    assert not failed and results["summary"]["parsing_errors"] == 0
    # All modules were looked at, and not an empty folder.
    assert results["summary"]["passed"] > 200


@pytest.mark.heavy
def test_no_check_is_skipped_in_vain(results: dict) -> None:
    used = {(check["check_id"], check["file_path"].lstrip("/")) for check in results["results"]["skipped_checks"]}
    written = {(check, str(file.relative_to(ROOT))) for file in ROOT.rglob("*.tf") for check, _ in SKIP.findall(file.read_text())}
    assert written == used


def test_each_skip_has_a_reason() -> None:
    for file in ROOT.rglob("*.tf"):
        text = file.read_text()
        assert text.count("checkov:skip") == len(SKIP.findall(text)), file
        for check, reason in SKIP.findall(text):
            assert len(reason.split()) >= 4, f"{file}: {check}"
