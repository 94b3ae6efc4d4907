"""Measures speech: word errors as Whisper hears them, and predicted mean opinion scores.

`cargo xtask meter` starts it, with what it needs installed; its --help tells of the options.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys

import figures
import normalization
import pinned
import recognition
import report
import scoring
import speaking

HERE = pathlib.Path(__file__).parent


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True)
    parser.add_argument("--most", type=int)
    parser.add_argument("--recordings", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--voice", action="append", default=[])
    parser.add_argument("--say-option", action="append", default=[])
    parser.add_argument("--kiskadee", type=pathlib.Path)
    parser.add_argument("--whisper", type=pathlib.Path, required=True)
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    parser.add_argument("--mos-python", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--details", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    try:
        measure(options)
    except (speaking.CannotSpeak, pinned.WrongFile, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


def measure(options):
    sentences = read_sentences(options.texts, options.most)
    spoken = [existing(folder, len(sentences)) for folder in options.recordings]
    spoken += [speak(options, voice, sentences) for voice in options.voice]
    recogniser = recognition.Recogniser(options.whisper)
    measured = []
    for recordings in spoken:
        measured.append(measure_one(recogniser, recordings, sentences, options))
        if options.details:
            report.print_errors(measured[-1])
    report.print_table(measured)
    if options.json:
        write_json(options.json, options, measured)


def measure_one(recogniser, recordings, sentences, options):
    heard, seconds, compared = [], 0.0, []
    spell = figures.speller(options.language)
    for number, (path, sentence) in enumerate(zip(recordings.paths, sentences), 1):
        progress(f"{recordings.name}: hearing {number} of {len(sentences)}")
        text, length = recogniser.hear(path, normalization.primary_language(options.language))
        heard.append(text)
        seconds += length
        both = (normalization.words(side, options.language, spell) for side in (sentence, text))
        compared.append(scoring.compare(*both))
    progress("")
    opinions = rate(recordings, options.mos_python) if options.mos_python else []
    return report.Measured(
        name=recordings.name,
        score=scoring.total(compared),
        compared=compared,
        opinions=opinions,
        speech_seconds=seconds,
        cpu_seconds=recordings.cpu_seconds,
        expected=sentences,
        heard=heard,
    )


@dataclasses.dataclass(frozen=True)
class Recordings:
    name: str
    paths: list[pathlib.Path]
    # Of speaking them, where it was done here.
    cpu_seconds: float | None = None


def read_sentences(path, most):
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    sentences = [line for line in lines if line][:most]
    if not sentences:
        raise ValueError(f"{path} holds no sentences")
    return sentences


def existing(folder, count):
    paths = [folder / f"{number:03}.wav" for number in range(count)]
    for number, path in enumerate(paths, 1):
        if not path.is_file():
            raise ValueError(f"{path} is missing, the recording of sentence {number}")
    return Recordings(folder.name, paths)


def speak(options, voice, sentences):
    progress(f"{voice}: speaking {len(sentences)} sentences")
    folder = options.scratch / f"{voice}-{options.language}-{options.texts.stem}"
    say = ["--voice", voice, "--language", options.language, *options.say_option]
    seconds = speaking.speak(options.kiskadee, sentences, folder, say)
    progress("")
    return dataclasses.replace(existing(folder, len(sentences)), name=voice, cpu_seconds=seconds)


def rate(recordings, python):
    """Predicted mean opinion scores, by a process of its own."""
    command = [python, HERE / "quality.py"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    paths = "".join(f"{path.resolve()}\n" for path in recordings.paths)
    progress(f"{recordings.name}: rating")
    done = subprocess.run(command, input=paths, capture_output=True, text=True, env=environment)
    progress("")
    if done.returncode:
        raise ValueError(f"quality.py failed: {done.stderr.strip()}")
    opinions = [json.loads(line) for line in done.stdout.splitlines()]
    silent = [path for path, opinion in zip(recordings.paths, opinions) if opinion is None]
    if silent:
        raise ValueError(f"{silent[0]} holds no samples")
    return opinions


def write_json(path, options, measured):
    document = {
        "language": options.language,
        "texts": str(options.texts),
        "measured": [
            {
                "name": one.name,
                **dataclasses.asdict(one.score),
                "mos": statistics.mean(one.opinions) if one.opinions else None,
                "speech_seconds": one.speech_seconds,
                "cpu_seconds": one.cpu_seconds,
                "sentences_heard": [
                    {"expected": expected, "heard": heard, **dataclasses.asdict(compared)}
                    for expected, heard, compared in zip(one.expected, one.heard, one.compared)
                ],
                "opinions": one.opinions,
            }
            for one in measured
        ],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def progress(text):
    """On a terminal, one line that changes."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text.endswith("sentences") or text.endswith("rating"):
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
