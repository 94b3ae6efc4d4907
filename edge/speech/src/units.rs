//! How much a text will sound: what it costs, and how long its audio can get, before anybody speaks it.
//!
//! A unit is a letter of prose, of which engines speak 13 a second or more. What stands for whole words (figures, signs, `㎢`) counts
//! as many letters as those words take, by what was measured; silent signs count as one, for they are read, too.

use kiskadee_markup::{Document, Piece, SayAs, Saying};

/// Units that an engine speaks in a second, at the least.
const A_SECOND: f32 = 13.0;
/// Languages in Latin letters: other letters are foreign there, and said by name or letter by letter.
const LATIN: [&str; 12] = [
    "cs", "de", "en", "es", "fr", "hu", "it", "nl", "pl", "pt", "ro", "tr",
];

/// The units of a text, at the voice's own pace.
pub(crate) fn units(document: &Document, language: &str) -> u32 {
    let is_latin = is_latin(language);
    let sum: f32 = document
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(part) => said(&part.text, &part.saying, is_latin) as f32 / part.style.rate,
            Piece::Pause(silence) => silence.as_secs_f32() * A_SECOND,
            Piece::SentenceEdge | Piece::ParagraphEdge => 1.0,
        })
        .sum();
    sum.ceil() as u32
}

fn is_latin(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    LATIN
        .iter()
        .any(|known| primary.eq_ignore_ascii_case(known))
}

fn said(text: &str, saying: &Saying, is_latin: bool) -> u32 {
    match saying {
        Saying::Alias(alias) => plain(alias, is_latin),
        Saying::Phones(phones) => count(phones),
        Saying::As(SayAs::Characters | SayAs::Digits | SayAs::Telephone) => 6 * count(text),
        Saying::Written | Saying::As(_) => plain(text, is_latin),
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn plain(text: &str, is_latin: bool) -> u32 {
    let mut sum = 0_u32;
    let mut word = Word::default();
    for character in text.chars() {
        if is_latin_letter(character) {
            word.push(character);
        } else {
            sum += std::mem::take(&mut word).units() + sign(character, is_latin);
        }
    }
    sum + word.units()
}

fn is_latin_letter(character: char) -> bool {
    character.is_alphabetic() && matches!(character, 'A'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Latin letters in a row.
#[derive(Default)]
struct Word {
    letters: u32,
    capitals: u32,
    has_vowel: bool,
}

impl Word {
    fn push(&mut self, letter: char) {
        self.letters += 1;
        self.capitals += u32::from(letter.is_uppercase());
        self.has_vowel |= !letter.is_ascii() || "aeiouyAEIOUY".contains(letter);
    }

    /// What has no vowel is said letter by letter, and so are up to three capitals.
    fn units(self) -> u32 {
        let is_short = self.capitals == self.letters && (2..=3).contains(&self.letters);
        let is_spelled = !self.has_vowel || is_short;
        self.letters * if is_spelled { 4 } else { 1 }
    }
}

/// What is no Latin letter. The figures are what the embedded voice was heard to take, in letters of prose.
fn sign(character: char, is_latin: bool) -> u32 {
    match character {
        '0'..='9' | '%' | '‰' | '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}' => 6,
        '@' | '\u{2160}'..='\u{218b}' => 2,
        // One sign for a phrase of several words.
        '\u{fdf0}'..='\u{fdff}' => 25,
        '℃' | '℉' | '\u{32c0}'..='\u{33ff}' | '\u{fb50}'..='\u{fdef}' => 8,
        '&' | '°' | '\u{2100}'..='\u{214f}' => 3,
        '\u{2460}'..='\u{249b}' | '\u{3251}'..='\u{325f}' | '\u{32b1}'..='\u{32bf}' => 10,
        '+' | '=' | '<' | '>' | '×' | '÷' | '±' => 4,
        _ if character.is_numeric() => 6,
        '\u{249c}'..='\u{24ff}'
        | '\u{ff21}'..='\u{ff5a}'
        | '\u{1d400}'..='\u{1d7ff}'
        | '\u{1f100}'..='\u{1f1ff}' => 5,
        _ if character.is_alphabetic() => letter(character, is_latin),
        _ => 1,
    }
}

/// A letter that is not Latin.
fn letter(character: char, is_latin: bool) -> u32 {
    match character {
        '\u{370}'..='\u{3ff}' | '\u{900}'..='\u{dff}' if is_latin => 2,
        _ if is_latin => 4,
        '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}' => 3,
        '\u{3040}'..='\u{30ff}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_markup::{TextFormat, read};

    use super::*;

    fn units(text: &str, language: &str) -> u32 {
        super::units(&read(text, TextFormat::Auto, language).unwrap(), language)
    }

    /// Seconds of audio of the embedded voice, by `kiskadee say --engine kiskadee --lines` of "Oh. " and the text so many times, less
    /// the 0.6 s of the first word.
    const MEASURED: [(&str, usize, f32); 30] = [
        (
            "The kiskadee sat on the fence and sang until the rain came over the hills, and nobody in the village minded it at all. ",
            2,
            14.8,
        ),
        ("㎢", 100, 62.3),
        ("½", 100, 44.4),
        ("9", 199, 67.1),
        ("7", 200, 76.9),
        ("77 ", 70, 62.3),
        ("777 ", 50, 86.4),
        ("777777 ", 28, 108.6),
        ("%", 100, 41.9),
        ("$5 ", 60, 47.3),
        ("€", 100, 45.6),
        ("@", 100, 15.4),
        ("5+5=", 40, 56.0),
        ("W", 100, 42.4),
        ("WWW ", 40, 62.1),
        ("漢", 100, 20.3),
        ("щ", 100, 30.4),
        ("π", 100, 17.7),
        ("ﷺ", 20, 38.5),
        ("㊿", 100, 78.2),
        ("⒇", 100, 51.8),
        ("²", 100, 40.9),
        ("℃", 100, 66.2),
        ("ش", 100, 35.6),
        ("㋉", 100, 50.5),
        ("㌀", 50, 12.6),
        ("5mph ", 50, 57.6),
        ("www.w3.org ", 30, 98.9),
        ("x", 100, 21.0),
        ("1/1/77 ", 30, 83.3),
    ];

    #[test]
    fn what_was_measured_is_at_most_two_thirds_more_and_not_less_than_two_fifths() {
        for (text, times, seconds) in MEASURED {
            let estimate = units(&text.repeat(times), "en") as f32 / A_SECOND;
            let share = seconds / estimate;
            assert!((0.4..=1.67).contains(&share), "{text}: {share}");
        }
    }

    #[test]
    fn five_thousand_signs_count_what_they_take() {
        // Measured so long, at speed 1; as many letters of prose are 384 s.
        for (sign, seconds) in [("㎢", 3094.0), ("½", 2305.0), ("9", 1919.0)] {
            let estimate = units(&sign.repeat(5000), "en") as f32 / A_SECOND;
            assert!(
                (0.95..1.25).contains(&(estimate / seconds)),
                "{sign}: {estimate}"
            );
        }
    }

    #[test]
    fn letters_are_foreign_only_in_latin_languages() {
        for (text, own) in [
            ("щи", "ru"),
            ("漢字", "zh-CN"),
            ("한국", "ko"),
            ("שלום", "he"),
        ] {
            assert!(units(text, own) < units(text, "pt-BR"), "{text}");
        }
    }

    #[test]
    fn ssml_counts_what_is_said_and_not_its_marks() {
        let of = |inner: &str| units(&format!("<speak>{inner}</speak>"), "en");
        assert_eq!(of("<emphasis>good morning</emphasis>"), of("good morning"));
        assert_eq!(of("a<break time=\"10s\"/>") - of("a"), 130);
        let slow = of("<prosody rate=\"25%\">good morning</prosody>");
        assert_eq!(slow, 4 * of("good morning"));
        let alias = of("<sub alias=\"passports and boarding passes\">documents</sub>");
        assert!(alias > of("documents"));
        assert!(of("<say-as interpret-as=\"characters\">morning</say-as>") > of("morning"));
    }

    #[test]
    fn marks_are_not_counted() {
        let of = |text: &str| units(text, "en");
        assert_eq!(
            of("See [the manual](https://example.com/a/long/address)."),
            of("See the manual.")
        );
        assert_eq!(of("<b>Hi</b> &amp; bye"), of("Hi & bye"));
    }
}
