#!/usr/bin/env python3
"""How well speech is found: sentences of flite and espeak-ng with silences between, clean and in white noise.

    python vad_activity.py SEGMENTS_PROGRAM texts.txt [--sentences 40]

Prints the F1 of 10 ms frames, how long segments are, and how much of the speech lies in segments that are long enough. Truth is the energy of the clean
sentence: a frame is speech within 100 ms of one that is less than 40 dB below the sentence's loudest.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import wave

import numpy

RATE, FRAME = 16000, 160


def spoken(text, engine, folder):
    path = str(pathlib.Path(folder) / "sentence.wav")
    command = {
        "flite": ["flite", "-voice", "kal16", "-t", text, "-o", path],
        "espeak-ng": ["espeak-ng", "-v", "en-us", "-w", path, text],
    }[engine]
    subprocess.run(command, check=True, capture_output=True)
    resampled = ["ffmpeg", "-v", "error", "-i", path, "-ar", str(RATE), "-ac", "1", "-f", "f32le", "-"]
    return numpy.frombuffer(subprocess.run(resampled, check=True, capture_output=True).stdout, "<f4")


def truth(samples):
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    power = 10 * numpy.log10((frames**2).mean(1) + 1e-10)
    loud = power > power.max() - 40
    return numpy.convolve(loud, numpy.ones(21), "same") > 0


def recording(sentences, random):
    samples, labels = [numpy.zeros(RATE, numpy.float32)], [numpy.zeros(RATE // FRAME, bool)]
    for sentence in sentences:
        label = truth(sentence)
        gap = int(random.uniform(0.3, 2.0) * RATE / FRAME)
        samples += [sentence[: len(label) * FRAME], numpy.zeros(gap * FRAME, numpy.float32)]
        labels += [label, numpy.zeros(gap, bool)]
    return numpy.concatenate(samples), numpy.concatenate(labels)


def write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def frames(ranges, count):
    found = numpy.zeros(count, bool)
    for start, end in ranges:
        found[start // FRAME : -(-end // FRAME)] = True
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("texts")
    parser.add_argument("--sentences", type=int, default=40)
    given = parser.parse_args()
    texts = [line for line in open(given.texts).read().split("\n") if line][: given.sentences]
    random = numpy.random.default_rng(3)
    with tempfile.TemporaryDirectory() as folder:
        for engine in ("flite", "espeak-ng"):
            clean, labels = recording([spoken(text, engine, folder) for text in texts], random)
            power = (clean[numpy.repeat(labels, FRAME)] ** 2).mean()
            for decibels in (None, 20, 10):
                samples = clean
                if decibels is not None:
                    level = numpy.sqrt(power / 10 ** (decibels / 10))
                    samples = clean + level * random.standard_normal(len(clean)).astype(numpy.float32)
                path = pathlib.Path(folder) / "recording.wav"
                write(path, samples)
                told = json.loads(subprocess.run([given.program, path], check=True, capture_output=True).stdout)
                found = frames(told["regions"], len(labels))
                f1 = 2 * (found & labels).sum() / (found.sum() + labels.sum())
                kept = [s for s in told["segments"] if not s[2]]
                covered = frames([s[:2] for s in kept], len(labels))
                lengths = [(end - start) / RATE for start, end, _ in told["segments"]]
                print(
                    f"{engine}, {'clean' if decibels is None else f'{decibels} dB'}: F1 {f1:.3f}; {len(lengths)} segments of {min(lengths):.1f} to "
                    f"{max(lengths):.1f} s; {(covered & labels).sum() / labels.sum():.1%} of speech in segments that are long enough"
                )


main()
