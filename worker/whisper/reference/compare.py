#!/usr/bin/env python
"""Texts and CPU time of this crate beside faster-whisper, greedily, on one thread each.

    pip install faster-whisper==1.2.1
    python worker/whisper/reference/compare.py --ours MODEL --theirs FOLDER_OF_MODEL_BIN --example target/release/examples/whisper_transcribe FILE.wav...

The files are mono, 16 bits, 16 kHz. `--bits8` takes 8-bit weights on both sides, `--timestamps` has times said, and with
`--greedy` nothing is tried hotter: elsewhere a text is drawn by chance, which is not the same chance here and there."""
import argparse
import json
import os
import resource
import subprocess
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = os.environ["CANDLE_NUM_THREADS"] = "1"
from faster_whisper import WhisperModel

parser = argparse.ArgumentParser()
parser.add_argument("--ours", required=True)
parser.add_argument("--theirs", required=True)
parser.add_argument("--example", required=True)
parser.add_argument("--language", default="en")
parser.add_argument("--bits8", action="store_true")
parser.add_argument("--greedy", action="store_true")
parser.add_argument("--timestamps", action="store_true")
parser.add_argument("files", nargs="+")
arguments = parser.parse_args()

seconds = lambda usage: usage.ru_utime + usage.ru_stime
before = seconds(resource.getrusage(resource.RUSAGE_CHILDREN))
flags = [f"--{name}" for name in ("bits8", "greedy", "timestamps") if getattr(arguments, name)]
lines = subprocess.run([arguments.example, *flags, "--language", arguments.language, arguments.ours, *arguments.files], capture_output=True, check=True, text=True).stdout
ours = [json.loads(line) for line in lines.splitlines()]
our_seconds = seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - before

before = seconds(resource.getrusage(resource.RUSAGE_SELF))
model = WhisperModel(arguments.theirs, device="cpu", compute_type="int8" if arguments.bits8 else "float32", cpu_threads=1, local_files_only=True)
theirs = []
for file in arguments.files:
    segments, _ = model.transcribe(file, language=arguments.language, beam_size=1, temperature=[0.0] if arguments.greedy else [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], condition_on_previous_text=False,
                                   without_timestamps=not arguments.timestamps, vad_filter=False)
    theirs.append(list(segments))
their_seconds = seconds(resource.getrusage(resource.RUSAGE_SELF)) - before

equal, off = 0, []
for one, other in zip(ours, theirs):
    text = "".join(segment.text for segment in other).strip()
    if text == one["text"]:
        equal += 1
        if other and other[0].temperature == 0:
            off.append(abs(other[0].avg_logprob - one["mean_log_probability"]))
    else:
        print(f"{one['file']}\n  ours:   {one['text']} ({one['temperature']})\n  theirs: {text} ({[s.temperature for s in other]})", file=sys.stderr)
audio = sum(one["audio_s"] for one in ours)
print(f"{equal} of {len(ours)} texts equal, mean log probabilities within {max(off, default=0):.1e}")
print(f"{audio:.0f} s of audio, CPU seconds with the load: ours {our_seconds:.1f}, theirs {their_seconds:.1f}")
