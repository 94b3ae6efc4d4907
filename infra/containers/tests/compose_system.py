"""Runs what compose.yaml says by podman: order, conditions, networks, limits, secrets and health checks are the file's.

podman-compose would wait for ever for health checks, which podman gives to systemd's timers.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import yaml
from container_engine import CONTAINERS, podman, run

Service = dict[str, Any]


def compose_file(settings: dict[str, str]) -> dict[str, Any]:
    """The file with the variables put in, as podman-compose reads it."""
    environment = {**os.environ, **settings, "COMPOSE_PROFILES": "monitoring"}
    said = run("podman-compose", "--file", CONTAINERS / "compose.yaml", "--profile", "monitoring", "config", env=environment)
    return yaml.safe_load(said.stdout)


class ComposeSystem:
    """A system in containers; `names` are the services that run, in an order that their conditions allow."""

    def __init__(self, file: dict[str, Any], secrets: Path, names: list[str]) -> None:
        self.prefix = f"kiskadee-{os.getpid()}"
        self.file, self.secrets = file, secrets
        self.services: dict[str, Service] = {name: file["services"][name] for name in names}
        self.started: list[str] = []

    def __enter__(self) -> "ComposeSystem":
        try:
            self.make_networks()
            for name in self.services:
                self.start(name)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    # -- Networks -------------------------------------------------------------------------------------------------------------

    def make_networks(self) -> None:
        for name, options in self.file["networks"].items():
            words = ["--internal"] if options.get("internal") else []
            for pool in options.get("ipam", {}).get("config", []):
                words += ["--subnet", pool["subnet"]]
            podman("network", "create", *words, f"{self.prefix}-{name}")

    def networks(self, name: str) -> list[str]:
        wanted = self.services[name].get("networks", [])
        options = wanted if isinstance(wanted, dict) else dict.fromkeys(wanted)
        words = []
        for network, option in options.items():
            address = f",ip={option['ipv4_address']}" if option else ""
            words += ["--network", f"{self.prefix}-{network}:alias={name}{address}"]
        return words

    def address(self, name: str, network: str) -> str:
        """Where this machine reaches a container."""
        path = f'{{{{(index .NetworkSettings.Networks "{self.prefix}-{network}").IPAddress}}}}'
        return podman("inspect", "--format", path, self.container(name)).stdout.strip()

    # -- Containers -----------------------------------------------------------------------------------------------------------

    def container(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def start(self, name: str) -> None:
        service = self.services[name]
        for other, wanted in service.get("depends_on", {}).items():
            self.wait(other, wanted["condition"])
        self.started.append(name)
        command = ["--detach", "--name", self.container(name), "--no-healthcheck"]
        podman("run", *command, *self.networks(name), *self.options(service), service["image"], *service.get("command", []))

    def options(self, service: Service) -> list[str]:
        words: list[str] = []
        if service.get("read_only"):
            words += ["--read-only", "--read-only-tmpfs=false"]
        for option, key in {"user": "user", "memory": "mem_limit", "cpus": "cpus", "shm-size": "shm_size"}.items():
            words += [f"--{option}={service[key]}"] if key in service else []
        for option, key in {"stop-signal": "stop_signal", "pids-limit": "pids_limit", "hostname": "hostname", "workdir": "working_dir"}.items():
            words += [f"--{option}={service[key]}"] if key in service else []
        for option, key in {"cap-drop": "cap_drop", "security-opt": "security_opt", "tmpfs": "tmpfs", "add-host": "extra_hosts"}.items():
            words += [f"--{option}={value}" for value in service.get(key, [])]
        if "entrypoint" in service:
            words.append(f"--entrypoint={json.dumps(service['entrypoint'])}")
        words += [f"--env={key}={value}" for key, value in service.get("environment", {}).items()]
        words += [f"--volume={self.mount(mount)}" for mount in service.get("volumes", [])]
        words += [f"--volume={self.secrets / name}:/run/secrets/{name}:ro" for name in service.get("secrets", [])]
        return words

    def mount(self, mount: str) -> str:
        source, rest = mount.split(":", 1)
        if source.startswith("."):
            return f"{(CONTAINERS / source).resolve()}:{rest}"
        return f"{self.prefix}-{source}:{rest}"

    # -- Conditions -----------------------------------------------------------------------------------------------------------

    def wait(self, name: str, condition: str, within: float = 180) -> None:
        end = time.monotonic() + within
        while time.monotonic() < end:
            state = self.state(name)
            if condition == "service_completed_successfully" and state == "exited":
                assert self.exit_code(name) == 0, self.logs(name)
                return
            # It has ended, and its exit code is not written down yet.
            if state == "stopped":
                time.sleep(0.2)
                continue
            assert state == "running", f"{name} is {state}:\n{self.logs(name)}"
            if condition == "service_healthy" and self.is_healthy(name):
                return
            time.sleep(0.5)
        raise AssertionError(f"{name} is not {condition} after {within} s:\n{self.logs(name)}")

    def is_healthy(self, name: str) -> bool:
        kind, *command = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD", "a check needs no shell"
        return podman("exec", self.container(name), *command, check=False).returncode == 0

    def state(self, name: str) -> str:
        return podman("inspect", "--format", "{{.State.Status}}", self.container(name)).stdout.strip()

    def exit_code(self, name: str) -> int:
        return int(podman("inspect", "--format", "{{.State.ExitCode}}", self.container(name)).stdout)

    def logs(self, name: str) -> str:
        said = podman("logs", self.container(name), check=False)
        return (said.stdout + said.stderr)[-4000:]

    def stop(self, name: str) -> int:
        """By the signal and within the time that the file gives it; returns its exit code."""
        grace = str(self.services[name].get("stop_grace_period", "10s")).removesuffix("s")
        podman("stop", "--time", grace, self.container(name))
        return self.exit_code(name)

    def remove(self) -> None:
        for name in reversed(self.started):
            podman("rm", "--force", "--volumes", self.container(name), check=False)
        for name in self.file["networks"]:
            podman("network", "rm", "--force", f"{self.prefix}-{name}", check=False)
        for name in self.file["volumes"]:
            podman("volume", "rm", "--force", f"{self.prefix}-{name}", check=False)
