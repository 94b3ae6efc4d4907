//! Words as they stand in the text: for engines that read figures and signs themselves, and for pronouncers to whom a
//! capital tells something.

use std::{borrow::Cow, ops::Range};

use crate::{
    Boundary, Language, Prosody, Sentence, Word,
    normalize::capitalized,
    reading::strength,
    segment::{Pause, pieces},
};

/// Marks of scripts that write no blank behind them.
const WIDE_MARKS: [char; 7] = ['，', '、', '；', '：', '。', '！', '？'];

/// The words of `text` as they are written, in any language: runs between blanks, without the marks around them. Nothing
/// is read: `21` stays `21`. Sentences are of at most `max_chars` characters; those without a letter or a figure are left
/// out. Boundaries are as in [`crate::normalize`].
pub fn as_written(text: &str, max_chars: usize) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut paragraph_ended = false;
    for piece in pieces(text, max_chars) {
        let mut words = words(text, &piece.range);
        if words.is_empty() {
            continue;
        }
        let ends = matches!(piece.pause, Pause::Sentence | Pause::Paragraph);
        let least = if ends {
            Boundary::Statement
        } else {
            Boundary::None
        };
        close(&mut words, least);
        if paragraph_ended && let Some(last) = sentences.last_mut() {
            crate::normalize::end_paragraph(&mut last.words);
        }
        paragraph_ended = piece.pause == Pause::Paragraph;
        sentences.push(Sentence {
            words,
            ..Sentence::default()
        });
    }
    sentences
}

/// A word of [`crate::normalize`] with the capital that its writer gave it: `may` or `May`. English `I` is always a
/// capital, and so are letters that are said by their names. What is written in capitals only stays small.
///
/// `text` is what the word's source counts in.
pub fn written_case<'a>(word: &'a Word, text: &str, language: Language) -> Cow<'a, str> {
    let spoken = word.text.as_str();
    let is_i = language == Language::English && (spoken == "i" || spoken.starts_with("i'"));
    let source = text.get(word.source.clone()).unwrap_or_default();
    if word.spelled || is_i || (is_capitalized(source) && source.to_lowercase() == spoken) {
        return Cow::Owned(capitalized(spoken));
    }
    Cow::Borrowed(spoken)
}

fn is_capitalized(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_uppercase) && !chars.any(char::is_uppercase)
}

fn words(text: &str, range: &Range<usize>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for run in runs(text, range) {
        let written = text.get(run.clone()).unwrap_or_default();
        let behind_opening = written.trim_start_matches(is_mark);
        let bare = behind_opening.trim_end_matches(is_mark);
        let start = run.start + (written.len() - behind_opening.len());
        let opening = text.get(run.start..start).unwrap_or_default();
        if bare.chars().any(char::is_alphanumeric) {
            close(&mut words, opened(opening));
            let closing = behind_opening.get(bare.len()..).unwrap_or_default();
            words.push(Word {
                text: bare.to_owned(),
                source: start..start + bare.len(),
                spelled: false,
                boundary: closed(closing),
                prosody: Prosody::default(),
                pronunciation: None,
            });
        } else {
            close(&mut words, closed(written));
        }
    }
    words
}

/// The runs without blanks; one ends behind a wide mark.
fn runs<'a>(text: &'a str, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + 'a {
    let start = range.start;
    let piece = text.get(range.clone()).unwrap_or_default();
    let ends = |c: char| c.is_whitespace() || WIDE_MARKS.contains(&c);
    let mut at = start;
    piece.split_inclusive(ends).filter_map(move |run| {
        let range = at..at + run.trim_end().len();
        at += run.len();
        (!range.is_empty()).then_some(range)
    })
}

/// The last word is followed by at least this boundary.
fn close(words: &mut [Word], boundary: Boundary) {
    if let Some(last) = words.last_mut()
        && strength(last.boundary) < strength(boundary)
    {
        last.boundary = boundary;
    }
}

/// What marks before a word are to the word before it.
fn opened(marks: &str) -> Boundary {
    if marks.contains(['(', '[', '{', '—', '–']) {
        Boundary::Minor
    } else {
        Boundary::None
    }
}

/// The strongest of the marks behind a word. A full stop counts at the end of a sentence alone, which the caller knows.
fn closed(marks: &str) -> Boundary {
    let boundary = |mark| match mark {
        '?' | '？' | '؟' => Boundary::Question,
        '!' | '！' => Boundary::Exclamation,
        '。' | '।' => Boundary::Statement,
        ';' | ':' | '；' | '：' | '؛' => Boundary::Major,
        ',' | '，' | '、' | '،' | '…' | '—' | '–' | ')' | ']' | '}' => Boundary::Minor,
        _ => Boundary::None,
    };
    let found = marks.chars().map(boundary);
    let lone_dash = if marks == "-" {
        Boundary::Minor
    } else {
        Boundary::None
    };
    found
        .chain([lone_dash])
        .max_by_key(|&b| strength(b))
        .unwrap_or_default()
}

/// Marks that are no part of a word. Others, such as `%`, are for the engine to read.
fn is_mark(c: char) -> bool {
    WIDE_MARKS.contains(&c) || ".,;:!?…\"'()[]{}«»“”‘’„‚‹›—–-¿¡「」『』《》،؛؟।*_~|<>\\".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize;

    fn found(text: &str) -> Vec<Vec<(String, Boundary)>> {
        let pairs = |sentence: Sentence| {
            let words = sentence.words.into_iter();
            words.map(|word| (word.text, word.boundary)).collect()
        };
        as_written(text, 300).into_iter().map(pairs).collect()
    }

    #[test]
    fn words_are_as_written_with_the_marks_behind_them() {
        use Boundary::{Exclamation, Major, Minor, None, Paragraph, Question, Statement};
        let word = |text: &str, boundary| (text.to_owned(), boundary);
        assert_eq!(
            found("¿Qué (tal) 21%? «Bien»; l'été - oui!\n\nz.B. so"),
            [
                vec![
                    word("Qué", Minor),
                    word("tal", Minor),
                    word("21%", Question)
                ],
                vec![
                    word("Bien", Major),
                    word("l'été", Minor),
                    word("oui", Exclamation)
                ],
                vec![word("z.B", None), word("so", Statement)],
            ]
        );
        assert_eq!(found("Ja.\n\nNein.")[0], [word("Ja", Paragraph)]);
        assert_eq!(
            found("你好，世界。"),
            [vec![word("你好", Minor), word("世界", Statement)]]
        );
        assert!(found("... !").is_empty());
    }

    #[test]
    fn sources_are_where_the_words_stand() {
        let text = "  «Où» est-il,  là?";
        for word in as_written(text, 300).into_iter().flat_map(|s| s.words) {
            assert_eq!(&text[word.source.clone()], word.text);
        }
    }

    #[test]
    fn capitals_come_back_where_the_writer_put_them() {
        let text = "In May i may say NASA is in Reading, i'm told by the USB.";
        let sentences = normalize(text, Language::English);
        let words = sentences.iter().flat_map(|sentence| &sentence.words);
        let cased: Vec<_> = words
            .map(|word| written_case(word, text, Language::English))
            .collect();
        assert_eq!(
            cased.join(" "),
            "In May I may say nasa is in Reading I'm told by the U S B"
        );
    }
}
