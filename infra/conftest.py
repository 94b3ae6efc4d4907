"""What the tests of this folder share: the product as it was built.

Run by `cargo xtask test fleet`, which installs `requirements.txt` and says where things are; by hand after it:
`target/fleet-tools/venv/bin/pytest infra`.
"""

import os
from pathlib import Path

import pytest

from fleet_tools import TARGET


@pytest.fixture(scope="session")
def kiskadee() -> Path:
    """The program, built in release."""
    program = Path(os.environ.get("KISKADEE_BIN", TARGET / "release" / "kiskadee"))
    assert program.is_file(), "build it first: cargo xtask setup"
    return program
