"""The containers of a rendered pod, for an engine without Kubernetes: the same image, arguments, environment, rights and bounds.

    [gateway, edge] = containers(pod, secrets, fields, files)      # sidecars first, as Kubernetes starts them
    podman run --detach --name gateway {*gateway.podman()} localhost/kiskadee/edge:test {*gateway.arguments}
    podman run --detach --name edge --network container:gateway {*edge.podman()} localhost/kiskadee/edge:test {*edge.arguments}

What Kubernetes does and an engine does not is left to the caller: to ask the probes, to restart, to stop the main container first
and sidecars after it. A claim is mounted from the folder that `claims` names; files of Secrets are made below `files`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chart_objects import Object, Pods

BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
DECIMAL = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def quantity(text: str | int) -> float:
    """A quantity of Kubernetes as a number: 500m is 0.5, 2Gi are bytes."""
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    if not found or found[2] not in BINARY | DECIMAL:
        raise ValueError(f"`{text}` is no quantity")
    return float(found[1]) * (BINARY | DECIMAL)[found[2]]


@dataclass
class Probe:
    """`path` is empty where a connection suffices."""

    port: int
    path: str
    period_seconds: int
    timeout_seconds: int
    failures: int


@dataclass
class Container:
    name: str
    image: str
    arguments: list[str]
    environment: dict[str, str]
    user: str
    read_only: bool
    memory_bytes: int
    cpus: float
    # Of the pod: how long a stop may take.
    grace_seconds: int
    # Sizes in bytes of volumes that live as long as the pod, and folders of claims, by where they are mounted.
    scratch: dict[str, int]
    claims: dict[str, tuple[Path, bool]]
    ports: dict[str, int]
    probes: dict[str, Probe] = field(default_factory=dict)

    def podman(self) -> list[str]:
        """The options of `podman run`. Environment is among them, so they are secret."""
        options = ["--cap-drop", "all", "--security-opt", "no-new-privileges", "--user", self.user]
        options += ["--memory", str(self.memory_bytes), "--cpus", f"{self.cpus:g}", "--stop-timeout", str(self.grace_seconds)]
        if self.read_only:
            # Without the folders that podman would make writable of itself.
            options += ["--read-only", "--read-only-tmpfs=false"]
        for path, size in self.scratch.items():
            # As an emptyDir is, where the pod has an fsGroup: everybody may write, so a process makes a folder of its own.
            options += ["--tmpfs", f"{path}:rw,size={size},mode=1777"]
        for path, (folder, read_only) in self.claims.items():
            options += ["--volume", f"{folder}:{path}:{'ro' if read_only else 'rw'}"]
        for name, value in self.environment.items():
            options += ["--env", f"{name}={value}"]
        return options


def environment(container: Object, secrets: Mapping[str, Mapping[str, str]], fields: Mapping[str, str]) -> dict[str, str]:
    """`secrets` are values by the names of Secrets and keys; `fields` such as `status.podIP` of the pod."""
    values: dict[str, str] = {}
    for source in container.get("envFrom", []):
        values |= secrets[source["secretRef"]["name"]]
    for item in container.get("env", []):
        source = item.get("valueFrom", {})
        if "secretKeyRef" in source:
            reference = source["secretKeyRef"]
            values[item["name"]] = secrets[reference["name"]][reference["key"]]
        elif "fieldRef" in source:
            values[item["name"]] = fields[source["fieldRef"]["fieldPath"]]
        else:
            # Kubernetes fills in what stands above.
            values[item["name"]] = re.sub(r"\$\((\w+)\)", lambda found: values.get(found[1], found[0]), item["value"])
    return values


def write(volume: Object, secrets: Mapping[str, Mapping[str, str]], folder: Path) -> Path:
    """The files of a projected volume, each exchanged as a whole, as Kubernetes does it: a pod that starts may be reading it. Here everybody
    may read them, for there is no group to give them to."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in volume["projected"]["sources"]:
        secret = source["secret"]
        for item in secret["items"]:
            unfinished = folder / f".{item['path']}"
            unfinished.write_text(secrets[secret["name"]][item["key"]])
            unfinished.rename(folder / item["path"])
    return folder


def mounts(
    pod: Pods,
    container: Object,
    claims: Mapping[str, Path],
    secrets: Mapping[str, Mapping[str, str]],
    files: Path,
) -> tuple[dict[str, int], dict[str, tuple[Path, bool]]]:
    scratch: dict[str, int] = {}
    folders: dict[str, tuple[Path, bool]] = {}
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume = volumes[mount["name"]]
        if "emptyDir" in volume:
            scratch[mount["mountPath"]] = int(quantity(volume["emptyDir"]["sizeLimit"]))
        elif "projected" in volume:
            folders[mount["mountPath"]] = (write(volume, secrets, files / pod.owner["metadata"]["name"] / volume["name"]), True)
        else:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName") or volume["secret"]["secretName"]
            folders[mount["mountPath"]] = (claims[claim], mount.get("readOnly", False))
    return scratch, folders


def probes(container: Object) -> dict[str, Probe]:
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    found = {}
    for kind in ("startup", "readiness", "liveness"):
        if asked := container.get(f"{kind}Probe"):
            action = asked.get("httpGet") or asked["tcpSocket"]
            port = ports.get(action["port"], action["port"])
            times = (asked.get("periodSeconds", 10), asked.get("timeoutSeconds", 1), asked.get("failureThreshold", 3))
            found[kind] = Probe(port, action.get("path", ""), *times)
    return found


def containers(
    pod: Pods,
    secrets: Mapping[str, Mapping[str, str]],
    fields: Mapping[str, str],
    files: Path,
    claims: Mapping[str, Path] | None = None,
) -> list[Container]:
    """Sidecars first."""
    context = pod.spec["securityContext"]
    found = []
    for container in pod.containers:
        scratch, folders = mounts(pod, container, claims or {}, secrets, files)
        limits = container["resources"]["limits"]
        found.append(
            Container(
                name=container["name"],
                image=container["image"],
                arguments=container["args"],
                environment=environment(container, secrets, fields),
                user=f"{context['runAsUser']}:{context['runAsGroup']}",
                read_only=container["securityContext"]["readOnlyRootFilesystem"],
                memory_bytes=int(quantity(limits["memory"])),
                cpus=quantity(limits["cpu"]),
                grace_seconds=pod.spec.get("terminationGracePeriodSeconds", 30),
                scratch=scratch,
                claims=folders,
                ports={port["name"]: port["containerPort"] for port in container.get("ports", [])},
                probes=probes(container),
            )
        )
    return found
