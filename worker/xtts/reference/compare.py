#!/usr/bin/env python
"""Measure the reference and this crate on the same checkpoint in turn, and print a table of both with their ratios.

Needs an imported model (`kiskadee models import`) made of the checkpoint, and `cargo build --release -p kiskadee-xtts --example xtts_bench`.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
STAGES = {
    "load": "load",
    "conditioning": "conditioning of 6 s",
    "generate": "200 codes, batch of 1",
    "batch": "200 codes, batch of 4",
    "batch_8": "200 codes, batch of 8",
    "vocoder": "vocoder, 200 codes (9.28 s)",
    "inference": "end to end, 200 codes",
    "stream": "streaming, 200 codes",
    "inference_8": "end to end, batch of 8",
}


def lines(command: list[str], threads: int) -> list[dict]:
    """Run a benchmark and read its JSON lines."""
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    print("running:", *command, file=sys.stderr)
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def cell(line: dict | None, against: dict | None, what: str) -> str:
    """A figure, with its share of the reference's."""
    if line is None or line.get(what) is None:
        return "–"
    share = f" ({line[what] / against[what]:.2f})" if against and against is not line and against.get(what) else ""
    return f"{line[what]:.2f}{share}"


def table(runs: dict[str, dict[str, dict]], what: str, title: str) -> None:
    """One row a stage, one column a run; the first run is the reference."""
    reference = next(iter(runs.values()))
    print(f"\n| {title} | " + " | ".join(runs) + " |")
    print("|---|" + "---:|" * len(runs))
    for stage, words in STAGES.items():
        cells = [cell(run.get(stage), reference.get(stage), what) for run in runs.values()]
        if any(text != "–" for text in cells):
            print(f"| {words} | " + " | ".join(cells) + " |")


def main() -> None:
    """Read the command line, run everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of make_checkpoint.py")
    parser.add_argument("--model", type=Path, required=True, help="the same, imported")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--bench", type=Path, default=ROOT / "target/release/examples/xtts_bench")
    parser.add_argument("--reference", type=Path, help="JSON lines of an earlier run of bench.py instead of a new one")
    parser.add_argument("--runs", type=int, default=2, help="runs of each stage of the reference (default 2)")
    parser.add_argument("--only", help="stages, with commas between")
    options = parser.parse_args()
    precisions = ["f32", "q8"] if options.device == "cpu" else ["f32", "f16", "bf16"]
    common = ["--device", options.device, "--threads", str(options.threads)]
    only = ["--only", options.only] if options.only else []
    known = {"conditioning", "generate", "batch", "vocoder", "inference", "stream"}
    of_reference = [name for name in (options.only or "").split(",") if name in known]
    runs = {}
    if options.reference:
        found = [json.loads(line) for line in options.reference.read_text().splitlines()]
    else:
        script = [sys.executable, str(HERE / "bench.py"), "--checkpoint", str(options.checkpoint), "--runs", str(options.runs)]
        found = lines([*script, *common, *(["--only", *of_reference] if of_reference else [])], options.threads)
    runs["reference"] = {line["name"]: line for line in found}
    for precision in precisions:
        command = [str(options.bench), str(options.model), "--precision", precision, *common, *only]
        runs[f"kiskadee {precision}"] = {line["name"]: line for line in lines(command, options.threads)}
    print(json.dumps(runs), file=sys.stderr)
    for what, title in [
        ("cpu_seconds", "CPU seconds"),
        ("wall_seconds", "wall seconds"),
        ("tokens_per_cpu_second", "codes per CPU second"),
        ("first_chunk_cpu_seconds", "CPU seconds to the first audio"),
        ("peak_rss_mib", "peak memory so far, MiB"),
    ]:
        table(runs, what, f"{title}, {options.device}, {options.threads} thread(s)")


if __name__ == "__main__":
    main()
