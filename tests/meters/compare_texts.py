#!/usr/bin/env python3
"""Word disagreement between two files of sentences, scored as what is heard is. Needs nothing but Python.

usage: compare_texts.py LANGUAGE EXPECTED FOUND, line for line
"""

import pathlib
import sys

import normalization
import scoring


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    language, *paths = sys.argv[1:]
    expected, found = (pathlib.Path(path).read_text(encoding="utf-8").splitlines() for path in paths)
    if len(expected) != len(found):
        sys.exit(f"{len(expected)} lines are expected, {len(found)} found")
    both = [[normalization.words(line, language) for line in pair] for pair in zip(expected, found)]
    compared = [scoring.compare(*pair) for pair in both]
    for pair, sentence in zip(both, compared):
        if sentence.word_errors:
            print(sentence.word_errors, " ".join(pair[0]), "|", " ".join(pair[1]))
    score = scoring.total(compared)
    print(
        f"{100 * score.word_error_rate:.1f} % of {score.words} words,"
        f" {score.sentences_with_errors} of {score.sentences} sentences"
    )


if __name__ == "__main__":
    main()
