"""Reading what the chart renders: objects, the pods that they make, their containers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass
class Pods:
    """Pods of one kind: the object that makes them, their template, and their containers with sidecars."""

    owner: Object
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: Object

    @property
    def name(self) -> str:
        return name_of(self.owner)

    @property
    def containers(self) -> list[Object]:
        return self.spec.get("initContainers", []) + self.spec["containers"]

    @property
    def main(self) -> Object:
        return self.spec["containers"][0]


def secret_keys(node: Any) -> set[tuple[str, str]]:
    """The Secrets that variables and files below it come from, each with a key."""
    if isinstance(node, list):
        return set().union(*map(secret_keys, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(secret_keys, node.values()))
    if reference := node.get("secretKeyRef"):
        found.add((reference["name"], reference["key"]))
    if isinstance(files := node.get("secret"), dict):
        found |= {(files["name"], item["key"]) for item in files.get("items", [])}
    return found


def name_of(item: Object) -> str:
    return f"{item['kind']}/{item['metadata']['name']}"


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [item for item in objects if item["kind"] in kinds]


def pods(objects: list[Object], *kinds: str) -> Iterator[Pods]:
    """Those that `kinds` make, or all; without SpinApps', which the operator writes."""
    for item in objects:
        spec = item.get("spec", {})
        template = spec.get("jobTargetRef", spec).get("template")
        if template and (not kinds or item["kind"] in kinds):
            metadata = template.get("metadata", {})
            yield Pods(item, metadata.get("labels", {}), metadata.get("annotations", {}), template["spec"])


def all_labels(objects: list[Object]) -> dict[str, dict[str, str]]:
    """The labels of every pod, SpinApps' too, by the name of the object that makes it."""
    found = {pod.name: pod.labels for pod in pods(objects)}
    for app in of_kind(objects, "SpinApp"):
        found[name_of(app)] = app["spec"].get("podLabels", {})
    return found


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """As a selector of labels with `matchLabels` alone, or nothing, does."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def arguments(container: Object) -> dict[str, str]:
    """The options of a container's `args`, `--name=value` or `--name`."""
    options = [word.partition("=") for word in container.get("args", []) if word.startswith("--")]
    return {name: value for name, _, value in options}


def variables(container: Object) -> dict[str, Object]:
    return {item["name"]: item for item in container.get("env", [])}
