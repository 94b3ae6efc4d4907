"""Hand-made vocabularies in the file layout of the published one."""

import itertools
import json
from pathlib import Path

SPECIAL = ["[STOP]", "[UNK]", "[SPACE]"]
PUNCTUATION = "!'(),-./:;?"
LATIN = "abcdefghijklmnopqrstuvwxyz"
SMALL_MERGES = "t h, th e, i n, a n, an d, e r, o u, in g, h e, o n, l l, e n, s t, a r"
FULL_SIZE = 6681
START_ID = 261
LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh-cn", "hu", "ko", "ja", "hi"]
FULL_LETTERS = (
    PUNCTUATION
    + "¡¿«»…–।"
    + "0123456789"
    + LATIN
    + "àâáãäåæçèéêëìíîïñòóôõöøùúûüýÿœßąćęłńśźżčďěňřšťůžğışőű"
    + "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
    + "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئةى،؟"
    + "अआइईउऊएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौंँ्ः"
)
COMMON = ["th", "the", "in", "an", "and", "er", "ou", "ing", "on", "en", "st", "ar", "es", "or", "de", "qu", "ch"]


def write(path: Path, vocab: dict[str, int], merges: list[tuple[str, str]], special: list[str]) -> None:
    """Write a tokenizer file: byte-pair merges over words and runs of punctuation."""
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False)
    tokenizer = dict(
        version="1.0",
        truncation=None,
        padding=None,
        added_tokens=[dict(id=vocab[token], special=True, content=token, **flags) for token in special],
        normalizer=None,
        pre_tokenizer=dict(type="Whitespace"),
        post_processor=None,
        decoder=None,
        model=dict(
            type="BPE",
            dropout=None,
            unk_token="[UNK]",
            continuing_subword_prefix=None,
            end_of_word_suffix=None,
            fuse_unk=False,
            vocab=vocab,
            merges=[f"{left} {right}" for left, right in merges],
        ),
    )
    with path.open("w") as file:
        json.dump(tokenizer, file, ensure_ascii=False, indent=0)


def write_small(path: Path) -> None:
    """Write the 69 tokens of the small models: Latin letters, 15 merges, four languages."""
    merges = [tuple(pair.split()) for pair in SMALL_MERGES.split(", ")]
    letters = list(PUNCTUATION + LATIN + "äöüßéèñçàê")
    late = ["[START]", "[en]", "[de]", "[fr]", "[es]"]
    tokens = SPECIAL + letters + [left + right for left, right in merges] + late
    write(path, {token: id for id, token in enumerate(dict.fromkeys(tokens))}, merges, SPECIAL + late)


def filler_merges(letters: list[str]) -> itertools.chain:
    """Merges in order of use: common syllables first, then pairs of letters of one script, then longer ones."""
    common = ((token[:-1], token[-1]) for token in COMMON)
    latin, cyrillic = list(LATIN), [letter for letter in letters if "а" <= letter <= "ё"]
    pairs = itertools.chain(itertools.product(latin, latin), itertools.product(cyrillic, cyrillic))
    triples = itertools.product((a + b for a in latin for b in "aeiou"), latin)
    return itertools.chain(common, pairs, triples, itertools.product((a + b for a in latin for b in "lrstn"), latin))


def write_full(path: Path) -> None:
    """Write a vocabulary of the published size, `[START]` at its published id and a tag for each language."""
    letters = list(dict.fromkeys(FULL_LETTERS))
    tags = [f"[{language}]" for language in LANGUAGES]
    early, late = tags[:2], tags[2:]
    vocab = {token: id for id, token in enumerate(SPECIAL + letters)}
    first_tag = START_ID - len(early)
    if len(vocab) > first_tag:
        raise ValueError(f"{len(vocab)} tokens before the language tags, room for {first_tag}")
    merges = []
    candidates = filler_merges(letters)

    def fill(limit: int) -> None:
        while len(vocab) < limit:
            left, right = next(candidates)
            if left + right not in vocab:
                merges.append((left, right))
                vocab[left + right] = len(vocab)

    fill(first_tag)
    for token in [*early, "[START]", *late]:
        vocab[token] = len(vocab)
    fill(FULL_SIZE)
    write(path, vocab, merges, [*SPECIAL, *early, "[START]", *late])
