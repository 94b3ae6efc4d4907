"""What must hold for every rendering, and that each of these rules finds what it is for."""

from collections.abc import Callable

import helm_chart
import pytest
from chart_objects import Object, arguments, of_kind, pods
from chart_policies_between import POLICIES
from helm_chart import VALUES


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", VALUES)
def test_policy_holds(name: str, policy: str):
    faults = list(POLICIES[policy](helm_chart.render(name)))
    assert not faults, "\n".join(faults)


def owner(objects: list[Object], word: str) -> Object:
    """The first Deployment, ScaledJob or Job whose program does this."""
    return next(pod.owner for pod in pods(objects) if pod.main["args"][0] == word)


def pod_of(objects: list[Object], word: str) -> Object:
    return owner(objects, word)["spec"]["template"]["spec"]


def container_of(objects: list[Object], word: str) -> Object:
    return pod_of(objects, word)["containers"][0]


def sidecar(objects: list[Object]) -> Object:
    return pod_of(objects, "edge")["initContainers"][0]


def drop(objects: list[Object], kind: str) -> None:
    objects[:] = [item for item in objects if item["kind"] != kind]


def drop_named(objects: list[Object], kind: str, ending: str) -> None:
    objects[:] = [item for item in objects if (item["kind"], item["metadata"]["name"].endswith(ending)) != (kind, True)]


def app(objects: list[Object], name: str = "speech") -> Object:
    return next(item for item in of_kind(objects, "SpinApp") if item["metadata"]["name"].endswith(f"-{name}"))


def gpu(objects: list[Object]) -> Object:
    return next(pod.spec["containers"][0] for pod in pods(objects) if "cuda" in pod.main["image"])


def trainers(objects: list[Object]) -> Object:
    return next(pod.owner for pod in pods(objects) if arguments(pod.main).get("--families") == "training")["spec"]["jobTargetRef"][
        "template"
    ]


# Of each policy, what is taken out of which rendering, a line each time, and must be noticed.
BREAKS: list[tuple[str, str, Callable[[list[Object]], object]]] = [
    ("probes", "host", lambda all: container_of(all, "edge").pop("readinessProbe")),
    ("probes", "host", lambda all: container_of(all, "edge").pop("startupProbe")),
    ("probes", "host", lambda all: container_of(all, "worker").pop("livenessProbe")),
    ("probes", "host", lambda all: sidecar(all).pop("readinessProbe")),
    ("probes", "spin", lambda all: app(all)["spec"]["checks"].pop("readiness")),
    ("probed_ports", "host", lambda all: container_of(all, "edge")["ports"].pop()),
    ("grace", "host", lambda all: pod_of(all, "edge").pop("terminationGracePeriodSeconds")),
    ("grace", "host", lambda all: pod_of(all, "edge").update(terminationGracePeriodSeconds=49)),
    ("grace", "host", lambda all: pod_of(all, "worker").update(terminationGracePeriodSeconds=39)),
    ("grace", "spin", lambda all: pod_of(all, "storage").update(terminationGracePeriodSeconds=24)),
    ("disruption_budgets", "host", lambda all: drop(all, "PodDisruptionBudget")),
    ("disruption_budgets", "host", lambda all: drop_named(all, "PodDisruptionBudget", "-edge")),
    ("disruption_budgets", "spin", lambda all: drop_named(all, "PodDisruptionBudget", "-accounts")),
    ("resources", "host", lambda all: container_of(all, "worker")["resources"]["limits"].pop("memory")),
    ("resources", "host", lambda all: sidecar(all)["resources"].pop("requests")),
    ("resources", "host", lambda all: container_of(all, "migrate").pop("resources")),
    ("resources", "spin", lambda all: app(all)["spec"].pop("resources")),
    ("images", "host", lambda all: container_of(all, "edge").update(image="kiskadee/edge:latest")),
    ("images", "host", lambda all: container_of(all, "edge").update(image="kiskadee/edge")),
    ("images", "spin", lambda all: app(all)["spec"].update(image="kiskadee/spin-app:latest")),
    ("security", "host", lambda all: pod_of(all, "edge")["securityContext"].pop("runAsNonRoot")),
    ("security", "host", lambda all: pod_of(all, "worker")["securityContext"].pop("runAsUser")),
    ("security", "host", lambda all: pod_of(all, "edge")["securityContext"].pop("seccompProfile")),
    ("security", "host", lambda all: pod_of(all, "edge").pop("automountServiceAccountToken")),
    ("security", "host", lambda all: pod_of(all, "worker").update(hostNetwork=True)),
    ("security", "host", lambda all: container_of(all, "edge")["securityContext"].pop("readOnlyRootFilesystem")),
    ("security", "host", lambda all: container_of(all, "worker")["securityContext"].pop("capabilities")),
    ("security", "host", lambda all: sidecar(all)["securityContext"].pop("allowPrivilegeEscalation")),
    ("security", "host", lambda all: container_of(all, "migrate").pop("securityContext")),
    ("volumes", "host", lambda all: pod_of(all, "edge")["volumes"].pop(0)),
    ("volumes", "host", lambda all: container_of(all, "worker")["volumeMounts"].pop(0)),
    ("volumes", "host", lambda all: container_of(all, "edge").pop("volumeMounts")),
    ("volumes", "host", lambda all: pod_of(all, "worker")["volumes"][0].update(emptyDir={})),
    ("no_plain_secrets", "host", lambda all: all.append({"kind": "Secret", "metadata": {"name": "x"}})),
    ("no_plain_secrets", "host", lambda all: container_of(all, "worker")["env"].append({"name": "KISKADEE_DATABASE_URL", "value": "x"})),
    ("no_plain_secrets", "host", lambda all: container_of(all, "worker")["env"].append({"name": "STORAGE_TOKEN_FILE", "value": "abc"})),
    ("no_plain_secrets", "host", lambda all: container_of(all, "worker")["args"].append("--x=postgres://a:b@c/d")),
    ("no_plain_secrets", "spin", lambda all: app(all)["spec"]["variables"].append({"name": "storage_token", "value": "abc"})),
    ("signing_key", "host", lambda all: pod_of(all, "worker").update(volumes=pod_of(all, "edge")["volumes"])),
    ("signing_key", "spin", lambda all: app(all)["spec"].update(variables=app(all, "accounts")["spec"]["variables"])),
    ("network", "host", lambda all: drop(all, "NetworkPolicy")),
    ("network", "host", lambda all: drop_named(all, "NetworkPolicy", "-deny")),
    ("network", "host", lambda all: drop_named(all, "NetworkPolicy", "-worker-cpu")),
    ("network", "host", lambda all: drop_named(all, "NetworkPolicy", "-migrate")),
    ("network", "host", lambda all: owner(all, "edge")["spec"]["template"]["metadata"]["labels"].pop("app.kubernetes.io/instance")),
    ("network", "spin", lambda all: app(all)["spec"].pop("podLabels")),
    ("network", "host", lambda all: of_kind(all, "NetworkPolicy")[1]["spec"]["egress"][0].pop("ports")),
    ("rollout", "host", lambda all: owner(all, "edge")["spec"].pop("strategy")),
    ("rollout", "host", lambda all: owner(all, "worker")["spec"]["strategy"]["rollingUpdate"].pop("maxSurge")),
    ("spread", "host", lambda all: pod_of(all, "edge").pop("topologySpreadConstraints")),
    ("spread", "gpu", lambda all: pod_of(all, "worker").pop("topologySpreadConstraints")),
    ("training_stays", "gpu", lambda all: trainers(all)["metadata"].pop("annotations")),
    ("graphics", "gpu", lambda all: gpu(all)["resources"]["limits"].pop("nvidia.com/gpu")),
    ("variables_once", "host", lambda all: container_of(all, "edge")["env"].append({"name": "RUST_LOG", "value": "debug"})),
    ("references", "host", lambda all: drop(all, "Service")),
    ("references", "host", lambda all: drop(all, "ServiceAccount")),
    ("references", "host", lambda all: drop(all, "PriorityClass")),
    ("references", "host", lambda all: of_kind(all, "HorizontalPodAutoscaler")[0]["spec"]["scaleTargetRef"].update(name="x")),
    ("references", "host", lambda all: container_of(all, "edge")["ports"].pop(0)),
    ("references", "gpu", lambda all: drop(all, "TriggerAuthentication")),
    ("references", "spin", lambda all: all.remove(app(all))),
    ("streams_pass", "host", lambda all: of_kind(all, "Ingress")[0]["metadata"].pop("annotations")),
    ("streams_pass", "spin", lambda all: of_kind(all, "HTTPRoute")[0]["spec"]["rules"][0].pop("timeouts")),
    ("chores_are_done", "gpu", lambda all: drop_named(all, "Deployment", "-chores")),
    ("webhooks_are_sent", "host", lambda all: [pod.main["args"].append("--webhooks=off") for pod in pods(all)]),
    ("webhooks_are_sent", "host", lambda all: [item["spec"].pop("egress", None) for item in of_kind(all, "NetworkPolicy")]),
    ("hooks_in_order", "host", lambda all: drop_named(all, "Job", "-check")),
    (
        "hooks_in_order",
        "host",
        lambda all: owner(all, "migrate")["metadata"].pop("annotations") and owner(all, "migrate")["metadata"].update(annotations={}),
    ),
]


@pytest.mark.parametrize(("policy", "name", "change"), BREAKS, ids=[f"{policy}-{place}" for place, (policy, _, _) in enumerate(BREAKS)])
def test_policy_notices(policy: str, name: str, change: Callable[[list[Object]], object]):
    objects = helm_chart.render(name)
    change(objects)
    assert list(POLICIES[policy](objects)), "nothing was noticed"


def test_every_policy_has_been_seen_to_fail():
    assert set(POLICIES) == {policy for policy, _, _ in BREAKS}


def test_a_pool_without_a_way_out_sends_no_webhooks():
    def said(**settings: str) -> str | None:
        objects = helm_chart.render("cpu-only", *(f"--set=workers.cpu.{name}={value}" for name, value in settings.items()))
        cpu = next(pod for pod in pods(objects) if pod.name.endswith("-worker-cpu"))
        return arguments(cpu.main).get("--webhooks")

    assert said() is None and said(internet="false") == "off"
    assert said(internet="false", webhookAllowPrivate="true") is None
