"""A sentence as the words that are compared: lower case, without marks, with figures spelled and spellings made one.

Knows the languages below, and treats any other without the tables. Only the standard library, so that its tests run
everywhere: whoever spells figures is handed in.
"""

import re
import unicodedata

# Written in two ways and said in one, or nearly so. Left becomes right on both sides.
SPELLINGS = {
    "en": {
        "center": "centre",
        "color": "colour",
        "dr": "doctor",
        "favorite": "favourite",
        "favorites": "favourites",
        "gray": "grey",
        "harbor": "harbour",
        "mr": "mister",
        "mrs": "missus",
        "neighbor": "neighbour",
        "neighbors": "neighbours",
        "ok": "okay",
        "plow": "plough",
        "traveled": "travelled",
    },
    "pt": {
        "contacto": "contato",
        "dr": "doutor",
        # A figure that is heard has lost the gender that was said.
        "duas": "dois",
        "pra": "para",
        "prá": "para",
        "pro": "para o",
        "pró": "para o",
        "quatorze": "catorze",
        "quotidiano": "cotidiano",
        "registo": "registro",
        "sr": "senhor",
        "sra": "senhora",
    },
}

SIGNS = {
    "en": {"&": "and", "%": "percent", "+": "plus"},
    "pt": {"&": "e", "%": "por cento", "+": "mais"},
}

DASHES_AND_SLASHES = re.compile(r"[-\u2010-\u2015/]")


def primary_language(tag):
    """`pt` of `pt-BR` and `pt_BR`."""
    return re.split("[-_]", tag)[0].lower()


def words(text, language, spell_figures=lambda text: text):
    """The words of a sentence. `spell_figures` gets it in lower case and writes its figures as words."""
    language = primary_language(language)
    text = unicodedata.normalize("NFC", text).lower().replace("\u2019", "'")
    for sign, spoken in SIGNS.get(language, {}).items():
        text = text.replace(sign, f" {spoken} ")
    text = DASHES_AND_SLASHES.sub(" ", spell_figures(text))
    text = "".join(character if belongs_to_a_word(character) else " " for character in text)
    spellings = SPELLINGS.get(language, {})
    plain = (word.strip("'") for word in text.split())
    return [part for word in plain if word for part in spellings.get(word, word).split()]


def belongs_to_a_word(character):
    # Indian and Arabic vowel signs are marks, not letters.
    return character.isalnum() or character == "'" or unicodedata.category(character).startswith("M")
