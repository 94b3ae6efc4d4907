"""The workflows of .github: linted, pinned by commits, with no more rights than they need, and calling what runs locally, too."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from container_engine import REPOSITORY, run

FOLDER = REPOSITORY / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# What may be written, job by job; everything else may at most be read.
WRITES = {
    "release.yml/archive": {"id-token", "attestations"},
    "release.yml/image": {"packages", "id-token", "attestations"},
    "release.yml/publish": {"contents"},
}


@cache
def workflow(file: Path) -> dict[Any, Any]:
    return yaml.safe_load(file.read_text())


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{file.name}/{name}", job) for file in FILES for name, job in workflow(file)["jobs"].items()]


def test_actionlint_finds_nothing() -> None:
    run("actionlint", *FILES)


def test_zizmor_finds_nothing() -> None:
    run("zizmor", "--offline", "--no-progress", "--persona", "pedantic", *FILES)


def test_the_linters_can_fail(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    file = folder / "ci.yml"
    text = (FOLDER / "ci.yml").read_text()
    file.write_text(text.replace("timeout-minutes: 120", "timeout-minute: 120"))
    assert run("actionlint", file, check=False).returncode != 0
    file.write_text(re.sub(r"checkout@\w+ # v\S+", "checkout@v7", text))
    assert run("zizmor", "--offline", "--no-progress", file, check=False).returncode != 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_and_say_their_version(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text())
    assert used
    for line in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize(("name", "job"), jobs(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_job_is_bounded_and_has_few_rights(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 150
    assert {right for right, access in job["permissions"].items() if access == "write"} == WRITES.get(name, set())
    text = yaml.safe_dump(job)
    if "secrets." in text:
        assert "environment" in job, "secrets belong to an environment, which may ask for a reviewer"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_granted_to_a_whole_workflow(file: Path) -> None:
    assert workflow(file)["permissions"] == {}


def test_the_commands_are_those_that_run_everywhere() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    said = set(re.findall(r"cargo xtask (\w+)", text))
    assert said == {"dist", "test"} and "bash .ci/run" in text
    for path in re.findall(r"\binfra/containers/(build-images|deploy)\b", text):
        assert (REPOSITORY / "infra/containers" / path).is_file()


def test_the_release_makes_what_compose_takes() -> None:
    targets = set(workflow(FOLDER / "release.yml")["jobs"]["image"]["strategy"]["matrix"]["target"])
    names = set(re.findall(r"ghcr\.io/kiskadee/([\w-]+):", (REPOSITORY / "infra/containers/compose.yaml").read_text()))
    assert names and names <= targets
