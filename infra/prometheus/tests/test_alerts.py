"""Every alert fires when it should, not before its `for` is over, and not when it should not; and its runbook can be followed."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
FILES = ("alerts.yml", "slo.yml")
RUNBOOKS = FOLDER / "runbooks"
CASES = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text())
SEVERITIES = {"critical", "warning", "none"}


def groups() -> list[dict]:
    return [group for name in FILES for group in yaml.safe_load((FOLDER / name).read_text())["groups"]]


ALERTS = {rule["alert"]: rule for group in groups() for rule in group["rules"] if "alert" in rule}


def promtool(*arguments: object) -> str:
    """Its output; a failure shows it."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def minutes(duration: str) -> int:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    parts = re.findall(r"(\d+)([mhd])", duration)
    return int(sum((timedelta(**{units[unit]: int(count)}) for count, unit in parts), timedelta()).total_seconds()) // 60


def series(given: dict) -> list[dict]:
    return [{"series": name, "values": values} for name, values in given.items()]


def at(minute: int, alert: str, expected: dict | None) -> dict:
    """What promtool is to see at a minute: nothing, or one alert with these labels and this summary."""
    return {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": [expected] if expected else []}


def promises_of(alert: str, case: dict) -> list[dict]:
    rule = ALERTS[alert]
    first = case.get("begins", 0) + minutes(rule["for"])
    fired = {
        "exp_labels": {"severity": rule["labels"]["severity"], **case.get("labels", {})},
        "exp_annotations": {"summary": case.get("summary", rule["annotations"]["summary"])},
    }
    asked = [at(minute, alert, None) for minute in {case.get("begins", 0), first - 1} if 0 <= minute < first]
    tests = [{"interval": "1m", "input_series": series(case["fires"]), "alert_rule_test": [*asked, at(first, alert, fired)]}]
    if case["quiet"] is not None:
        whole = [at(minute, alert, None) for minute in (0, 5, first, first + 30)]
        tests.append({"interval": "1m", "input_series": series(case["quiet"]), "alert_rule_test": whole})
    return tests


def rules_of(alert: str) -> list[dict]:
    """The alert's own rule, after the recording rules where it stands on them; once a minute, as the samples. Of its annotations
    only the summary, for a test has to spell out all that there are."""
    rule = ALERTS[alert]
    alone = {**rule, "annotations": {"summary": rule["annotations"]["summary"]}}
    recorded = []
    if "slo:" in rule["expr"]:
        recorded = [{"name": group["name"], "rules": group["rules"]} for group in groups() if "record" in group["rules"][0]]
    return [*recorded, {"name": alert, "rules": [alone]}]


def written(folder: Path, alert: str, case: dict) -> Path:
    """A test file of promtool, with its rules beside it."""
    rules = rules_of(alert)
    (folder / f"{alert}.rules.yml").write_text(yaml.safe_dump({"groups": rules}))
    test = {
        "rule_files": [f"{alert}.rules.yml"],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in rules],
        "tests": promises_of(alert, case),
    }
    (folder / f"{alert}.yml").write_text(yaml.safe_dump(test))
    return folder / f"{alert}.yml"


def test_the_rules_and_the_configuration_are_valid() -> None:
    promtool("check", "rules", *(FOLDER / name for name in FILES))
    promtool("check", "config", FOLDER / "prometheus.yml")


def test_every_alert_has_a_case() -> None:
    assert set(CASES) == set(ALERTS)


def test_every_alert_fires_and_keeps_silent(tmp_path: Path) -> None:
    promtool("test", "rules", *(written(tmp_path, alert, case) for alert, case in CASES.items()))


def test_a_case_can_fail(tmp_path: Path) -> None:
    """The series under which an alert keeps silent, asked for as if it fired."""
    case = CASES["KiskadeeNoWorkers"]
    file = written(tmp_path, "KiskadeeNoWorkers", {**case, "fires": case["quiet"]})
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "KiskadeeNoWorkers" in done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_it_means(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in SEVERITIES
    assert "for" in rule, "say how long it must hold, if only 0m"
    annotations = rule["annotations"]
    assert annotations["summary"] and annotations["description"]
    assert annotations["runbook_url"].endswith(f"/infra/prometheus/runbooks/{alert}.md")


def test_what_is_generated_is_what_is_committed() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("slo", FOLDER / "slo.py")
    assert spec and spec.loader
    slo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(slo)
    assert (FOLDER / "slo.yml").read_text() == slo.text(), "python infra/prometheus/slo.py"
