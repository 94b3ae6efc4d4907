"""The examples of kustomize take what the chart renders, and what comes out is still sound."""

import re
import shutil
import subprocess
from pathlib import Path

import helm_chart
import kubernetes_validate
import pytest
import yaml
from chart_objects import of_kind, pods
from chart_policies_between import POLICIES

EXAMPLE = helm_chart.EXAMPLES / "kustomize"


def commands(folder: str) -> list[str]:
    """Those that stand at the head of the example."""
    text = (EXAMPLE / folder / "kustomization.yaml").read_text()
    return re.findall(r"^#   (.+)$", text, re.MULTILINE)


def build(work: Path, folder: str) -> list[dict]:
    """Runs the commands that need no cluster, in a copy."""
    root = work / "infra" / "kubernetes"
    shutil.copytree(helm_chart.CHART, root / "chart")
    shutil.copytree(helm_chart.EXAMPLES, root / "examples", ignore=shutil.ignore_patterns("rendered.yaml"))
    path = f"{helm_chart.program('helm').parent}:{helm_chart.program('kubectl').parent}:/usr/bin:/bin"
    render = commands(folder)[0]
    assert render.startswith("helm template")
    place = root / "examples" / "kustomize" / folder
    subprocess.run(["bash", "-c", render], cwd=place, check=True, env={"PATH": path, "HOME": str(work)}, capture_output=True)
    built = subprocess.run(
        ["kubectl", "kustomize", "."], cwd=place, check=True, env={"PATH": path, "HOME": str(work)}, capture_output=True, text=True
    )
    return [item for item in yaml.safe_load_all(built.stdout) if item]


def test_the_product(tmp_path: Path):
    objects = build(tmp_path, "")
    assert {item["metadata"].get("namespace") for item in of_kind(objects, "Deployment")} == {"tts"}
    assert not of_kind(objects, "Job")
    edge = next(pod for pod in pods(objects) if pod.main["args"][0] == "edge")
    assert edge.spec["hostAliases"] and edge.owner["metadata"]["labels"]["team"] == "voice"
    cpu = next(pod for pod in pods(objects) if pod.name == "Deployment/speech-kiskadee-worker-cpu")
    assert cpu.owner["spec"]["replicas"] == 6 and cpu.main["image"].endswith("@sha256:" + "2" * 64)
    for name, policy in POLICIES.items():
        if name != "hooks_in_order":
            assert not list(policy(objects)), name


def test_the_migrations(tmp_path: Path):
    [job] = build(tmp_path, "migrate")
    assert job["metadata"]["name"] == "speech-kiskadee-migrate" and "annotations" not in job["metadata"]
    kubernetes_validate.validate(job, "1.30", strict=True)


@pytest.mark.parametrize("folder", ["", "migrate"])
def test_the_example_says_how(folder: str):
    assert len(commands(folder)) == 2
