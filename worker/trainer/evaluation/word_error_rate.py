#!/usr/bin/env python3
"""The word error rate of recordings, as pocketsphinx hears them.

usage: word_error_rate.py FOLDER SENTENCES [--grammar lm|open] [--details]

Line n of SENTENCES (from 0) is what FOLDER/nnn.wav says: 16 kHz, mono, 16 bits. "lm" lets the recogniser choose among
the sentences' own words and pairs of words, which shows whether speech is intelligible at all; "open" lets it choose
among all of English, which tells good speech from better. Needs the Debian packages pocketsphinx and
pocketsphinx-en-us.
"""

import argparse
import collections
import math
import pathlib
import re
import subprocess
import sys
import tempfile

MODEL = pathlib.Path("/usr/share/pocketsphinx/model/en-us")
DICTIONARY = MODEL / "cmudict-en-us.dict"
DISCOUNT = 0.5


def words_of(line):
    return re.findall(r"[a-z']+", line.lower())


def distance(expected, heard):
    """Substitutions, insertions and deletions between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def write_dictionary(words, path):
    wanted = set(words)
    with open(DICTIONARY) as source, open(path, "w") as target:
        entries = [line for line in source if re.sub(r"\(\d+\)$", "", line.split()[0]) in wanted]
        target.writelines(entries)
    known = {re.sub(r"\(\d+\)$", "", line.split()[0]) for line in entries}
    if wanted - known:
        sys.exit(f"not in pocketsphinx's dictionary: {' '.join(sorted(wanted - known))}")


def write_bigrams(sentences, path):
    """A bigram model in ARPA's format, with absolute discounting backed off to unigrams."""
    marked = [["<s>", *sentence, "</s>"] for sentence in sentences]
    pairs = collections.Counter(pair for sentence in marked for pair in zip(sentence, sentence[1:]))
    singles = collections.Counter(word for sentence in marked for word in sentence[1:])
    total = sum(singles.values())
    chance = {word: 0.5 * count / total + 0.5 / len(singles) for word, count in singles.items()}
    after = collections.defaultdict(list)
    for first, second in pairs:
        after[first].append(second)
    starts = {first: sum(pairs[first, second] for second in seconds) for first, seconds in after.items()}

    def backoff(first):
        seconds = after[first]
        unseen = 1 - sum(chance[second] for second in seconds)
        return math.log10(max(DISCOUNT * len(seconds) / starts[first] / unseen, 1e-9))

    lines = ["\\data\\", f"ngram 1={len(chance) + 1}", f"ngram 2={len(pairs)}", "", "\\1-grams:"]
    lines.append(f"-99 <s> {backoff('<s>'):.5f}")
    for word in sorted(chance):
        weight = "" if word == "</s>" else f" {backoff(word):.5f}"
        lines.append(f"{math.log10(chance[word]):.5f} {word}{weight}")
    lines += ["", "\\2-grams:"]
    lines += [f"{math.log10((n - DISCOUNT) / starts[a]):.5f} {a} {b}" for (a, b), n in sorted(pairs.items())]
    pathlib.Path(path).write_text("\n".join([*lines, "", "\\end\\", ""]))


def recognise(recordings, sentences, grammar, scratch):
    control, answers = scratch / "control", scratch / "answers"
    control.write_text("".join(f"{str(path.resolve())[1:-4]}\n" for path in recordings))
    if grammar == "open":
        search = ["-lm", MODEL / "en-us.lm.bin", "-dict", DICTIONARY]
    else:
        write_dictionary([word for sentence in sentences for word in sentence], scratch / "dictionary")
        write_bigrams(sentences, scratch / "bigrams")
        search = ["-lm", scratch / "bigrams", "-dict", scratch / "dictionary"]
    command = ["pocketsphinx_batch", "-hmm", MODEL / "en-us", "-adcin", "yes", "-adchdr", "44", "-cmn", "batch"]
    command += ["-cepdir", "/", "-cepext", ".wav", "-ctl", control, "-hyp", answers, "-logfn", scratch / "log", *search]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain = [re.sub(r"\s*\([^()]*\)$", "", line) for line in answers.read_text().splitlines()]
    return [[re.sub(r"\(\d+\)$", "", word) for word in line.split() if word[0] not in "<["] for line in plain]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("sentences", type=pathlib.Path)
    parser.add_argument("--grammar", choices=["lm", "open"], default="lm")
    parser.add_argument("--details", action="store_true")
    options = parser.parse_args()
    sentences = [words_of(line) for line in options.sentences.read_text().splitlines() if line.strip()]
    recordings = [options.folder / f"{number:03}.wav" for number in range(len(sentences))]
    with tempfile.TemporaryDirectory() as scratch:
        heard = recognise(recordings, sentences, options.grammar, pathlib.Path(scratch))
    if len(heard) != len(sentences):
        sys.exit(f"{len(heard)} of {len(sentences)} recordings were recognised")
    errors = [distance(expected, answer) for expected, answer in zip(sentences, heard)]
    rate = 100 * sum(errors) / sum(map(len, sentences))
    print(f"{options.folder} {options.grammar}: {rate:.1f} % of {sum(map(len, sentences))} words")
    if options.details:
        for expected, answer, count in zip(sentences, heard, errors):
            print(count, " ".join(expected), "|", " ".join(answer))


if __name__ == "__main__":
    main()
