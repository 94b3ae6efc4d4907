#!/usr/bin/env python3
"""Voice matching between pairs of voices: spectra, pitch, likelihood, words that Whisper mishears.

    cargo build --release -p kiskadee-voice -p kiskadee-whisper --examples
    python3 worker/voice/evaluation/matching.py --whisper MODEL --out DIR flite:slt=flite:rms espeak:en-us=kiskadee:heron

A voice is `flite:NAME`, `espeak:NAME` or `kiskadee:NAME` (a built-in one). Debian: flite, espeak-ng, ffmpeg. MODEL is a folder of Whisper base as
worker/whisper/reference/from_ctranslate2.py makes it. Sentences 1 to 20 of --texts describe the voices, the others are converted.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/meters"))

import normalization  # noqa: E402
import scoring  # noqa: E402

DESCRIBING = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--whisper", required=True)
    parser.add_argument("--texts", type=pathlib.Path, default=ROOT / "worker/trainer/evaluation/english.txt")
    parser.add_argument("--examples", type=pathlib.Path, default=ROOT / "target/release/examples")
    parser.add_argument("--transcribe", type=pathlib.Path, help="default: EXAMPLES/whisper_transcribe")
    args = parser.parse_args()
    args.transcribe = args.transcribe or args.examples / "whisper_transcribe"
    sentences = args.texts.read_text(encoding="utf-8").split("\n")
    sentences = [sentence for sentence in sentences if sentence]
    print("| pair | way | f0 (target), Hz | mean spectrum to target / source, dB | log-likelihood, nats | word errors | CPU s per s |")
    print("|---|---|---|---|---:|---:|---:|")
    for pair in args.pairs:
        compare(args, sentences, *pair.split("="))


def compare(args, sentences, source, target):
    describing, converted = sentences[:DESCRIBING], sentences[DESCRIBING:]
    recording = speech(args, source, converted, "converted")
    of_source = speech(args, source, describing, "describing")
    of_target = speech(args, target, describing, "describing")
    folder = args.out / f"{source}={target}".replace(":", "-")
    report = run(args.examples / "matching_report", folder, recording, of_source, of_target)
    ways = [json.loads(line) for line in report.splitlines()]
    files = [folder / f"{way['way']}.wav" for way in ways]
    heard = run(args.transcribe, "--greedy", "--language", "en", args.whisper, *files)
    expected = normalization.words(" ".join(converted), "en")
    for way, line in zip(ways, heard.splitlines()):
        words = normalization.words(json.loads(line)["text"], "en")
        errors = scoring.compare(expected, words)
        print(
            f"| {source} → {target} | {way['way']} | {way['f0']:.1f} ({way['target_f0']:.1f})"
            f" | {way['to_target_db']:.2f} / {way['to_source_db']:.2f} | {way['log_likelihood']:+.1f}"
            f" | {100 * errors.word_errors / len(expected):.1f} % | {way['cpu_per_second']:.4f} |",
            flush=True,
        )


def speech(args, voice, sentences, name):
    """One recording of all sentences, with 0.4 s between them."""
    path = args.out / f"{voice.replace(':', '-')}-{name}.wav"
    if path.exists():
        return path
    engine, _, voice = voice.partition(":")
    parts = args.out / f"{path.stem}-parts"
    parts.mkdir(parents=True, exist_ok=True)
    if engine == "kiskadee":
        text = "\n".join(sentences)
        subprocess.run([args.examples / "speak", voice, parts], input=text, text=True, check=True, capture_output=True)
    for number, sentence in enumerate(sentences):
        part = str(parts / f"{number:03}.wav")
        if engine == "flite":
            run("flite", "-voice", voice, "-t", sentence, "-o", part)
        elif engine == "espeak":
            run("espeak-ng", "-v", voice, "-w", part, sentence)
    files = sorted(parts.glob("*.wav"))
    inputs = [argument for file in files for argument in ("-i", str(file))]
    padded = "".join(f"[{i}:a]aresample=16000,apad=pad_dur=0.4[p{i}];" for i in range(len(files)))
    joined = "".join(f"[p{i}]" for i in range(len(files))) + f"concat=n={len(files)}:v=0:a=1"
    run("ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", padded + joined, "-ac", "1", "-sample_fmt", "s16", path)
    return path


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
