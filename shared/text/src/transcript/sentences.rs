//! Texts in languages without rules of their own: cut into sentences, and each one cleaned.

use std::{sync::LazyLock, time::Duration};

use regex::Regex;

use super::{
    PARAGRAPH, Stretch, TranscriptError, TranscriptLanguage, cleaning,
    languages::{romanized, spelling},
    spelling::Spelling,
};
use crate::{
    Pause,
    reading::compile,
    segment::{Piece, pieces},
};

/// German words that an ordinal follows, so that the capital behind its full stop begins no sentence: `am 3. Mai`.
const BEFORE_ORDINALS: &[&str] = &[
    "ab", "am", "beim", "bis", "das", "dem", "den", "der", "des", "die", "im", "seit", "vom",
    "zum", "zur",
];
/// Abbreviations that often end a sentence.
const ENDING: &[&str] = &[
    "usw.", "etc.", "enz.", "ecc.", "itd.", "itp.", "atd.", "apod.", "т.д.", "т.п.", "т. д.",
    "т. п.", "др.", "stb.", "jr.", "co.", "ltd.", "kg", "km", "cm",
];

/// The patterns of ordinals, compiled at first use.
static ORDINALS: LazyLock<Vec<(TranscriptLanguage, Regex)>> = LazyLock::new(|| {
    let patterns = TranscriptLanguage::ALL.iter().filter_map(|&language| {
        let pattern = spelling(language)?.ordinal_pattern?;
        Some((language, compile(pattern)))
    });
    patterns.collect()
});

/// One stretch a sentence. Each text comes with the pause behind it.
pub(super) fn read(
    texts: &[(String, Duration)],
    language: TranscriptLanguage,
) -> Result<Vec<Stretch>, TranscriptError> {
    let Some(spelling) = spelling(language) else {
        return Ok(Vec::new());
    };
    let ordinals = ORDINALS.iter().find(|(of, _)| *of == language);
    let ordinal = ordinals.map(|(_, pattern)| pattern);
    let mut stretches: Vec<Stretch> = Vec::new();
    for (text, pause) in texts {
        for piece in sentences(text, spelling) {
            let written = text.get(piece.range.clone()).unwrap_or_default();
            let is_last = piece.range.end == text.trim_end().len();
            let trail = if piece.pause == Pause::Paragraph && !is_last {
                PARAGRAPH
            } else {
                Duration::ZERO
            };
            let clean = cleaning::clean(written, language, spelling, ordinal);
            stretches.push(Stretch {
                transcript: romanized(clean, language)?,
                lead: Duration::ZERO,
                trail,
            });
        }
        match stretches.last_mut() {
            Some(last) => hold(last, *pause),
            None => stretches.push(Stretch {
                trail: *pause,
                ..Stretch::default()
            }),
        }
    }
    Ok(stretches)
}

/// A pause inside a sentence is spoken as one behind a comma.
fn hold(stretch: &mut Stretch, pause: Duration) {
    stretch.trail += pause;
    if !pause.is_zero() && stretch.transcript.ends_with(char::is_alphabetic) {
        stretch.transcript.push(',');
    }
}

/// The sentences of a text, put together again where an abbreviation or an ordinal of the language parted them.
fn sentences(text: &str, spelling: &Spelling) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces(text, usize::MAX) {
        match joined.last_mut() {
            Some(last)
                if last.pause == Pause::Sentence
                    && goes_on(
                        text.get(last.range.clone()).unwrap_or_default(),
                        text.get(piece.range.clone()).unwrap_or_default(),
                        spelling,
                    ) =>
            {
                last.range.end = piece.range.end;
                last.pause = piece.pause;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// The full stop at the end of a sentence is that of an abbreviation or an ordinal, and `next` belongs to it.
fn goes_on(sentence: &str, next: &str, spelling: &Spelling) -> bool {
    if !sentence.ends_with('.') {
        return false;
    }
    // No abbreviation is longer than the last words of a sentence.
    let words: Vec<&str> = sentence.rsplitn(5, char::is_whitespace).take(4).collect();
    let words: Vec<String> = words.iter().rev().map(|word| word.to_lowercase()).collect();
    let end = format!(" {}", words.join(" "));
    let is_abbreviation = |(written, _): &(&str, &str)| {
        let begins = |last: &String| written.starts_with(&format!("{last} "));
        !ENDING.contains(written) && end.ends_with(&format!(" {written}"))
            || words.last().is_some_and(begins)
    };
    if spelling.abbreviations.iter().any(is_abbreviation) {
        return true;
    }
    let has_dotted = spelling
        .ordinal_pattern
        .is_some_and(|pattern| pattern.contains(r"\."));
    let [.., before, number] = words.as_slice() else {
        return false;
    };
    let figures = number.trim_end_matches('.');
    let is_ordinal =
        (1..=2).contains(&figures.len()) && figures.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = next.starts_with(|c: char| c.is_ascii_digit());
    has_dotted && is_ordinal && (is_date || BEFORE_ORDINALS.contains(&before.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcripts(text: &str, language: TranscriptLanguage) -> Vec<String> {
        let stretches = read(&[(text.to_owned(), Duration::ZERO)], language).unwrap();
        let transcripts = stretches.into_iter().map(|stretch| stretch.transcript);
        transcripts.collect()
    }

    #[test]
    fn sentences_end_neither_at_ordinals_nor_at_abbreviations() {
        for (language, text, expected) in [
            (
                TranscriptLanguage::German,
                "Er kam am 3. Mai. Das war 1999. Und Fr. Meyer z. B. Gut.",
                vec![
                    "er kam am dritten mai.",
                    "das war neunzehnhundertneunundneunzig.",
                    "und frau meyer zum beispiel gut.",
                ],
            ),
            (
                TranscriptLanguage::Italian,
                "Il sig. Rossi è qui. Bene!",
                vec!["il signor rossi è qui.", "bene!"],
            ),
            (
                TranscriptLanguage::Russian,
                "Это ул. Ленина. Да?",
                vec!["это улица ленина.", "да?"],
            ),
        ] {
            assert_eq!(transcripts(text, language), expected);
        }
    }
}
