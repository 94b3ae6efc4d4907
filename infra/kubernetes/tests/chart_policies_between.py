"""Rules about what stands between objects: who may reach whom, who knows which secret, what leads where.

`POLICIES` are all of them, with those about pods.
"""

import re

from chart_objects import Object, all_labels, arguments, name_of, of_kind, pods, selects
from chart_policies import POLICIES, Faults, policy

__all__ = ["PLACEHOLDER", "POLICIES"]

SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|SIGNING_KEY|PUBLIC_KEYS|ACCESS_KEY|CREDENTIAL|DATABASE_URL)", re.IGNORECASE)
ADDRESS_WITH_PASSWORD = re.compile(r"\w+://[^/\s:@]*:[^/\s@]+@")
PLACEHOLDER = "not-for-this-app"


@policy
def no_plain_secrets(objects: list[Object]) -> Faults:
    given = [(pod.name, item) for pod in pods(objects) for container in pod.containers for item in container.get("env", [])]
    given += [(name_of(app), item) for app in of_kind(objects, "SpinApp") for item in app["spec"].get("variables", [])]
    for owner, item in given:
        is_file = item["name"].endswith("_FILE") and item.get("value", "").startswith("/")
        if SECRET_NAME.search(item["name"]) and item.get("value", PLACEHOLDER) != PLACEHOLDER and not is_file:
            yield f"{owner}: {item['name']} stands there in plain"
    for item in objects:
        if item["kind"] == "Secret":
            yield f"{name_of(item)} is a Secret of the chart's own"
        if ADDRESS_WITH_PASSWORD.search(str(item)):
            yield f"{name_of(item)} holds an address with a password"


@policy
def signing_key(objects: list[Object]) -> Faults:
    """Only what runs the component `accounts` may have it."""
    for pod in pods(objects):
        for container in pod.containers:
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            files = [volume for volume in pod.spec.get("volumes", []) if volume["name"] in mounted]
            if "signing-key" in f"{container.get('env')} {files}" and container["args"][0] != "edge":
                yield f"{pod.name}: {container['name']} can sign tokens"
    for app in of_kind(objects, "SpinApp"):
        may = app["spec"]["components"] == ["accounts"]
        if ("'key': 'jwt-signing-key'" in str(app["spec"]["variables"])) != may:
            yield f"{name_of(app)} with {app['spec']['components']}: whether it can sign tokens is wrong"


@policy
def network(objects: list[Object]) -> Faults:
    """Every pod is denied everything, and then granted what a policy of its own says."""
    policies = [item["spec"] for item in of_kind(objects, "NetworkPolicy")]
    for owner, labels in all_labels(objects).items():
        mine = [item for item in policies if selects(item["podSelector"], labels)]
        denied = [
            item for item in mine if set(item.get("policyTypes", [])) == {"Ingress", "Egress"} and not {"ingress", "egress"} & set(item)
        ]
        if not denied:
            yield f"{owner}: nothing denies what is not granted"
        # Names and traces, which all may, are not enough.
        if not any(ports_of(item, "egress") - {53, 4318} for item in mine):
            yield f"{owner}: it is granted nothing that it needs"
        for item in mine:
            for rule in item.get("egress", []):
                if not rule.get("ports"):
                    yield f"{owner}: it may reach every port"


def ports_of(spec: Object, way: str) -> set[int]:
    return {port["port"] for rule in spec.get(way, []) for port in rule.get("ports", [])}


@policy
def references(objects: list[Object]) -> Faults:
    """Whatever an object names is there."""
    owned = {item["metadata"]["name"] for item in of_kind(objects, "Deployment", "SpinApp")}
    # The operator makes a Service for each SpinApp, of the same name.
    services = {item["metadata"]["name"] for item in of_kind(objects, "Service", "SpinApp")}
    for item in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        if item["spec"]["scaleTargetRef"]["name"] not in owned:
            yield f"{name_of(item)} scales nothing"
    authentications = {item["metadata"]["name"] for item in of_kind(objects, "TriggerAuthentication")}
    for item in of_kind(objects, "ScaledObject", "ScaledJob"):
        if item["spec"]["triggers"][0]["authenticationRef"]["name"] not in authentications:
            yield f"{name_of(item)} has no authentication"
    for item in of_kind(objects, "Ingress"):
        for path in item["spec"]["rules"][0]["http"]["paths"]:
            if path["backend"]["service"]["name"] not in services:
                yield f"{name_of(item)}: {path['path']} leads nowhere"
    for item in of_kind(objects, "HTTPRoute"):
        for rule in item["spec"]["rules"]:
            if rule["backendRefs"][0]["name"] not in services:
                yield f"{name_of(item)}: {rule['matches'][0]} leads nowhere"
    for service in of_kind(objects, "Service"):
        ports = {port["targetPort"] for port in service["spec"]["ports"]}
        for pod in pods(objects):
            has = {port["name"] for container in pod.containers for port in container.get("ports", [])}
            if selects({"matchLabels": service["spec"]["selector"]}, pod.labels) and ports <= has:
                break
        else:
            yield f"{name_of(service)} leads to no pod"
    accounts = {item["metadata"]["name"] for item in of_kind(objects, "ServiceAccount")} | {"default"}
    classes = {item["metadata"]["name"] for item in of_kind(objects, "PriorityClass")}
    for pod in pods(objects):
        if pod.spec.get("serviceAccountName", "default") not in accounts:
            yield f"{pod.name}: its ServiceAccount is not there"
        if pod.spec.get("priorityClassName") not in classes | {None}:
            yield f"{pod.name}: its priority class is not there"


@policy
def streams_pass(objects: list[Object]) -> Faults:
    """Event streams last; what stands in front must let them."""
    for item in of_kind(objects, "Ingress"):
        notes = item["metadata"].get("annotations", {})
        nginx = ("nginx.ingress.kubernetes.io/proxy-read-timeout", "nginx.ingress.kubernetes.io/proxy-buffering")
        if [notes.get(name) for name in nginx] != ["3600", "off"] and notes.get("haproxy-ingress.github.io/timeout-server") != "1h":
            yield f"{name_of(item)}: event streams do not get through"
    for item in of_kind(objects, "HTTPRoute"):
        for rule in item["spec"]["rules"]:
            if rule.get("timeouts", {}).get("request") != "3600s":
                yield f"{name_of(item)}: event streams do not get through"


@policy
def chores_are_done(objects: list[Object]) -> Faults:
    """Somebody keeps the queue where every other pool has gone to zero."""
    fixed = [pod for pod in pods(objects, "Deployment") if pod.main["args"][0] == "worker" and pod.owner["spec"].get("replicas", 0) >= 1]
    if not any(arguments(pod.main).get("--engines") == "none" for pod in fixed):
        yield "no worker is always there for the chores"


@policy
def webhooks_are_sent(objects: list[Object]) -> Faults:
    """By somebody who is always there; and by nobody who cannot reach their receivers."""
    workers = [pod for pod in pods(objects) if pod.main["args"][0] == "worker"]
    silent = {pod.name for pod in workers if arguments(pod.main).get("--webhooks") == "off"}
    if not any(pod.owner["spec"].get("replicas", 0) >= 1 and pod.name not in silent for pod in workers):
        yield "no worker that is always there sends webhooks"
    policies = [item["spec"] for item in of_kind(objects, "NetworkPolicy")]
    for pod in workers:
        world = any(
            443 in {port["port"] for port in rule.get("ports", [])} and {"cidr": "0.0.0.0/0"}.items() <= peer.get("ipBlock", {}).items()
            for item in policies
            if selects(item["podSelector"], pod.labels)
            for rule in item.get("egress", [])
            for peer in rule.get("to", [])
        )
        if policies and not world and pod.name not in silent and "--webhook-allow-private" not in arguments(pod.main):
            yield f"{pod.name} tries webhooks whose receivers it cannot reach"


@policy
def hooks_in_order(objects: list[Object]) -> Faults:
    weights = {pod.name: int(pod.owner["metadata"]["annotations"].get("helm.sh/hook-weight", 0)) for pod in pods(objects, "Job")}
    checks = [weight for name, weight in weights.items() if name.endswith("-check")]
    rest = [weight for name, weight in weights.items() if not name.endswith("-check")]
    if not checks or not rest or max(checks) >= min(rest):
        yield "the migrations are not checked before they run"
    for job in of_kind(objects, "Job"):
        if "pre-upgrade" not in job["metadata"]["annotations"].get("helm.sh/hook", ""):
            yield f"{name_of(job)} does not run before an upgrade"
