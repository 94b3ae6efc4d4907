"""Predicted mean opinion scores (1 to 5) of recordings by DistillMOS, without a reference.

usage: quality.py < PATHS, one a line; writes a JSON number for each, null for a recording without samples. It runs in a process
of its own, for torch lies in an environment of its own.
"""

import contextlib
import json
import pathlib
import sys

import distillmos
import soundfile
import torch
import torchaudio

import pinned

RATE = 16_000
WEIGHTS = "distill_mos_v7.pt"
WEIGHTS_SHA256 = "b18b3ac60227267cfb91e5d00ce22cc7b73716fd92f269484da1446e27031a40"


def load():
    pinned.check(pathlib.Path(distillmos.__file__).parent / "weights" / WEIGHTS, WEIGHTS_SHA256)
    # It tells on standard output where its weights lie.
    with contextlib.redirect_stdout(sys.stderr):
        model = distillmos.ConvTransformerSQAModel()
    model.eval()
    return model


def score(model, path):
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if not len(samples):
        return None
    wave = torch.from_numpy(samples.mean(axis=1))[None]
    if rate != RATE:
        wave = torchaudio.functional.resample(wave, rate, RATE)
    with torch.no_grad():
        return float(model(wave))


def main():
    torch.set_num_threads(1)
    model = load()
    for line in sys.stdin:
        print(json.dumps(score(model, line.rstrip("\n"))), flush=True)


if __name__ == "__main__":
    main()
