"""Where the tests of this folder find what they need: the tools that lie in packages of npm, and the folder for downloads."""

import base64
import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOLS = TARGET / "fleet-tools"


def npm_package(name: str, version: str, sha512: str) -> Path:
    """The unpacked package of that version, downloaded once; `sha512` is its integrity in base64, as npm prints it."""
    folder = TOOLS / "npm" / f"{name.replace('/', '+')}-{version}"
    if folder.is_dir():
        return folder / "package"
    unfinished = Path(f"{folder}.unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    packed = ["npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", str(unfinished)]
    file = subprocess.run(packed, check=True, capture_output=True, text=True).stdout.split()[-1]
    archive = unfinished / file
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert found == sha512, f"{name} {version} is not what it was: sha512 {found}"
    subprocess.run(["tar", "--extract", "--file", archive, "--directory", unfinished], check=True)
    archive.unlink()
    unfinished.rename(folder)
    return folder / "package"
