"""The metrics of the fleet's page, as the migrations declare them, and the page that lists them.

`python infra/prometheus/metrics.py` writes `METRICS.md`; a test compares it with what stands there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIGRATIONS = HERE.parent.parent / "shared" / "migrations"
DECLARATION = re.compile(r"insert into telemetry\.metric \(([^)]*)\) values\s*(.*?);\n", re.DOTALL)
# A text of SQL, or null; what stands between two of them needs no attention, but for the brackets that part rows.
TOKEN = re.compile(r"'((?:[^']|'')*)'|\b(null)\b|([()])")

# By the beginnings of names, in the order of the page.
AREAS = (
    ("Requests", ("http_", "api_latency")),
    ("Queue", ("queue_",)),
    ("Workers", ("worker", "fleet_", "build_")),
    ("Speech and engines", ("tts_", "audio_", "rvc_", "cache_", "gpu_")),
    ("Training", ("training_",)),
    ("Storage", ("storage_",)),
    ("Backups", ("backup_",)),
    ("Webhooks", ("webhook_",)),
    ("People and use", ("accounts", "api_keys", "sign_in", "security_")),
    ("Postgres", ("postgres_", "schema_")),
)

HEAD = """\
# Metrics

Written by `metrics.py` from the migrations, where metrics are declared.

These are on `GET /metrics` of the service, summed over all edges and workers. Counters do not start again from zero when a process does. Labels
name queues, engines, workers and tables, never an owner, a job or a voice: their number is bounded, and a metric has at most 1000 series (what
comes after them is added up as `other`). What begins with `postgres_`, and some that are dear, are measured by the worker that leads, every
quarter of a minute or every ten minutes; they are left out when nobody has measured for two minutes, or for half an hour.

Each edge and each worker has a page of its own beside it (`--metrics-listen`), whose names begin with `kiskadee_edge_` and `kiskadee_worker_`.
"""


@dataclass(frozen=True)
class Metric:
    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]


def rows(values: str) -> Iterator[list[str | None]]:
    """The texts of each row; brackets within texts are none."""
    row: list[str | None] = []
    for text, null, bracket in TOKEN.findall(values):
        if bracket == "(":
            row = []
        elif bracket == ")":
            yield row
        else:
            row.append(None if null else text.replace("''", "'"))


def array(text: str | None) -> tuple[str, ...]:
    """`{a,b}` as Postgres writes arrays."""
    return tuple(item for item in (text or "{}").strip("{}").split(",") if item)


def declared() -> dict[str, Metric]:
    """By name, in the order of the migrations."""
    found = {}
    for file in sorted(MIGRATIONS.glob("*.sql")):
        for columns, values in DECLARATION.findall(file.read_text()):
            names = [column.strip() for column in columns.split(",")]
            for row in rows(values):
                cells = dict(zip(names, row, strict=True))
                bounds = tuple(map(float, array(cells.get("buckets"))))
                metric = Metric(cells["name"] or "", cells["kind"] or "", cells["help"] or "", array(cells.get("labels")), bounds)
                found[metric.name] = metric
    return found


def area_of(name: str) -> str:
    return next(area for area, beginnings in AREAS if name.startswith(beginnings))


def text() -> str:
    metrics = declared()
    parts = [HEAD]
    for area, _ in AREAS:
        lines = [
            f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
            for metric in sorted(metrics.values(), key=lambda metric: metric.name)
            if area_of(metric.name) == area
        ]
        parts.append(f"\n## {area}\n\n| name | kind | labels | meaning |\n|---|---|---|---|\n" + "\n".join(lines) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    (HERE / "METRICS.md").write_text(text())
