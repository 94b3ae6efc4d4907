"""Images and containers by buildah and podman, on machines without a registry, systemd or more rights than root has there."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
CONTAINERS = REPOSITORY / "infra/containers"
REGISTRY = "localhost/kiskadee"
VERSION = "test"

# crun refuses kernels with hybrid cgroups; limits above those of this process may not be raised.
SETTINGS = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""
BUILD = "buildah build --format docker --layers --isolation chroot --network host"


def run(*command: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """What a command prints; when it fails, with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


def use_settings(folder: Path) -> None:
    """Lets every call of podman and buildah from this process have our settings in place of the machine's."""
    file = folder / "containers.conf"
    file.write_text(SETTINGS)
    os.environ["CONTAINERS_CONF"] = str(file)


def podman(*arguments: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    return run("podman", *arguments, check=check, **options)


def image_exists(name: str) -> bool:
    return podman("image", "exists", name, check=False).returncode == 0


def inspect_image(name: str) -> dict[str, Any]:
    return json.loads(podman("image", "inspect", name).stdout)[0]


# As debian:12-slim is made: without recommended packages, documentation but for licences, and translations.
SLIM = [
    "--variant=minbase",
    "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    "--include=usr-is-merged",
    '--aptopt=APT::Install-Recommends "false"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
]


def make_base(name: str, suite: str, options: list[str], folder: Path) -> str:
    """A base from Debian's packages alone; made once on a machine."""
    image = f"{REGISTRY}-base:{name}"
    if not image_exists(image):
        run("mmdebstrap", "--quiet", *options, suite, folder / "base.tar")
        (folder / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
        run(*BUILD.split(), "--tag", image, folder)
        (folder / "base.tar").unlink()
    return image


def build_ours(program: Path, targets: list[str], bases: dict[str, str], version: str = VERSION) -> None:
    """By the same script as everybody; `program` is the folder that `cargo xtask dist` packs."""
    arguments = " ".join(f"--build-arg {name}={image}" for name, image in bases.items())
    words = {"ENGINE": BUILD, "REGISTRY": REGISTRY, "VERSION": version, "PROGRAM": str(program), "ARGS": arguments}
    run(CONTAINERS / "build-images", *targets, env={**os.environ, **words})


def build_stand_in(target: str, base: str) -> str:
    """One of the images that other makers publish."""
    image = f"{REGISTRY}-stand-in/{target}:{VERSION}"
    folder = CONTAINERS / "tests/stand-ins"
    run(*BUILD.split(), "--target", target, "--build-arg", f"BASE={base}", "--tag", image, folder)
    return image


def save(image: str, folder: Path) -> Path:
    """The image as an OCI layout."""
    shutil.rmtree(folder, ignore_errors=True)
    run("buildah", "push", "--quiet", image, f"oci:{folder}:image")
    return folder


def layers(layout: Path) -> list[Path]:
    """The layers of a saved image: tar files with gzip, the base's first."""

    def blob(digest: str) -> Path:
        return layout / "blobs" / digest.replace(":", "/")

    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    return [blob(layer["digest"]) for layer in manifest["layers"]]
