"""The examples of shipping: they read, labels are few, and Debian's rsyslog ships lines as its example says."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
# Not on the path of everybody.
RSYSLOGD = shutil.which("rsyslogd", path=os.environ["PATH"] + ":/usr/sbin") or "rsyslogd"
LINES = (Path(__file__).parent / "lines.jsonl").read_text().splitlines()
# Of few values each; ids would make a stream for every request.
LABELS = {"service", "level"}


@pytest.mark.parametrize("name", ["loki.yml", "promtail.yml", "vector.yaml"])
def test_a_file_of_yaml_reads(name: str) -> None:
    assert yaml.safe_load((FOLDER / name).read_text())


def test_labels_are_few() -> None:
    vector = yaml.safe_load((FOLDER / "vector.yaml").read_text())
    assert set(vector["sinks"]["loki"]["labels"]) == LABELS
    scrape = yaml.safe_load((FOLDER / "promtail.yml").read_text())["scrape_configs"][0]
    stages = {name: stage for stage in scrape["pipeline_stages"] for name, stage in stage.items()}
    fixed = {label for config in scrape["static_configs"] for label in config["labels"] if not label.startswith("__")}
    assert set(stages["labels"]) | fixed == LABELS
    alloy = (FOLDER / "alloy.alloy").read_text()
    assert re.search(r"stage\.labels \{\s*values = \{level = \"\"\}", alloy)
    assert alloy.count('"service"') == 2


def test_alloy_and_promtail_read_the_same_fields() -> None:
    scrape = yaml.safe_load((FOLDER / "promtail.yml").read_text())["scrape_configs"][0]
    of_promtail = next(stage["json"]["expressions"] for stage in scrape["pipeline_stages"] if "json" in stage)
    block = re.search(r"expressions = \{(.*?)\}", (FOLDER / "alloy.alloy").read_text(), re.DOTALL)
    assert block
    assert dict(re.findall(r"(\w+)\s*= \"([\w.]+)\"", block[1])) == of_promtail


def test_probes_are_dropped_and_nothing_else() -> None:
    scrape = yaml.safe_load((FOLDER / "promtail.yml").read_text())["scrape_configs"][0]
    drop = next(stage["drop"]["expression"] for stage in scrape["pipeline_stages"] if "drop" in stage)
    assert [bool(re.search(drop, line)) for line in LINES] == [True, False, False, False]
    assert json.dumps(drop)[1:-1] in (FOLDER / "alloy.alloy").read_text()


def shipped(folder: Path, lines: list[str]) -> list[dict]:
    """What arrives at a collector of the lines, by rsyslog with the example's own rules; paths and the address are of this test."""
    logs = folder / "logs"
    logs.mkdir()
    (logs / "edge.jsonl").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as collector:
        text = (FOLDER / "rsyslog.conf").read_text()
        text = text.replace("/var/lib/kiskadee/logs", str(logs)).replace('port="5170"', f'port="{collector.getsockname()[1]}"')
        config = folder / "rsyslog.conf"
        config.write_text(f'global(workDirectory="{folder}")\n{text}')
        checked = subprocess.run([RSYSLOGD, "-N1", "-f", config], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        process = subprocess.Popen([RSYSLOGD, "-n", "-f", config, "-i", folder / "pid"], stderr=subprocess.DEVNULL)
        try:
            collector.settimeout(20)
            # It connects with the first line.
            time.sleep(1)
            with (logs / "edge.jsonl").open("a") as log:
                log.write("\n".join(lines) + "\n")
            connection, _ = collector.accept()
            connection.settimeout(20)
            with connection.makefile() as arriving:
                return [json.loads(arriving.readline()) for _ in lines]
        finally:
            process.terminate()
            process.wait(10)


def test_rsyslog_ships_lines_as_they_are(tmp_path: Path) -> None:
    arrived = shipped(tmp_path, LINES)
    assert [line["msg"] for line in arrived] == [
        "answered", "swept the storage", "thread 'main' panicked: a line of \\ \"another\" making", "draining",
    ]
    assert arrived[0]["request_id"] == json.loads(LINES[0])["request_id"]
    assert arrived[0]["ms"] == 1.98
    assert [line["service"] for line in arrived] == ["kiskadee-edge", "kiskadee-worker", "kiskadee-edge", "kiskadee-worker"]
    assert all(line["host"] and line["level"] for line in arrived)
