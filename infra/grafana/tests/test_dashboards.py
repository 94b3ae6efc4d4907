"""The dashboards are what the generator writes; every query parses and names metrics that exist; every metric is on a panel."""

import json
import re
import sys
from functools import cache
from pathlib import Path

import promql_parser
import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
RULES = FOLDER.parent / "prometheus"
sys.path[:0] = [str(FOLDER), str(RULES), str(FOLDER.parent / "postgres/pgbackrest")]

import dashboards  # noqa: E402
import measure  # noqa: E402
import metrics  # noqa: E402

FILES = {file.name: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
PANELS = [(name, panel) for name, board in FILES.items() for panel in board["panels"]]
QUERIES = sorted({target["expr"] for _, panel in PANELS for target in panel.get("targets", [])})
# Of Prometheus itself, of its exporters of Debian, and what one of these reads of pgBackRest.
OTHERS = {f"{measure.PREFIX}_{name}" for name in measure.METRICS} | {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "probe_ssl_earliest_cert_expiry"}
# Grafana puts a time for each of these before it asks.
INTERVALS = {"$__rate_interval": "1m", "$__range": "6h"}
UNITS = {"short", "none", "s", "h", "bytes", "Bps", "percent", "percentunit", "ops", "reqps", "watt", "celsius", "hertz"}


@cache
def rules() -> list[dict]:
    files = [yaml.safe_load((RULES / name).read_text()) for name in ("alerts.yml", "slo.yml")]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@cache
def known() -> set[str]:
    """All names that a query may use."""
    names = set(OTHERS) | {rule["record"] for rule in rules() if "record" in rule}
    for metric in metrics.declared().values():
        ends = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        names |= {metric.name + end for end in ends}
    return names


def plain(query: str) -> str:
    for name, time in INTERVALS.items():
        query = query.replace(name, time)
    return query


def names_in(expression: promql_parser.Expr) -> set[str]:
    """The metrics of a parsed query."""
    names: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            names.add(node.name)
        elif isinstance(node, promql_parser.MatrixSelector):
            names.add(node.vector_selector.name)

    promql_parser.walk(expression, visit)
    return names


def test_what_is_generated_is_what_is_committed() -> None:
    texts = dashboards.texts()
    assert set(FILES) == set(texts)
    for name, text in texts.items():
        assert (FOLDER / name).read_text() == text, "python infra/grafana/dashboards.py"


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_a_panel_parses_and_names_metrics_that_exist(query: str) -> None:
    names = names_in(promql_parser.parse(plain(query)))
    assert names
    assert names <= known(), f"not declared: {names - known()}"


def test_rules_name_metrics_that_exist() -> None:
    for rule in rules():
        names = names_in(promql_parser.parse(rule["expr"]))
        assert names <= known(), f"{rule}: {names - known()}"
        # A number, or the watchdog.
        assert names or "vector(" in rule["expr"]


@pytest.mark.parametrize("wrong", ["sum(rate(queue_depths[5m]))", "max(workers_alive) by (nonsense", "histogram_quantile(0.5, queue_wait_seconds)"])
def test_a_wrong_query_is_found(wrong: str) -> None:
    try:
        names = names_in(promql_parser.parse(wrong))
    except ValueError:
        return
    assert not names <= known()


def test_every_metric_is_on_a_panel() -> None:
    shown = {name for query in QUERIES for name in names_in(promql_parser.parse(plain(query)))}
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown} | shown
    missing = set(metrics.declared()) - bare
    # What rules record is on a panel through them.
    recorded = {name for rule in rules() if "record" in rule for name in names_in(promql_parser.parse(rule["expr"]))}
    assert not missing - recorded, sorted(missing - recorded)


@pytest.mark.parametrize("name", FILES)
def test_panels_have_their_own_places(name: str) -> None:
    board = FILES[name]
    assert board["uid"] and board["title"] and board["description"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["targets"]
            assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


def test_dashboards_have_their_own_names() -> None:
    uids = [board["uid"] for board in FILES.values()]
    assert len(uids) == len(set(uids)) >= 6
