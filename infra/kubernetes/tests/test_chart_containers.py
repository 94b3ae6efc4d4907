"""The reading of a rendered pod for an engine of containers, by the pods of the examples."""

from collections import defaultdict
from pathlib import Path

import helm_chart
import pytest
from chart_containers import Container, Probe, containers, quantity
from chart_objects import Pods, pods

FIELDS = {"status.podIP": "10.1.2.3", "metadata.name": "worker-x"}


class AnySecret(defaultdict):
    """Every key of every Secret, with a value that tells which it is."""

    def __missing__(self, name: str):
        class Keys(dict):
            def __missing__(self, key: str) -> str:
                return f"<{name}/{key}>"

        return Keys()


def pod_of(name: str, word: str) -> Pods:
    return next(pod for pod in pods(helm_chart.render(name)) if pod.main["args"][0] == word)


def test_quantities():
    assert [quantity(text) for text in ("500m", "2", "2Gi", "64Mi", "1k", 3)] == [0.5, 2, 2 << 30, 64 << 20, 1000, 3]
    with pytest.raises(ValueError):
        quantity("many")


def secret(container: Container, name: str) -> str:
    """By the file that it is told."""
    file = Path(container.environment[f"{name}_FILE"])
    [folder] = [folder for path, (folder, _) in container.claims.items() if str(file.parent) == path]
    return (folder / file.name).read_text()


def test_an_edge_and_its_gateway(tmp_path: Path):
    [gateway, edge] = containers(pod_of("host", "edge"), AnySecret(), FIELDS, tmp_path)
    assert (gateway.name, edge.name) == ("storage-gateway", "edge")
    assert edge.image == "registry.example.com/kiskadee/edge:0.1.0"
    assert edge.arguments[0] == "edge" and "--listen=0.0.0.0:8005" in edge.arguments
    assert edge.environment["SPIN_VARIABLE_RELAY_URL"] == "http://10.1.2.3:8006"
    assert secret(edge, "SPIN_VARIABLE_JWT_SIGNING_KEY") == "<kiskadee-signing/jwt-signing-key>"
    assert secret(edge, "SPIN_VARIABLE_STORAGE_TOKEN") == secret(gateway, "KISKADEE_STORAGE_TOKEN")
    # Whoever brings audio to the storage has no business with what signs tokens.
    assert [path.name for path in gateway.claims["/secrets"][0].iterdir()] == ["KISKADEE_STORAGE_TOKEN"]
    assert edge.probes["readiness"] == Probe(9100, "/ready", 2, 3, 2)
    assert gateway.probes["liveness"].path == "/health" and gateway.probes["liveness"].port == 8006
    assert edge.grace_seconds == gateway.grace_seconds == 50
    options = edge.podman()
    for pair in (["--user", "10001:10001"], ["--memory", str(2 << 30)], ["--cpus", "2"], ["--cap-drop", "all"], ["--stop-timeout", "50"]):
        at = options.index(pair[0])
        assert options[at : at + 2] == pair
    assert "--read-only" in options and "/tmp:rw,size=67108864,mode=1777" in options


def test_a_worker_with_folders(tmp_path: Path):
    claims = {"kiskadee-audio": tmp_path}
    [worker] = containers(pod_of("cpu-only", "worker"), AnySecret(), FIELDS, tmp_path / "files", claims)
    assert worker.environment["KISKADEE_WORKER_NAME"] == "worker-x"
    assert worker.claims["/storage"] == (tmp_path, False)
    assert secret(worker, "KISKADEE_DATABASE_URL") == "<kiskadee-database/worker>"
    assert f"{tmp_path}:/storage:rw" in worker.podman()
    assert worker.scratch["/scratch"] == 8 << 30


def test_keys_of_a_bucket_come_whole(tmp_path: Path):
    secrets = AnySecret()
    secrets["kiskadee-bucket"] = {"AWS_ACCESS_KEY_ID": "a"}
    [gateway, _] = containers(pod_of("gpu", "edge"), secrets, FIELDS, tmp_path)
    assert gateway.environment["AWS_ACCESS_KEY_ID"] == "a" and gateway.environment["AWS_REGION"] == "eu-central-1"


def test_the_migrations(tmp_path: Path):
    [migrate] = containers(pod_of("host", "migrate"), AnySecret(), FIELDS, tmp_path)
    assert migrate.arguments == ["migrate", "--plan"]
    assert secret(migrate, "KISKADEE_DATABASE_URL") == "<kiskadee-database/owner>"
    assert not migrate.probes
