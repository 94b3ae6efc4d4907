"""What was measured, as a table."""

import dataclasses
import statistics

from scoring import Score, Sentence

HEADINGS = [
    "voice",
    "word errors, capped",
    "95 %",
    "uncapped",
    "characters",
    "sentences with an error",
    "MOS",
    "CPU s per s",
]


@dataclasses.dataclass(frozen=True)
class Measured:
    name: str
    score: Score
    compared: list[Sentence]
    # Empty where it was not asked for.
    opinions: list[float]
    speech_seconds: float
    # None where it was not spoken here.
    cpu_seconds: float | None
    expected: list[str]
    heard: list[str]


def print_table(measured):
    for cells in [HEADINGS, ["---"] * len(HEADINGS), *map(row, measured)]:
        print("|", " | ".join(cells), "|")


def row(one):
    score = one.score
    low, high = score.interval
    return [
        one.name,
        percent(score.capped_word_error_rate),
        f"{100 * low:.1f}–{100 * high:.1f}",
        percent(score.word_error_rate),
        percent(score.character_error_rate),
        f"{score.sentences_with_errors} of {score.sentences}",
        f"{statistics.mean(one.opinions):.2f}" if one.opinions else "–",
        f"{one.cpu_seconds / one.speech_seconds:.4f}" if one.cpu_seconds and one.speech_seconds else "–",
    ]


def percent(share):
    return f"{100 * share:.1f} %"


def print_errors(one):
    for expected, heard, compared in zip(one.expected, one.heard, one.compared):
        if compared.word_errors:
            print(f"{one.name}: {compared.word_errors} of {compared.words}\n  {expected}\n  {heard}")
