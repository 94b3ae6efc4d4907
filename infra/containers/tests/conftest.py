"""Images of this tree's own program, and servers of others beside them; nothing of it comes from a registry."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from compose_system import ComposeSystem, compose_file
from container_engine import (
    CONTAINERS,
    REGISTRY,
    REPOSITORY,
    SLIM,
    VERSION,
    build_ours,
    build_stand_in,
    make_base,
    run,
    save,
    use_settings,
)

SERVICES = ["database", "migrate", "logins", "pooler", "storage", "edge-1", "edge-2", "proxy", "worker", "chores", "backup"]
WATCHERS = ["alertmanager", "prometheus"]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """podman and buildah with our settings."""
    use_settings(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session")
def packed() -> Path:
    """The folder that `cargo xtask dist` packs; KISKADEE_DIST names one that is there already."""
    if given := os.environ.get("KISKADEE_DIST"):
        return Path(given)
    run("cargo", "xtask", "dist", cwd=REPOSITORY)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return next((target / "dist").glob("kiskadee-*-linux"))


@pytest.fixture(scope="session")
def bases(engine: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Stand in for debian:12-slim and debian:13-slim, and for the server of Postgres."""
    run_base = make_base("bookworm", "bookworm", SLIM, tmp_path_factory.mktemp("bookworm"))
    # Without the hook: in trixie the package is essential.
    trixie = [option for option in SLIM if "merged" not in option]
    return {
        "BASE_RUN": run_base,
        "BASE_POOLER": make_base("trixie", "trixie", trixie, tmp_path_factory.mktemp("trixie")),
        "BASE_POSTGRES": build_stand_in("postgres", run_base),
    }


@pytest.fixture(scope="session")
def images(bases: dict[str, str], packed: Path) -> dict[str, str]:
    """Ours by target. A planted secret lies in the tree while they are built: none of them may hold it.

    KISKADEE_IMAGES=keep takes those of an earlier run.
    """
    targets = ["edge", "worker", "pooler", "backup", "spin-app"]
    names = {target: f"{REGISTRY}/{target}:{VERSION}" for target in targets}
    if os.environ.get("KISKADEE_IMAGES") == "keep":
        return names
    planted = CONTAINERS / "secrets-planted-by-a-test"
    planted.write_text("planted-0c1d7e55\n")
    try:
        build_ours(packed, targets, bases)
    finally:
        planted.unlink()
    return names


@pytest.fixture(scope="session")
def saved(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The image of a target as an OCI layout."""
    return cache(lambda target: save(images[target], tmp_path_factory.mktemp("saved") / "image"))


@pytest.fixture(scope="session")
def secrets(kiskadee: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As an operator makes them."""
    folder = tmp_path_factory.mktemp("secrets")
    run(CONTAINERS / "make-secrets", env={**os.environ, "SECRETS": str(folder), "KISKADEE": str(kiskadee)})
    return folder


@pytest.fixture(scope="session")
def settings(bases: dict[str, str], images: dict[str, str]) -> dict[str, str]:
    """What stands in `.env`."""
    return {
        **{f"{name.upper()}_IMAGE": images[name] for name in ["edge", "worker", "pooler", "backup"]},
        "POSTGRES_IMAGE": bases["BASE_POSTGRES"],
        "PROXY_IMAGE": build_stand_in("haproxy", bases["BASE_RUN"]),
        "PROMETHEUS_IMAGE": build_stand_in("prometheus", bases["BASE_RUN"]),
        "ALERTMANAGER_IMAGE": build_stand_in("alertmanager", bases["BASE_RUN"]),
        "WORKERS": "1",
        "WORKER_MEMORY": "1g",
        "DATABASE_SHARED_BUFFERS": "128MB",
    }


@pytest.fixture(scope="module")
def system(settings: dict[str, str], secrets: Path) -> Iterator[ComposeSystem]:
    """All of compose.yaml but Grafana, which lies in no package, and with one worker."""
    run(CONTAINERS / "make-proxy")
    with ComposeSystem(compose_file(settings), secrets, SERVICES + WATCHERS) as running:
        for name in ["proxy", "worker", "chores", *WATCHERS]:
            running.wait(name, "service_healthy")
        yield running

