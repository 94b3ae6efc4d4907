"""What can be said of the images and of compose.yaml without running anything: rules, names, and that they fit the program."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import tomllib
import yaml
from container_engine import CONTAINERS, REPOSITORY, run

CONTAINERFILES = [CONTAINERS / "Containerfile", CONTAINERS / "tests/stand-ins/Containerfile"]
SCRIPTS = ["make-secrets", "make-proxy", "build-images", "deploy", "build/from-files", "build/compile-components", "build/install-media"]
SCRIPTS += ["build/gather", "build/backup-is-fresh"]
TARGETS = ["edge", "worker", "worker-cuda", "spin-app", "pooler", "backup"]
# Do their work and end.
ONE_SHOT = {"migrate", "logins", "restore"}
COMPOSE = CONTAINERS / "compose.yaml"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")


@cache
def compose() -> dict[str, Any]:
    """The file with anchors resolved and variables left as they stand."""
    return yaml.safe_load(COMPOSE.read_text())


@cache
def manifest() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "spin.toml").read_text())


def stages() -> dict[str, list[str]]:
    """The instructions of each stage of the Containerfile, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", CONTAINERFILES[0].read_text())
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in text.splitlines():
        if line.startswith("FROM "):
            name = line.split(" AS ")[1]
            found[name] = []
        if line and not line.startswith("#"):
            found[name].append(line)
    return found


# -- Images ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CONTAINERFILES, ids=lambda file: file.parent.name)
def test_hadolint_finds_nothing(file: Path) -> None:
    run("hadolint", file)


def test_shellcheck_finds_nothing() -> None:
    run("shellcheck", *SCRIPTS, "tests/stand-ins/postgres-entry", cwd=CONTAINERS)


def test_every_base_is_an_argument_and_none_is_latest() -> None:
    found = stages()
    for name, lines in found.items():
        if name:
            base = lines[0].split()[1]
            assert base.startswith("${BASE_") or base in found or base == "scratch", name
    for line in found[""]:
        image = line.split("=", 1)[1]
        assert image.startswith("${") or re.search(r":\d", image), line


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_keeps_the_rules(target: str) -> None:
    lines = stages()[target]
    kinds = {line.split()[0] for line in lines}
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 10001:10001"
    for label in ["title", "description", "licenses", "source", "version", "revision"]:
        assert f"org.opencontainers.image.{label}=" in " ".join(lines), label
    if target == "spin-app":
        return
    assert {"ENTRYPOINT", "CMD", "HEALTHCHECK"} <= kinds
    for line in lines:
        if line.startswith(("ENTRYPOINT", "CMD")):
            assert line.split(" ", 1)[1].startswith("["), f"not in exec form: {line}"
        if line.startswith("HEALTHCHECK"):
            assert re.search(r"CMD \[", line), line
        assert not re.match(r"(ENV|ARG) .*(PASSWORD|TOKEN|SECRET|_KEY|DATABASE_URL)", line), line


def test_the_tree_that_is_sent_holds_no_secret() -> None:
    ignored = (REPOSITORY / ".containerignore").read_text().split()
    assert {".git", "target", ".kiskadee", "infra/containers/secrets", "infra/containers/.env"} <= set(ignored)


# -- compose.yaml ---------------------------------------------------------------------------------------------------------------


def test_the_file_is_of_the_specification() -> None:
    """By a parser that refuses unknown keys; variables have their defaults."""
    text = VARIABLE.sub(lambda match: match[2] or "", COMPOSE.read_text())
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(text)))
    parsed.validate()
    parsed.to_spec()


def test_the_check_of_the_specification_can_fail() -> None:
    with pytest.raises(ValueError, match="read_onl"):
        compose_spec.PyCompose.from_yaml("services: {a: {image: b, read_onl: true}}")


def test_compose_lint_asks_for_digests_alone() -> None:
    """A release writes digests in place of tags; here they are not known."""
    said = json.loads(run("compose-lint", "--format", "json", COMPOSE, check=False).stdout)
    assert {finding["rule_id"] for finding in said["findings"]} <= {"CL-0019"}


@pytest.mark.parametrize("name", compose()["services"])
def test_a_service_is_bounded_watched_and_quiet(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["user"].split(":")[0] != "0"
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["cpus"] and service["pids_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert ("ports" in service) == (name in {"proxy", "grafana"}), "only the proxy is reached from outside"
    inside = [port for port in service.get("ports", []) if not port.startswith("${HTTP_ADDRESS:-127.0.0.1}:")]
    assert all(port.startswith("127.0.0.1:") for port in inside), "by this machine alone"
    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped" and service["healthcheck"]["test"][0] == "CMD"
    for other, wanted in service.get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert wanted == {"condition": expected}, f"{name} on {other}"


def test_the_back_network_leads_nowhere() -> None:
    file = compose()
    assert file["networks"]["back"]["internal"] is True
    for name in ["database", "pooler", "migrate", "logins"]:
        assert file["services"][name]["networks"] == ["back"], name


def test_what_is_mounted_exists_and_can_only_be_read() -> None:
    run(CONTAINERS / "make-proxy")
    for name, service in compose()["services"].items():
        for mount in service.get("volumes", []):
            source, _, mode = mount.split(":")[0], *mount.split(":")[1:2], mount.split(":")[2:]
            if source.startswith("."):
                assert (CONTAINERS / source).exists() and mode == ["ro"], f"{name}: {mount}"


def test_the_proxy_knows_the_edges_and_accepts_its_configuration() -> None:
    run(CONTAINERS / "make-proxy")
    site = tomllib.loads((CONTAINERS / "site.toml").read_text())
    networks = [compose()["services"][name]["networks"]["front"]["ipv4_address"] for name in ("edge-1", "edge-2")]
    assert site["edges"] == [VARIABLE.sub(lambda match: match[2], address) for address in networks]
    haproxy = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    assert haproxy, "Debian's package haproxy is missing"
    run(haproxy, "-c", "-f", CONTAINERS / "proxy/haproxy/haproxy.cfg")


def test_the_example_of_settings_is_complete() -> None:
    wanted = dict(VARIABLE.findall(COMPOSE.read_text()))
    lines = [line for line in (CONTAINERS / ".env.example").read_text().splitlines() if line and line[0] != "#"]
    assert dict(line.split("=", 1) for line in lines) == wanted


# -- That all of it fits the program --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def help_of(kiskadee: Path) -> Any:
    """What `kiskadee COMMAND --help` prints."""

    @cache
    def ask(*command: str) -> str:
        return subprocess.run([kiskadee, *command, "--help"], capture_output=True, text=True, check=False).stdout

    return ask


def kiskadees() -> dict[str, dict[str, Any]]:
    services = compose()["services"].items()
    return {name: service for name, service in services if service.get("entrypoint") == ["/opt/kiskadee/kiskadee"]}


@pytest.mark.parametrize("name", kiskadees())
def test_flags_and_variables_are_known_to_the_program(name: str, help_of: Any) -> None:
    service = kiskadees()[name]
    words = service["command"]
    command = words[: 2 if words[0] == "backup" else 1]
    said = help_of(*command)
    assert said, f"there is no command {command}"
    for flag in [word.split("=")[0] for word in words if word.startswith("--")]:
        assert re.search(rf"{flag}\b", said), flag
    for variable in service["environment"]:
        plain = variable if variable == "KISKADEE_BACKUP_PASSPHRASE_FILE" else variable.removesuffix("_FILE")
        if plain.startswith("KISKADEE_"):
            assert re.search(rf"\[env: {plain}\b", re.sub(r"\s+", " ", said)), f"{command} knows no {plain}"
        elif plain.startswith("SPIN_VARIABLE_"):
            assert plain.removeprefix("SPIN_VARIABLE_").lower() in manifest()["variables"], plain


def test_variables_of_the_images_are_known_to_the_program(help_of: Any) -> None:
    said = re.sub(r"\s+", " ", "".join(help_of(command) for command in ["edge", "storage", "worker"])) + re.sub(r"\s+", " ", help_of("backup", "schedule"))
    found = re.findall(r"\b(KISKADEE_[A-Z_]+)=", CONTAINERFILES[0].read_text())
    assert found
    for variable in found:
        assert f"[env: {variable}" in said, variable


def test_every_variable_that_the_manifest_requires_is_set() -> None:
    required = {name for name, options in manifest()["variables"].items() if options.get("required")}
    given = {
        variable.removesuffix("_FILE").removeprefix("SPIN_VARIABLE_").lower()
        for variable in compose()["services"]["edge-1"]["environment"]
    }
    assert required <= given


def test_secrets_come_from_files_alone() -> None:
    secret = {name for name, options in manifest()["variables"].items() if options.get("secret")}
    for name, service in compose()["services"].items():
        for variable, value in service.get("environment", {}).items():
            plain = variable.removeprefix("SPIN_VARIABLE_").lower()
            assert plain not in secret and not re.search(r"PASSWORD$|TOKEN$|DATABASE_URL$", variable), f"{name}: {variable}"
            if re.search(r"_FILE$", variable):
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {variable}"


def test_health_is_asked_of_the_program(help_of: Any) -> None:
    checks = [service.get("healthcheck", {}).get("test", ["", ""]) for service in kiskadees().values()]
    commands = {check[2] for check in checks if check[1] == "/opt/kiskadee/kiskadee"}
    assert commands == {"health"}
    assert "kiskadee health" in help_of("health")
