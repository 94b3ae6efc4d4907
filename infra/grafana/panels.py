"""Panels of Grafana, as few of their many settings as we use. A panel asks Prometheus and takes part of a row 24 units wide."""

from dataclasses import dataclass, field

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# A query with what its series are called.
Query = tuple[str, str]


@dataclass(frozen=True)
class Panel:
    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 12
    height: int = 8
    # Colour from a value on; the first is that of everything below.
    steps: tuple[tuple[str, float | None], ...] = ()
    says: str = ""
    stacked: bool = False

    def json(self, number: int, x: int, y: int) -> dict:
        panel = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "datasource": SOURCE,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "targets": [
                {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
                for index, (expr, legend) in enumerate(self.queries)
            ],
            "fieldConfig": {"defaults": self.defaults(), "overrides": []},
            "options": self.options(),
        }
        if self.says:
            panel["description"] = self.says
        return panel

    def defaults(self) -> dict:
        defaults: dict = {"unit": self.unit}
        if self.steps:
            defaults["thresholds"] = {"mode": "absolute", "steps": [{"color": colour, "value": value} for colour, value in self.steps]}
        if self.kind == "timeseries":
            defaults["min"] = 0
            defaults["custom"] = {"fillOpacity": 10, "showPoints": "never", "stacking": {"mode": "normal" if self.stacked else "none"}}
        return defaults

    def options(self) -> dict:
        if self.kind == "stat":
            return {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "background" if self.steps else "value",
                "graphMode": "area",
            }
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}


def stat(title: str, query: str, unit: str = "short", steps: tuple = (), says: str = "", width: int = 4) -> Panel:
    """One figure."""
    return Panel(title, ((query, ""),), unit, "stat", width, 4, steps, says)


def graph(title: str, *queries: Query, unit: str = "short", width: int = 8, says: str = "", stacked: bool = False) -> Panel:
    """Figures over time."""
    return Panel(title, queries, unit, "timeseries", width, 8, (), says, stacked)


def quantiles(title: str, histogram: str, by: str = "", selector: str = "", unit: str = "s", width: int = 12, says: str = "") -> Panel:
    """The median and the 95th percentile of a histogram, for each value of a label where one is named."""
    labels = f"le, {by}" if by else "le"
    legend = f"{{{{{by}}}}} " if by else ""

    def query(share: float) -> str:
        return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{selector}[$__rate_interval])))"

    return graph(title, (query(0.5), legend + "median"), (query(0.95), legend + "95 %"), unit=unit, width=width, says=says)


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    says: str
    # Titles of rows, with their panels.
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    since: str = "now-6h"
    tags: tuple[str, ...] = field(default=("kiskadee",))

    def json(self) -> dict:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.says,
            "tags": list(self.tags),
            "schemaVersion": 39,
            "version": 1,
            "editable": True,
            "refresh": "30s",
            "timezone": "browser",
            "time": {"from": self.since, "to": "now"},
            "graphTooltip": 1,
            "templating": {
                "list": [
                    {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0}
                ]
            },
            "annotations": {"list": []},
            # To the others, from each.
            "links": [{"type": "dashboards", "tags": ["kiskadee"], "title": "Kiskadee", "asDropdown": True, "keepTime": True}],
            "panels": self.panels(),
        }

    def panels(self) -> list[dict]:
        placed: list[dict] = []
        y = 0
        for title, panels in self.rows:
            placed.append(
                {"id": len(placed) + 1, "type": "row", "title": title, "collapsed": False, "panels": [],
                 "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}}
            )
            y += 1
            x = tallest = 0
            for panel in panels:
                if x + panel.width > 24:
                    x, y, tallest = 0, y + tallest, 0
                placed.append(panel.json(len(placed) + 1, x, y))
                x, tallest = x + panel.width, max(tallest, panel.height)
            y += tallest
        return placed
