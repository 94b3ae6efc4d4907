"""The chart fits the program: its flags, its variables, its routes, and how long it takes to stop."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import chart_objects
import chart_policies
import helm_chart
import pytest
import yaml
from chart_objects import arguments, of_kind, pods, variables
from chart_policies_between import PLACEHOLDER
from helm_chart import ROOT, VALUES

# Variables that other programs read: libraries of object stores, of traces, of models and of the system.
FOREIGN = re.compile(r"^(RUST_LOG|OTEL_\w+|TMPDIR|POD_IP|AWS_\w+|GOOGLE_\w+|AZURE_\w+|CANDLE_NUM_THREADS|CUDA_CACHE_PATH)$")


FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def known_flags(program: Path, command: str) -> set[str]:
    return set(FLAG.findall(told(program, command)))


def assert_known(unknown: set[str]) -> None:
    assert not unknown, f"the program has no {unknown}"


@cache
def told(program: Path, command: str) -> str:
    return subprocess.run([program, command, "--help"], check=True, capture_output=True, text=True).stdout


def containers(name: str):
    for pod in pods(helm_chart.render(name)):
        yield from pod.containers


@pytest.mark.parametrize("name", VALUES)
def test_the_program_knows_every_flag(name: str, kiskadee: Path):
    unknown: set[str] = set()
    for container in containers(name):
        unknown |= set(arguments(container)) - known_flags(kiskadee, container["args"][0])
    assert_known(unknown)


def test_the_program_knows_every_flag_that_values_can_set(kiskadee: Path):
    """Those in templates, whatever the example's values choose."""
    unknown: set[str] = set()
    for file, command in (("_edge.tpl", "edge"), ("_worker.tpl", "worker"), ("_gateway.tpl", "storage")):
        flags = set(FLAG.findall((helm_chart.CHART / "templates" / file).read_text()))
        assert flags
        unknown |= flags - known_flags(kiskadee, command)
    assert_known(unknown)


@pytest.mark.parametrize("name", VALUES)
def test_the_program_knows_every_variable(name: str, kiskadee: Path):
    declared = {f"SPIN_VARIABLE_{variable.upper()}" for variable in helm_chart.manifest()["variables"]}
    for container in containers(name):
        read = set(re.findall(r"\[env:\s+(\w+)", told(kiskadee, container["args"][0])))
        for variable in variables(container):
            known = {variable, variable.removesuffix("_FILE")} & (read | declared)
            assert known or FOREIGN.match(variable), f"nobody reads {variable}"


def test_families_are_the_programs(kiskadee: Path):
    families = re.search(r"--families.*?possible values: ([\w, \n]+)\]", told(kiskadee, "worker"), re.DOTALL)
    schema = (helm_chart.CHART / "values.schema.json").read_text()
    in_schema = re.search(r'"families": \{"type": "array", "items": \{"enum": \[([^]]+)\]', schema)
    assert families and in_schema
    assert set(re.findall(r"\w+", families[1])) == set(re.findall(r"\w+", in_schema[1]))


def required() -> set[str]:
    return {name for name, variable in helm_chart.manifest()["variables"].items() if variable.get("required")}


@pytest.mark.parametrize("name", [name for name in VALUES if name != "spin"])
def test_the_edge_is_given_all_that_it_must_have(name: str):
    edge = next(container for container in containers(name) if container["args"][0] == "edge")
    given = {variable.removeprefix("SPIN_VARIABLE_").removesuffix("_FILE").lower() for variable in variables(edge) if variable.startswith("SPIN_VARIABLE_")}
    assert required() <= given
    databases = {variable for variable in required() if variable.endswith("_database_url")}
    for variable in databases | {"jwt_signing_key", "jwt_public_keys", "storage_token"}:
        assert f"SPIN_VARIABLE_{variable.upper()}_FILE" in variables(edge), variable


def read_by(component: dict) -> set[str]:
    texts = [*component.get("variables", {}).values(), *component.get("allowed_outbound_hosts", [])]
    return {name for text in texts for name in re.findall(r"\{\{\s*(\w+)\s*\}\}", text)}


def test_each_spin_app_is_given_what_its_components_read_and_no_more():
    manifest = helm_chart.manifest()
    apps = of_kind(helm_chart.render("spin"), "SpinApp")
    placed = [component for app in apps for component in app["spec"]["components"]]
    assert sorted(placed) == sorted(manifest["component"])
    for app in apps:
        read = set().union(*(read_by(manifest["component"][component]) for component in app["spec"]["components"]))
        given = {item["name"]: item for item in app["spec"]["variables"]}
        assert set(given) <= set(manifest["variables"])
        # Spin does not start without a value of each that is required, whoever reads it.
        assert required() <= set(given)
        for name, item in given.items():
            placeholder = item.get("value") == PLACEHOLDER
            assert placeholder == (name not in read), f"{app['metadata']['name']}: {name}"


def test_routes_under_spin_are_those_of_the_manifest():
    rendered = helm_chart.render("spin", "--set=ingress.enabled=true", "--set=ingress.host=tts.example.com")
    home = {component: app["metadata"]["name"] for app in of_kind(rendered, "SpinApp") for component in app["spec"]["components"]}
    wanted = set()
    for trigger in helm_chart.manifest()["trigger"]["http"]:
        route = trigger["route"]
        kind = "Prefix" if route.endswith("/...") else "Exact"
        wanted.add((route.removesuffix("/...") or "/", kind, home[trigger["component"]]))
    [ingress] = of_kind(rendered, "Ingress")
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    assert {(path["path"], path["pathType"], path["backend"]["service"]["name"]) for path in paths} == wanted
    [route] = of_kind(rendered, "HTTPRoute")
    matches = {
        (match["path"]["value"], match["path"]["type"].removeprefix("Path"), rule["backendRefs"][0]["name"])
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    }
    assert matches == wanted
    # The Gateway API's own bounds.
    assert len(route["spec"]["rules"]) <= 16 and all(len(rule["matches"]) <= 8 for rule in route["spec"]["rules"])


def constant(file: str, name: str) -> int:
    found = re.search(rf"const {name}: Duration = Duration::from_secs\((\d+)\)", (ROOT / file).read_text())
    assert found, f"{file} has no {name} in seconds: look how long a stop takes now"
    return int(found[1])


def test_stops_take_as_long_as_the_chart_thinks():
    assert constant("cli/src/parts/edge.rs", "DRAIN") == chart_policies.EDGE_DRAIN
    assert constant("worker/storage/src/gateway/mod.rs", "GRACE") == chart_policies.GATEWAY_DRAIN


def test_secrets_of_the_example_have_every_key_that_the_chart_asks_for():
    file = helm_chart.EXAMPLES / "external-secrets" / "secrets.yaml"
    made = {}
    for item in yaml.safe_load_all(file.read_text()):
        made[item["spec"]["target"]["name"]] = {entry["secretKey"] for entry in item["spec"].get("data", [])}
    asked = set().union(*map(chart_objects.secret_keys, helm_chart.render("external-secrets")))
    assert len(asked) >= 9
    for name, key in asked:
        assert key in made[name], f"{name} has no {key}"
    for container in containers("external-secrets"):
        for source in container.get("envFrom", []):
            assert source["secretRef"]["name"] in made


def test_scalers_ask_the_function_of_the_queue():
    for item in of_kind(helm_chart.render("gpu"), "TriggerAuthentication"):
        assert item["spec"]["secretTargetRef"] == [{"parameter": "connection", "name": "kiskadee-database", "key": "scaler"}]
    for item in of_kind(helm_chart.render("gpu"), "ScaledObject", "ScaledJob"):
        [trigger] = item["spec"]["triggers"]
        pool = item["metadata"]["name"].removeprefix("speech-kiskadee-worker-")
        assert re.fullmatch(rf"select queue\.wanted_workers\('{pool}', \d+\)", trigger["metadata"]["query"])
        assert trigger["metadata"]["targetQueryValue"] == "1"
        # The worker says by the same name of which pool it is.
        pod = next(pod for pod in pods(helm_chart.render("gpu")) if pod.owner["metadata"]["name"] == item["metadata"]["name"])
        assert arguments(pod.main)["--pool"] == pool


def test_monitoring_takes_every_rule_and_dashboard():
    rendered = helm_chart.render("host")
    rules = {group["name"] for item in of_kind(rendered, "PrometheusRule") for group in item["spec"]["groups"]}
    files = [yaml.safe_load(file.read_text()) for file in (ROOT / "infra" / "prometheus").glob("*.yml")]
    assert rules == {group["name"] for file in files for group in file.get("groups", [])}
    dashboards = {key for item in of_kind(rendered, "ConfigMap") for key in item["data"]}
    assert dashboards == {file.name for file in (ROOT / "infra" / "grafana").glob("*.json")}
    for item in of_kind(rendered, "ConfigMap"):
        assert len(str(item["data"])) < 1_000_000


def test_no_monitoring_renders_nothing_of_it():
    kinds = {item["kind"] for item in helm_chart.render("no-monitoring")}
    assert not kinds & {"ServiceMonitor", "PodMonitor", "ScrapeConfig", "PrometheusRule", "ConfigMap"}


def test_networks_that_know_no_policies_get_none():
    assert not of_kind(helm_chart.render("host", "--set=networkPolicy.enabled=false"), "NetworkPolicy")


def sql() -> str:
    return "\n".join(file.read_text() for file in sorted((ROOT / "shared").rglob("*.sql")))


def test_roles_of_the_readme_are_the_schemas():
    roles = set(re.findall(r"in role (\w+);", (helm_chart.HERE.parent / "README.md").read_text()))
    components = {f"kiskadee_{name.removesuffix('_database_url')}" for name in required() if name.endswith("_database_url")}
    assert roles == components | {"kiskadee_edge_host", "kiskadee_worker", "kiskadee_scaler"}
    missing = {role for role in roles if role not in sql()}
    assert not missing and re.search(r"function queue\.wanted_workers\s*\(", sql())


def test_the_chart_is_of_the_products_version():
    chart = yaml.safe_load((helm_chart.CHART / "Chart.yaml").read_text())
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert chart["appVersion"] == workspace["workspace"]["package"]["version"] == helm_chart.manifest()["application"]["version"]
