"""What the chart renders is what Kubernetes and the operators understand, and values that cannot work are refused."""

import json
import re
import tarfile
from pathlib import Path

import helm_chart
import jsonschema
import kubernetes_validate
import pytest
import yaml
from helm_chart import CHART, EXAMPLES, MODELLED, VALUES

OLDEST, NEWEST = "1.30", "1.37"
SPINKUBE = "core.spinkube.dev"


def group(item: dict) -> str:
    return item["apiVersion"].rpartition("/")[0]


def test_there_are_value_sets_for_each_way_to_run():
    assert {"host", "spin", "gpu", "cpu-only", "no-monitoring", "external-secrets"} <= set(VALUES)


def test_helm_lints_each_value_set():
    files = [option for name in VALUES for option in ("--values", str(helm_chart.values_file(name)))]
    for at in range(0, len(files), 2):
        result = helm_chart.helm("lint", "--strict", str(CHART), *files[at : at + 2])
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", VALUES)
def test_kubernetes_understands(name: str, version: str):
    known = [item for item in helm_chart.render(name) if group(item) not in (*MODELLED, SPINKUBE)]
    assert known
    for item in known:
        kubernetes_validate.validate(item, version, strict=True)


def test_the_newest_version_is_the_newest():
    assert kubernetes_validate.latest_version().startswith(NEWEST)


def test_kubernetes_does_not_understand_everything():
    broken = helm_chart.render("host")[0] | {"spec": {"replicaz": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def modelled() -> list[dict]:
    secrets = [item for file in sorted((EXAMPLES / "external-secrets").glob("*.yaml")) for item in yaml.safe_load_all(file.read_text())]
    return secrets + [item for name in VALUES for item in helm_chart.render(name) if group(item) in MODELLED]


def test_operators_understand():
    objects = modelled()
    kinds = {item["kind"] for item in objects}
    assert {"ScaledObject", "ScaledJob", "TriggerAuthentication", "HTTPRoute", "ExternalSecret"} <= kinds
    assert {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ScrapeConfig"} <= kinds
    # What is broken is found in the same run, which takes seconds.
    unknown, wrong, absent = (json.loads(json.dumps(next(item for item in objects if item["kind"] == "ScaledObject"))) for _ in range(3))
    unknown["metadata"]["name"], wrong["metadata"]["name"], absent["metadata"]["name"] = "unknown", "wrong", "absent"
    unknown["spec"]["fallback"]["replica"] = 1
    wrong["spec"]["maxReplicaCount"] = "8"
    del absent["spec"]["triggers"]
    faults = helm_chart.model_faults([*objects, unknown, wrong, absent])
    named = {re.split("[/:]", fault)[1] for fault in faults}
    assert named == {"unknown", "wrong", "absent"}, faults


def spin_schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads((helm_chart.HERE / "spin_objects.schema.json").read_text()))


def test_spinkube_understands():
    objects = [
        item
        for item in helm_chart.render("spin") + helm_chart.render("spin", "--set=edge.autoscaling.enabled=false")
        if group(item) == SPINKUBE
    ]
    assert {item["kind"] for item in objects} == {"SpinApp", "SpinAppExecutor"}
    for item in objects:
        spin_schema().validate(item)


@pytest.mark.parametrize("change", [{"replica": 2}, {"replicas": 2}, {"image": None}, {"variables": [{"name": "A"}]}])
def test_spinkube_does_not_understand_everything(change: dict):
    app = next(item for item in helm_chart.render("spin") if item["kind"] == "SpinApp")
    app["spec"] |= change
    assert not spin_schema().is_valid(app)


REFUSED = {
    "a misspelt value": ("host", "edge.replica=3", "replica"),
    "a misspelt value of a pool": ("host", "workers.cpu.drain=3", "drain"),
    "no database": ("host", "database.host=", "/database/host"),
    "no storage": ("host", "storage.address=", "/storage/address"),
    "a directory that nobody shares": ("host", "storage.address=/storage", "/storage/existingClaim"),
    "a bucket with a password in its address": ("host", "storage.address=s3://key:secret@bucket", "/storage/address"),
    "the tag latest": ("host", "images.worker.tag=latest", "/images/worker/tag"),
    "a drain beyond two hours": ("host", "workers.cpu.drainSeconds=7201", "/workers/cpu/drainSeconds"),
    "a name of a pool that would end up in SQL": ("host", "workers.x'y.enabled=true", "propertyName"),
    "an unknown family": ("host", "workers.cpu.families={singing}", "/workers/cpu/families"),
    "no limit of memory": ("host", "edge.resources.limits=null", "limits"),
    "PROXY protocol from anybody": ("cpu-only", "edge.proxyProtocol=true", "/edge/trustedProxies"),
    "a variable that spin.toml does not know": ("host", "edge.variables.colour=blue", "spin.toml has no such variable"),
    "a secret among the variables": ("host", "edge.variables.jwt_signing_key=abc", "from a Secret"),
    "Spin with a sidecar": ("spin", "storageGateway.placement=sidecar", "placement"),
    "a component of spin.toml that is nowhere": ("spin", "edge.spin.apps.site.components={pages}", "is in no app"),
    "a component in two apps": ("spin", "edge.spin.apps.site.components={ops,pages,jobs}", "stands in two apps"),
    "accounts beside others": ("spin", "edge.spin.apps.accounts.components={accounts,pages}", "stands alone"),
    "no Spin": ("spin", "edge.spin.executor.spinImage=", "give spinImage or runtimeClassName"),
    "more edges at least than at most": ("host", "edge.autoscaling.min=20", "min is above max"),
    "more workers at least than at most": ("gpu", "workers.gpu.scale.min=20", "min is above max"),
    "an ingress for no host": ("host", "ingress.host=", "/ingress/host"),
    "a route without a gateway": ("spin", "gateway.parentRefs={}", "parentRefs"),
}


@pytest.mark.parametrize(("name", "setting", "told"), REFUSED.values(), ids=REFUSED)
def test_values_that_cannot_work_are_refused(name: str, setting: str, told: str):
    result = helm_chart.template(name, "--set", setting)
    assert result.returncode != 0, f"{setting} was taken"
    assert told in result.stderr


def test_a_secret_in_plain_is_refused():
    setting = '[{"name": "AWS_SECRET_ACCESS_KEY", "value": "abc"}]'
    result = helm_chart.template("gpu", "--set-json", f"storage.env={setting}")
    assert result.returncode != 0 and "/storage/env" in result.stderr


def test_every_default_is_described_by_the_schema():
    """So that a value that is added cannot be left out of the schema: it knows each, and no others."""
    schema = json.loads((CHART / "values.schema.json").read_text())

    def walk(values: dict, rules: dict, path: str) -> None:
        while "$ref" in rules:
            rules = schema["$defs"][rules["$ref"].rpartition("/")[2]]
        for key, value in values.items():
            rest = rules.get("properties", {}).get(key, rules.get("additionalProperties"))
            assert rest, f"values.yaml has {path}.{key}, of which the schema knows nothing"
            if isinstance(value, dict) and isinstance(rest, dict):
                walk(value, rest, f"{path}.{key}")

    walk(yaml.safe_load((CHART / "values.yaml").read_text()), schema, "")


def test_the_packed_chart_holds_what_its_links_lead_to(tmp_path: Path):
    packed = helm_chart.helm("package", str(CHART), "--destination", str(tmp_path))
    assert packed.returncode == 0, packed.stderr
    [archive] = tmp_path.iterdir()
    with tarfile.open(archive) as tar:
        names = {member.name.removeprefix("kiskadee/") for member in tar if member.isfile()}
    assert {"files/spin.toml", "files/prometheus/alerts.yml", "files/grafana/kiskadee.json"} <= names
    assert not [name for name in names if name.endswith((".md", ".py")) or "/runbooks/" in name or "/tests/" in name]
    for name in ("host", "spin"):
        rendered = helm_chart.helm("template", "speech", str(archive), "--namespace", "tts", "--values", str(helm_chart.values_file(name)))
        assert rendered.stdout == helm_chart.template(name).stdout


def test_a_budget_may_be_turned_round():
    turned = helm_chart.render("host", "--set-json", 'edge.disruption={"minAvailable":null,"maxUnavailable":1}')
    edge = next(item for item in turned if item["kind"] == "PodDisruptionBudget" and item["metadata"]["name"].endswith("-edge"))
    assert edge["spec"]["maxUnavailable"] == 1 and "minAvailable" not in edge["spec"]
