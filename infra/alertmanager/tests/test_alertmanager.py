"""The configuration of Alertmanager: valid, each alert goes where it should, what follows from another alert is silent, messages read well."""

import json
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
CONFIG = FOLDER / "alertmanager.yml"
RULES = FOLDER.parent / "prometheus"

# Alert, and who hears of it.
ROUTES = {
    "KiskadeeDown": ["on-call", "team"],
    "KiskadeeSloBurnsFast": ["on-call", "team"],
    "KiskadeeDeadJobs": ["team"],
    "KiskadeeSloLeaks": ["mail"],
    "KiskadeeCertificateEnds": ["mail"],
    "KiskadeeWatchdog": ["dead-mans-switch"],
}


@cache
def severities() -> dict[str, str]:
    files = [yaml.safe_load((RULES / name).read_text()) for name in ("alerts.yml", "slo.yml")]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["labels"]["severity"] for rule in rules}


def amtool(*arguments: str) -> str:
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def receivers(alert: str) -> list[str]:
    labels = [f"alertname={alert}", f"severity={severities()[alert]}"]
    return amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels).strip().split(",")


def test_the_configuration_is_valid() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize("alert", ROUTES)
def test_an_alert_goes_where_it_should(alert: str) -> None:
    assert receivers(alert) == ROUTES[alert]


def named() -> set[str]:
    """The alerts that a matcher spells out."""
    text = CONFIG.read_text()
    found = set(re.findall(r"alertname = (Kiskadee\w+)", text))
    for prefix, ends in re.findall(r"(Kiskadee\w*)\(([\w|]+)\)", text):
        found |= {prefix + end for end in ends.split("|")}
    return found


def test_every_critical_alert_wakes_somebody_and_no_other_does() -> None:
    """Of the others, those that a matcher names: all that it does not name go one way."""
    rules = severities()
    for alert in {alert for alert in rules if rules[alert] == "critical"} | named():
        assert ("on-call" in receivers(alert)) == (rules[alert] == "critical"), alert


def test_the_configuration_names_alerts_that_exist() -> None:
    """A name that is wrong would match nothing, and nobody would notice."""
    assert len(named()) > 15
    assert named() <= set(severities())


def rendered(name: str, status: str, severity: str) -> str:
    alert = {
        "status": status, "startsAt": "2026-11-30T10:00:00Z", "endsAt": "2026-11-30T10:20:00Z",
        "labels": {"alertname": "KiskadeeQueueStale", "severity": severity},
        "annotations": {"summary": "Jobs wait", "description": "For long.", "runbook_url": "https://runbook.example"},
    }
    data = {
        "status": status, "receiver": "team", "alerts": [alert], "groupLabels": {}, "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"], "externalURL": "",
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(data, file)
        file.flush()
        return amtool("template", "render", f"--template.glob={FOLDER}/templates/*.tmpl", f"--template.data={file.name}",
                      f'--template.text={{{{ template "kiskadee.{name}" . }}}}')


def test_messages_say_what_and_what_to_do() -> None:
    assert rendered("title", "firing", "critical") == "[FIRING 1] KiskadeeQueueStale"
    assert rendered("title", "resolved", "critical") == "[RESOLVED] KiskadeeQueueStale"
    assert [rendered("colour", *of) for of in (("firing", "critical"), ("firing", "warning"), ("resolved", "critical"))] == [
        "danger", "warning", "good",
    ]
    assert rendered("text", "firing", "warning") == "*Jobs wait*\nFor long.\nWhat to do: https://runbook.example"
    mail = rendered("mail", "resolved", "warning")
    assert "Since 2026-11-30 10:00 UTC, over since 10:20" in mail
    assert "What to do: https://runbook.example" in mail


class Inbox(BaseHTTPRequestHandler):
    """Keeps what is posted to it, by path."""

    posted: dict[str, list[dict]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted.setdefault(self.path, []).append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def for_tests(inbox: str, templates: Path) -> dict:
    """The configuration with receivers that answer here and without the waits."""
    config = yaml.safe_load(CONFIG.read_text())
    config["global"] = {"resolve_timeout": "5m"}
    config["templates"] = [str(templates / "*.tmpl")]
    config["receivers"] = [
        {"name": receiver["name"], "webhook_configs": [{"url": f"{inbox}/{receiver['name']}"}]} for receiver in config["receivers"]
    ]
    for route in [config["route"], *config["route"]["routes"]]:
        route.update(group_wait="100ms", group_interval="1s")
        route.pop("mute_time_intervals", None)
    return config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Alertmanager itself, with our routes and inhibitions; its address."""
    folder = tmp_path_factory.mktemp("alertmanager")
    server = HTTPServer(("127.0.0.1", 0), Inbox)
    Thread(target=server.serve_forever, daemon=True).start()
    config = for_tests(f"http://127.0.0.1:{server.server_port}", FOLDER / "templates")
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={folder / 'config.yml'}", f"--storage.path={folder / 'data'}",
         f"--web.listen-address={address}", "--cluster.listen-address="],
        stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"),
    )
    try:
        until(lambda: asked(f"http://{address}/-/ready") is not None, (folder / "log").read_text)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)
        server.shutdown()


def asked(url: str, body: object = None) -> bytes | None:
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read()
    except (urllib.error.URLError, ConnectionError):
        return None


def until(holds, told=str) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def silenced_by(running: str, fired: dict[str, dict]) -> dict[str, bool]:
    """Which of these alerts, all firing at once, another one silences."""
    rules = severities()
    body = [{"labels": {"alertname": name, "severity": rules[name], **labels}} for name, labels in fired.items()]
    assert asked(f"{running}/api/v2/alerts", body) is not None

    def now() -> dict[str, bool]:
        found = json.loads(asked(f"{running}/api/v2/alerts") or b"[]")
        return {alert["labels"]["alertname"]: bool(alert["status"]["inhibitedBy"]) for alert in found
                if alert["status"]["state"] != "unprocessed"}

    until(lambda: set(fired) <= set(now()))
    return now()


def test_what_follows_from_another_alert_is_silent(running: str) -> None:
    # One after another, from the narrowest on: what was posted goes on firing.
    burning = {"KiskadeeSloBurnsFast": {"slo": "latency"}, "KiskadeeSloBurns": {"slo": "latency"}, "KiskadeeSloLeaks": {"slo": "availability"}}
    found = silenced_by(running, burning)
    assert (found["KiskadeeSloBurns"], found["KiskadeeSloLeaks"]) == (True, False)
    found = silenced_by(running, {"KiskadeeNoWorkers": {}, "KiskadeeQueueStale": {"queue": "a"}, "KiskadeeErrorRate": {}})
    assert (found["KiskadeeQueueStale"], found["KiskadeeErrorRate"]) == (True, False)
    found = silenced_by(running, {"KiskadeeDown": {}, "KiskadeeErrorRate": {}, "KiskadeeDiskFills": {"instance": "db"}, "KiskadeeWatchdog": {}})
    assert found["KiskadeeErrorRate"] and found["KiskadeeNoWorkers"]
    assert not any(found[name] for name in ("KiskadeeDown", "KiskadeeDiskFills", "KiskadeeWatchdog"))


def test_messages_arrive(running: str) -> None:
    asked(f"{running}/api/v2/alerts", [{"labels": {"alertname": "KiskadeeDown", "severity": "critical"}},
                                       {"labels": {"alertname": "KiskadeeWatchdog", "severity": "none"}}])
    until(lambda: {"/on-call", "/team", "/dead-mans-switch"} <= set(Inbox.posted), lambda: str(set(Inbox.posted)))
    woken = [alert["labels"]["alertname"] for post in Inbox.posted["/on-call"] for alert in post["alerts"]]
    assert "KiskadeeDown" in woken
    assert "KiskadeeWatchdog" not in woken
