#!/usr/bin/env python
"""Measure onnxruntime and this crate on the same voice in turn, one thread, and print a table of both.

Needs the imported voice (example `piper_import`), and `cargo build --release -p kiskadee-piper --examples`. CPU seconds count.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

RUNS = 3


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def reference(voice: str, sentences: list[list[int]]) -> None:
    """Speak all sentences with onnxruntime; one JSON object a line."""
    import numpy as np
    import onnxruntime

    before, began = resident_mb(), time.process_time()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(voice, options, providers=["CPUExecutionProvider"])
    print(json.dumps({"name": "load", "cpu_seconds": time.process_time() - began}))
    rate = json.loads(Path(f"{voice}.json").read_text())["audio"]["sample_rate"]
    for ids in sentences:
        feeds = {
            "input": np.array([ids], np.int64), "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([0.667, 1.0, 0.8], np.float32),
        }  # fmt: skip
        began = time.process_time()
        samples = session.run(None, feeds)[0].size
        spent = time.process_time() - began
        sentence = {"name": "sentence", "cpu_seconds": spent, "first_audio_cpu_seconds": spent, "audio_seconds": samples / rate}
        print(json.dumps(sentence))
    print(json.dumps({"name": "end", "resident_mb": resident_mb() - before}))


def lines(command: list[str]) -> list[dict]:
    """Run a benchmark on one thread and read its JSON lines."""
    environment = os.environ | {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def figures(runs: list[list[dict]]) -> dict[str, float]:
    """The medians over runs."""

    def median(of) -> float:
        return sorted(of(run) for run in runs)[len(runs) // 2]

    def total(run: list[dict], what: str) -> float:
        return sum(line[what] for line in run if line["name"] == "sentence")

    def longest(run: list[dict]) -> dict:
        return max((line for line in run if line["name"] == "sentence"), key=lambda line: line["audio_seconds"])

    return {
        "load, CPU seconds": median(lambda run: run[0]["cpu_seconds"]),
        "CPU seconds for a second of audio": median(lambda run: total(run, "cpu_seconds") / total(run, "audio_seconds")),
        "longest sentence, seconds of audio": median(lambda run: longest(run)["audio_seconds"]),
        "longest sentence, CPU seconds": median(lambda run: longest(run)["cpu_seconds"]),
        "to its first audio, CPU seconds": median(lambda run: longest(run)["first_audio_cpu_seconds"]),
        "resident at the end, MB": median(lambda run: run[-1]["resident_mb"]),
    }


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", required=True, help="the published voice")
    parser.add_argument("--model", required=True, help="the same, imported")
    parser.add_argument("--ids", required=True, help="a file with the ids of a sentence on each line")
    parser.add_argument("--binary", default="target/release/examples/piper_bench")
    parser.add_argument("--reference", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sentences = [[int(number) for number in line.split()] for line in Path(options.ids).read_text().splitlines()]
    if options.reference:
        reference(options.onnx, sentences)
        return
    runs: dict[str, list] = {"onnxruntime": [], "kiskadee": []}
    for _ in range(RUNS):
        runs["onnxruntime"].append(lines([sys.executable, __file__, *sys.argv[1:], "--reference"]))
        runs["kiskadee"].append(lines([options.binary, options.model, options.ids]))
    theirs, ours = figures(runs["onnxruntime"]), figures(runs["kiskadee"])
    print("| one thread | onnxruntime | this crate |\n|---|---:|---:|")
    for name, value in theirs.items():
        share = f" ({ours[name] / value:.2f})" if "seconds of audio" not in name else ""
        print(f"| {name} | {value:.3f} | {ours[name]:.3f}{share} |")


if __name__ == "__main__":
    main()
