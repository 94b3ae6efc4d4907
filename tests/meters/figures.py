"""Figures written as words, by num2words: an understanding of numbers that shares nothing with the product's own."""

import re

import num2words

from normalization import primary_language

NAMES = {"pt": "pt_BR"}
# Longer ones, which a recogniser makes up where it hears nothing, are said figure by figure.
MOST_DIGITS = 12

THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}\b)")
CLOCK = re.compile(r"\b(\d{1,2})[:h](\d\d)\b")
ORDINAL = re.compile(r"\b(\d{1,4})(st|nd|rd|th|º|ª)(?!\w)")
CARDINAL = re.compile(r"\d+")


def speller(language):
    """A function that writes the figures of a text as words of the language, or leaves them where it knows none."""
    name = primary_language(language)
    name = NAMES.get(name, name)
    if name not in num2words.CONVERTER_CLASSES:
        return lambda text: text

    def cardinal(match):
        digits = match.group()
        parts = [digits] if len(digits) <= MOST_DIGITS else digits
        return " " + " ".join(num2words.num2words(int(part), lang=name) for part in parts) + " "

    def ordinal(match):
        spelled = num2words.num2words(int(match.group(1)), to="ordinal", lang=name)
        if match.group(2) == "ª":
            spelled = re.sub(r"o\b", "a", spelled)
        return f" {spelled} "

    def spell(text):
        text = THOUSANDS.sub("", text)
        text = CLOCK.sub(without_full_hour, text)
        text = ORDINAL.sub(ordinal, text)
        return CARDINAL.sub(cardinal, text)

    return spell


def without_full_hour(match):
    hours, minutes = match.groups()
    return hours if minutes == "00" else f"{hours} {minutes}"
