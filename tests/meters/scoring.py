"""Word and character errors of what was heard against what was written.

Only the standard library, so that its tests run everywhere.
"""

import dataclasses
import random

RESAMPLINGS = 2000


@dataclasses.dataclass(frozen=True)
class Sentence:
    """Errors are substitutions, insertions and deletions, the fewest that turn one into the other."""

    words: int
    word_errors: int
    characters: int
    character_errors: int

    @property
    def capped_errors(self):
        """No more than there are words: a recogniser that hears nothing familiar repeats itself without end."""
        return min(self.word_errors, self.words)


@dataclasses.dataclass(frozen=True)
class Score:
    """Shares of the reference's words or characters."""

    sentences: int
    sentences_with_errors: int
    words: int
    word_error_rate: float
    capped_word_error_rate: float
    # Of the capped rate, 95 %.
    interval: tuple[float, float]
    character_error_rate: float


def compare(expected, heard):
    """Scores a sentence, both sides as lists of words."""
    letters = ["".join(words) for words in (expected, heard)]
    return Sentence(len(expected), distance(expected, heard), len(letters[0]), distance(*letters))


def distance(expected, heard):
    """Levenshtein's distance between two sequences."""
    row = list(range(len(heard) + 1))
    for i, item in enumerate(expected, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (item != other))
    return row[-1]


def total(sentences):
    """The score of a list of sentences."""
    words = sum(sentence.words for sentence in sentences)
    characters = sum(sentence.characters for sentence in sentences)
    if not words:
        raise ValueError("the references hold no words")
    return Score(
        sentences=len(sentences),
        sentences_with_errors=sum(sentence.word_errors > 0 for sentence in sentences),
        words=words,
        word_error_rate=sum(sentence.word_errors for sentence in sentences) / words,
        capped_word_error_rate=capped_rate(sentences),
        interval=interval(sentences),
        character_error_rate=sum(sentence.character_errors for sentence in sentences) / characters,
    )


def capped_rate(sentences):
    words = sum(sentence.words for sentence in sentences)
    return sum(sentence.capped_errors for sentence in sentences) / words if words else 0.0


def interval(sentences):
    """Where 95 % of the rates lie when sentences are drawn anew, with replacement (bootstrap, the same draws each time)."""
    draw = random.Random(1)
    rates = sorted(capped_rate(draw.choices(sentences, k=len(sentences))) for _ in range(RESAMPLINGS))
    margin = RESAMPLINGS // 40
    return rates[margin], rates[-1 - margin]
