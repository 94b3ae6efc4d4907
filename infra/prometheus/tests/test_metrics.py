"""What is declared can be counted without end: labels are few and name nobody. And the page that lists the metrics is up to date."""

import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))

import metrics  # noqa: E402

METRICS = metrics.declared()

# What a label may name. Each has a bounded number of values: words of the program, or what an operator has installed.
LABELS = {
    "action", "cache", "class", "component", "device", "end", "endpoint", "engine", "family", "language", "method", "outcome", "pool", "priority",
    "queue", "reason", "role", "state", "status", "table", "version", "within", "worker",
}
UNITS = ("_bytes", "_seconds", "_percent", "_celsius", "_hertz", "_watts", "_joules", "_ratio")


def test_the_page_of_metrics_is_up_to_date() -> None:
    assert (FOLDER / "METRICS.md").read_text() == metrics.text(), "python infra/prometheus/metrics.py"


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_well_declared(name: str) -> None:
    metric = METRICS[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert (metric.kind == "counter") == name.endswith("_total"), "counters, and only they, end in _total"
    assert metric.help.endswith(".") and len(metric.help) > 10
    assert set(metric.labels) <= LABELS, "a label that names an owner, a job or a voice has no bound"
    assert list(metric.bounds) == sorted(set(metric.bounds))
    assert (metric.kind == "histogram") == bool(metric.bounds)


def test_there_are_enough() -> None:
    assert len(METRICS) >= 50


def test_units_are_base_units() -> None:
    for name in METRICS:
        assert not re.search(r"_(ms|milliseconds|minutes|hours|kb|mb|kib|mib)(_|$)", name), name
