"""Writes `slo.yml`: one template of rules, for each objective and each window.

`python infra/prometheus/slo.py` writes the file; a test compares it with what stands there.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
WINDOWS = ("5m", "30m", "1h", "6h", "3d")

# Routes that are no work of clients: `/ready` answers 503 by design, and the pages are files.
OPERATIONS = 'endpoint!~"/(health|ready|metrics)|/(docs|redoc)?(/[.]{3})?|/monitoring/.*|other"'
# What speaks or streams takes as long as it takes.
LONG = 'endpoint!~".*(speech|audio|download|events).*|/(health|ready|metrics)|/(docs|redoc)?(/[.]{3})?|other"'
SPOKEN = 'endpoint="/v1/audio/speech"'

HEAD = """\
# Written by slo.py; change it there.
#
# What the service promises, how much of the promise was broken over each window, and alerts on how fast the rest is used up.
#
# An objective of 99.9 % leaves an error budget of 0.1 % of 30 days; burning at the rate 1 uses it up in exactly 30 days. The
# factors and windows are those of Google's SRE workbook: 14.4 over an hour is 2 % of the budget, 6 over six hours is 5 %, 1
# over three days is 10 %. The short window of each pair lets the alert end soon after the trouble does.
groups:
"""


def slow(histogram: str, selector: str, bound: str, window: str) -> str:
    """The share of observations above a bound that the histogram has."""
    both = f"{selector}," if selector else ""
    return (
        f'1 - sum(rate({histogram}_bucket{{{both}le="{bound}"}}[{window}]))\n'
        f"  / sum(rate({histogram}_count{{{selector}}}[{window}]))"
    )


def errors(window: str) -> str:
    """The share of requests that failed on our side; zero, not nothing, where none did."""
    return (
        f'(sum(rate(http_requests_total{{status=~"5..",{OPERATIONS}}}[{window}])) or vector(0))\n'
        f"  / sum(rate(http_requests_total{{{OPERATIONS}}}[{window}]))"
    )


# Name, objective, what it promises, and the share of broken promises over a window.
OBJECTIVES = (
    ("availability", 0.999, "Requests to the API do not fail on our side.", errors),
    (
        "latency",
        0.99,
        "Answers outside speech begin within 250 ms; the histogram has no bound at 300.",
        lambda window: slow("api_latency_seconds", LONG, "0.25", window),
    ),
    (
        "first_audio",
        0.95,
        "The head of a spoken answer, which waits for the first audio, is there within a second.",
        lambda window: slow("api_latency_seconds", SPOKEN, "1", window),
    ),
    (
        "interactive_wait",
        0.99,
        "Interactive jobs start within five seconds of being ready.",
        lambda window: slow("queue_wait_seconds", 'priority="interactive"', "5", window),
    ),
    (
        "batch_wait",
        0.95,
        "Batch jobs start within five minutes of being ready.",
        lambda window: slow("queue_wait_seconds", 'priority="batch"', "300", window),
    ),
)

# Name, long window, short window, factor, for, severity, summary, description.
BURNS = (
    ("KiskadeeSloBurnsFast", "1h", "5m", 14.4, "2m", "critical", "loses its budget of a month within two days",
     "Over the last hour {} broke the promise, more than 14 times what the objective allows."),
    ("KiskadeeSloBurns", "6h", "30m", 6, "15m", "critical", "loses its budget of a month within five days",
     "Over the last six hours {} broke the promise, more than six times what the objective allows."),
    ("KiskadeeSloLeaks", "3d", "6h", 1, "1h", "warning", "will be missed this month if it goes on like this",
     "Over the last three days {} broke the promise, more than the objective allows."),
)

RUNBOOKS = "https://github.com/kiskadee/kiskadee/blob/main/infra/prometheus/runbooks"


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def objective_rules() -> str:
    rules = ["  - name: kiskadee-objectives\n    rules:\n"]
    for name, objective, promise, _ in OBJECTIVES:
        rules.append(
            f"      # {promise}\n      - record: slo:objective\n        expr: vector({objective})\n"
            f"        labels:\n          slo: {name}\n"
        )
    return "".join(rules)


def ratio_rules(window: str) -> str:
    # What looks back far need not be asked often.
    every = {"5m": "30s", "30m": "1m", "1h": "1m", "6h": "5m", "3d": "5m"}[window]
    rules = [f"  - name: kiskadee-error-ratio-{window}\n    interval: {every}\n    rules:\n"]
    for name, _, _, ratio in OBJECTIVES:
        rules.append(
            f"      - record: slo:error_ratio:rate{window}\n        expr: |\n{indented(ratio(window), 10)}\n"
            f"        labels:\n          slo: {name}\n"
        )
    return "".join(rules)


def burn_rules() -> str:
    rules = ["  - name: kiskadee-slo-alerts\n    rules:\n"]
    for alert, long, short, factor, held, severity, summary, description in BURNS:
        # The objectives carry the same label, so each ratio meets its own.
        allowed = f"{factor} * (1 - slo:objective)"
        rules.append(
            f"      - alert: {alert}\n        expr: |\n"
            f"          slo:error_ratio:rate{long} > on (slo) {allowed}\n"
            f"            and on (slo) slo:error_ratio:rate{short} > on (slo) {allowed}\n"
            f"        for: {held}\n        labels:\n          severity: {severity}\n        annotations:\n"
            f"          summary: The objective {{{{ $labels.slo }}}} {summary}\n"
            f'          description: "{description.format("{{ $value | humanizePercentage }}")}"\n'
            f"          runbook_url: {RUNBOOKS}/{alert}.md\n"
        )
    return "".join(rules)


def text() -> str:
    return HEAD + "\n".join([objective_rules(), *map(ratio_rules, WINDOWS), burn_rules()])


if __name__ == "__main__":
    (HERE / "slo.yml").write_text(text())
