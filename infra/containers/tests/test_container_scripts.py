"""The scripts that stand between secrets, settings and containers."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
import tomllib
import yaml
from container_engine import CONTAINERS, REPOSITORY, run

FROM_FILES = CONTAINERS / "build/from-files"


# -- make-secrets ---------------------------------------------------------------------------------------------------------------


def make(folder: Path, program: Path) -> None:
    run(CONTAINERS / "make-secrets", env={**os.environ, "SECRETS": str(folder), "KISKADEE": str(program)})


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_every_secret_is_made_once_and_for_its_owner(kiskadee: Path, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder, kiskadee)
    first = contents(folder)
    declared = yaml.safe_load((CONTAINERS / "compose.yaml").read_text())["secrets"]
    assert {f"./secrets/{name}" for name in first} == {secret["file"] for secret in declared.values()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}
    (folder / "metrics_token").unlink()
    make(folder, kiskadee)
    second = contents(folder)
    assert {name for name in first if first[name] != second[name]} == {"metrics_token"}


def test_roles_are_those_of_the_manifest_and_passwords_agree(kiskadee: Path, tmp_path: Path) -> None:
    make(tmp_path / "secrets", kiskadee)
    found = contents(tmp_path / "secrets")
    variables = tomllib.loads((REPOSITORY / "spin.toml").read_text())["variables"]
    components = {name.removesuffix("_database_url") for name in variables if name.endswith("_database_url")}
    granted = dict(re.findall(r"grant kiskadee_(\w+) to kiskadee_(\w+)_login;", found["logins.sql"]))
    assert granted == {role: role for role in components | {"edge_host", "worker"}}
    pooled = dict(re.findall(r'"kiskadee_(\w+)_login" "(\w+)"', found["userlist.txt"]))
    assert pooled.keys() == granted.keys() - {"worker"}
    passwords = dict(re.findall(r"alter role kiskadee_(\w+)_login login password '(\w+)'", found["logins.sql"]))
    for role, password in passwords.items():
        assert len(password) == 48 and f":{password}@" in found[f"{role}_database_url"]
        assert pooled.get(role, password) == password
    assert len(set(passwords.values())) == len(passwords)
    assert json.loads(found["jwt_public_keys"])["keys"][0]["kty"] == "OKP"
    assert "\n" not in found["jwt_signing_key"] + found["storage_token"]


# -- from-files -----------------------------------------------------------------------------------------------------------------


def from_files(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([FROM_FILES, *command], capture_output=True, text=True, check=False, env=environment)


def test_values_come_from_files_and_nothing_else_changes(tmp_path: Path) -> None:
    value = "{\"keys\": ['$HOME', \"`id`\"]}  # two\nlines"
    (tmp_path / "value").write_text(value + "\n")
    others = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "OTHER_FILE": "/nowhere", "KISKADEE_LISTEN": "0.0.0.0:1"}
    given = {"SPIN_VARIABLE_JWT_PUBLIC_KEYS_FILE": str(tmp_path / "value"), **others}
    said = from_files(given, "python3", "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    found = json.loads(said.stdout)
    assert found.pop("SPIN_VARIABLE_JWT_PUBLIC_KEYS") == value
    assert {name: found.get(name) for name in others} == others
    assert "SPIN_VARIABLE_JWT_PUBLIC_KEYS_FILE" not in found


@pytest.mark.parametrize("wrong", ["missing", "empty", "both"])
def test_what_is_wrong_is_said_without_the_secret(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "token"
    if wrong != "missing":
        file.write_text("" if wrong == "empty" else "s3cret")
    given = {"KISKADEE_STORAGE_TOKEN_FILE": str(file)} | ({"KISKADEE_STORAGE_TOKEN": "other"} if wrong == "both" else {})
    said = from_files(given, "true")
    assert said.returncode == 78
    assert "KISKADEE_STORAGE_TOKEN_FILE" in said.stderr and "s3cret" not in said.stderr


def test_the_command_takes_the_place_of_the_script() -> None:
    process = subprocess.Popen([FROM_FILES, "sh", "-c", "echo $$; exec sleep 30"], stdout=subprocess.PIPE, text=True)
    assert process.stdout and int(process.stdout.readline()) == process.pid
    process.terminate()
    assert process.wait(5) == -15


# -- What watches ---------------------------------------------------------------------------------------------------------------


def test_prometheus_and_alertmanager_read_their_files() -> None:
    run("promtool", "check", "config", "--syntax-only", CONTAINERS / "config/prometheus.yml")
    run("amtool", "check-config", CONTAINERS / "config/alertmanager.yml")
