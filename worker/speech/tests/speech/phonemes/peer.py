"""Writes the phonemes that piper-phonemize 1.1.0 gives for the middle column of the lists beside this script.

    pip install piper-phonemize==1.1.0     # has wheels up to Python 3.11
    python peer.py en-us < english.tsv > new && mv new english.tsv
    python peer.py pt-br < portuguese.tsv > new && mv new portuguese.tsv

Columns: a sentence as it is written, as it is to be said (see the test, which tells where the two no longer fit), phonemes.
"""

import sys

from piper_phonemize import phonemize_espeak

for line in sys.stdin:
    text, spoken = line.rstrip("\n").split("\t")[:2]
    sentences = phonemize_espeak(spoken, sys.argv[1])
    print(text, spoken, " ".join("".join(sentence) for sentence in sentences), sep="\t")
