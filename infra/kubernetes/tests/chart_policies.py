"""What must hold for all that the chart renders. A policy takes the objects of one rendering and yields what is wrong, in words.

Here are those about pods; `chart_policies_between.py` has those about what stands between objects.
"""

import re
from collections.abc import Callable, Iterator

from chart_objects import Object, all_labels, arguments, name_of, of_kind, pods, selects, variables

Faults = Iterator[str]
POLICIES: dict[str, Callable[[list[Object]], Faults]] = {}

# Seconds beyond a drain, after which Kubernetes kills.
MARGIN = 15
# Of the program: what requests that run may take (cli/src/parts/edge.rs), and answers of the gateway (worker/storage/src/gateway).
EDGE_DRAIN, GATEWAY_DRAIN = 20, 10
SERVING = ("Deployment", "ScaledJob")


def policy(check: Callable[[list[Object]], Faults]) -> Callable[[list[Object]], Faults]:
    POLICIES[check.__name__] = check
    return check


@policy
def probes(objects: list[Object]) -> Faults:
    for pod in pods(objects, *SERVING):
        for container in pod.containers:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{pod.name}: {container['name']} has no {probe}"
    for app in of_kind(objects, "SpinApp"):
        for probe in ("readiness", "liveness"):
            if probe not in app["spec"].get("checks", {}):
                yield f"{name_of(app)} has no check of {probe}"


@policy
def probed_ports(objects: list[Object]) -> Faults:
    for pod in pods(objects):
        for container in pod.containers:
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asked = container.get(probe, {})
                port = (asked.get("httpGet") or asked.get("tcpSocket") or {}).get("port")
                if port and port not in ports:
                    yield f"{pod.name}: {probe} asks port {port}, which {container['name']} does not have"


def drain(pod) -> int:
    """Seconds that all containers of a pod may take to end, one after the other."""
    seconds = 0
    for container in pod.containers:
        given = arguments(container)
        match container["args"][0]:
            case "edge":
                seconds += int(given.get("--drain-delay", 5)) + EDGE_DRAIN
            case "storage":
                seconds += GATEWAY_DRAIN
            case "worker":
                seconds += int(given.get("--drain-seconds", 25))
    return seconds


@policy
def grace(objects: list[Object]) -> Faults:
    for pod in pods(objects, *SERVING):
        has = pod.spec.get("terminationGracePeriodSeconds", 30)
        if has < drain(pod) + MARGIN:
            yield f"{pod.name} is killed after {has} s, but may drain for {drain(pod)} s"


@policy
def disruption_budgets(objects: list[Object]) -> Faults:
    budgets = of_kind(objects, "PodDisruptionBudget")
    # A budget needs an owner whose size can be asked; that of a Job cannot.
    jobs = {name_of(item) for item in of_kind(objects, "Job", "ScaledJob")}
    for owner, labels in all_labels(objects).items():
        count = sum(selects(budget["spec"]["selector"], labels) for budget in budgets)
        if owner not in jobs and count != 1:
            yield f"{owner} has {count} budgets of disruption"


@policy
def resources(objects: list[Object]) -> Faults:
    given = [(pod.name, container.get("resources") or {}) for pod in pods(objects) for container in pod.containers]
    given += [(name_of(app), app["spec"].get("resources", {})) for app in of_kind(objects, "SpinApp")]
    for owner, amounts in given:
        for bound in ("requests", "limits"):
            for resource in ("cpu", "memory"):
                if resource not in (amounts.get(bound) or {}):
                    yield f"{owner} has no {bound} of {resource}"


@policy
def images(objects: list[Object]) -> Faults:
    given = [(pod.name, container["image"]) for pod in pods(objects) for container in pod.containers]
    given += [(name_of(app), app["spec"]["image"]) for app in of_kind(objects, "SpinApp")]
    for owner, image in given:
        if not re.search(r"(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][\w.-]*)$", image) or image.endswith(":latest"):
            yield f"{owner}: nobody can tell what {image} is"


@policy
def security(objects: list[Object]) -> Faults:
    """Pod Security's profile `restricted`, and more: this user, a root that cannot be written to, no token of the API."""
    for pod in pods(objects):
        context = pod.spec.get("securityContext", {})
        wanted = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
        for key, value in wanted.items():
            if context.get(key) != value:
                yield f"{pod.name}: securityContext.{key} is not {value}"
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{pod.name} is given a token of the API"
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(key):
                yield f"{pod.name} has {key}"
        for container in pod.containers:
            yield from (f"{pod.name}: {container['name']}: {fault}" for fault in container_faults(container))


def container_faults(container: Object) -> Faults:
    context = container.get("securityContext", {})
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    for key, value in wanted.items():
        if context.get(key) != value:
            yield f"{key} is not {value}"
    if context.get("privileged") or context.get("runAsUser", 10001) == 0:
        yield "it has more rights than it needs"


@policy
def volumes(objects: list[Object]) -> Faults:
    for pod in pods(objects):
        declared = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        for container in pod.containers:
            mounts = container.get("volumeMounts") or []
            for mount in mounts:
                if mount["name"] not in declared:
                    yield f"{pod.name}: {container['name']} mounts {mount['name']}, which is no volume"
            temporary = variables(container).get("TMPDIR", {}).get("value", "/tmp")
            if pod.owner["kind"] in SERVING and temporary not in [mount["mountPath"] for mount in mounts]:
                yield f"{pod.name}: {container['name']} cannot write to {temporary}"
        for volume in declared.values():
            if "hostPath" in volume or ("emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit")):
                yield f"{pod.name}: the volume {volume['name']} is the node's, or has no limit"


@policy
def rollout(objects: list[Object]) -> Faults:
    for pod in pods(objects, "Deployment"):
        update = pod.owner["spec"].get("strategy", {}).get("rollingUpdate", {})
        if pod.main["args"][0] == "edge" and (update.get("maxUnavailable"), update.get("maxSurge")) != (0, 1):
            yield f"{pod.name}: an edge is taken away before another is ready"
        if update.get("maxUnavailable") == 0 and not update.get("maxSurge"):
            yield f"{pod.name}: nothing may move"


@policy
def spread(objects: list[Object]) -> Faults:
    for pod in pods(objects, *SERVING):
        if pod.main["args"][0] in ("edge", "worker"):
            keys = {
                item["topologyKey"] for item in pod.spec.get("topologySpreadConstraints", []) if selects(item["labelSelector"], pod.labels)
            }
            if "kubernetes.io/hostname" not in keys:
                yield f"{pod.name}: all may stand on one node"


@policy
def training_stays(objects: list[Object]) -> Faults:
    for pod in pods(objects, *SERVING):
        if arguments(pod.main).get("--families") == "training":
            wanted = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
            if not wanted.items() <= pod.annotations.items():
                yield f"{pod.name}: its trainings are moved about"


@policy
def graphics(objects: list[Object]) -> Faults:
    for pod in pods(objects, *SERVING):
        if "cuda" in pod.main["image"] and "nvidia.com/gpu" not in pod.main["resources"]["limits"]:
            yield f"{pod.name}: it is made for a GPU and asks for none"


@policy
def variables_once(objects: list[Object]) -> Faults:
    """Two of one name cannot be applied on the server's side, which is helm's way."""
    for pod in pods(objects):
        for container in pod.containers:
            names = [item["name"] for item in container.get("env", [])]
            for name in sorted({name for name in names if names.count(name) > 1}):
                yield f"{pod.name}: {container['name']} has {name} twice"
