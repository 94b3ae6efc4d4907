#!/usr/bin/env python
"""CPU time of onnxruntime and of this crate on the same phones, one thread each, in turn.

    bench.py --onnx kokoro-v1.0.int8.onnx --model FOLDER --voice af_heart --example target/release/examples/kokoro_bench --phones FILE
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

RATE = 24_000


def run_onnxruntime(onnx: Path, model: Path, voice: str, phones: Path) -> dict[str, float]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    begin = time.process_time()
    session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    load = time.process_time() - begin
    vocabulary = json.loads((model / "config.json").read_text())["vocab"]
    rows = load_file(model / "voices.safetensors")[voice]
    tokens, _, speed = session.get_inputs()
    one = np.ones(1, np.int32 if "int32" in speed.type else np.float32)
    begin, samples = time.process_time(), 0
    for line in phones.read_text().splitlines():
        ids = [vocabulary[symbol] for symbol in line if symbol in vocabulary]
        feed = {tokens.name: np.array([[0, *ids, 0]], np.int64), "style": rows[len(ids) - 1][None], speed.name: one}
        samples += session.run(None, feed)[0].size
    spent = time.process_time() - begin
    return {
        "load": load,
        "audio_seconds": samples / RATE,
        "cpu_per_audio_second": spent / (samples / RATE),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("onnx", "model", "example", "phones"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--voice", default="af_heart")
    options = parser.parse_args()
    command = [options.example, options.model, options.voice, options.phones]
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)
    theirs = run_onnxruntime(options.onnx, options.model, options.voice, options.phones)
    json.dump({"onnxruntime": theirs, "kokoro": ours}, sys.stdout, indent=1)
    share = ours["cpu_per_audio_second"] / theirs["cpu_per_audio_second"]
    print(f"\nshare of onnxruntime: {share:.2f}")


main()
