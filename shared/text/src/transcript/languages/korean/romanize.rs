//! Hangul in Latin letters, letter for letter: the transliteration of the Revised Romanization of Korean (2000,
//! paragraph 3-8), which writes what is spelled, not what is said (`doglib`, not `dongnip`).
//!
//! XTTS-v2 was trained on this form and has learned the changes of sound itself.

use crate::transcript::TranscriptError;

const INITIALS: [&str; 19] = [
    "g", "kk", "n", "d", "tt", "l", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p",
    "h",
];
const VOWELS: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we",
    "wi", "yu", "eu", "ui", "i",
];
const FINALS: [&str; 28] = [
    "", "g", "kk", "gs", "n", "nj", "nh", "d", "l", "lg", "lm", "lb", "ls", "lt", "lp", "lh", "m",
    "b", "bs", "s", "ss", "ng", "j", "ch", "k", "t", "p", "h",
];
const FIRST_SYLLABLE: u32 = 0xAC00;
const LAST_SYLLABLE: u32 = 0xD7A3;

/// Every syllable in Latin letters; the rest is kept.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the romanisation of another language can fail, and all are called alike"
)]
pub(crate) fn romanize(text: &str) -> Result<String, TranscriptError> {
    let mut romanized = String::with_capacity(text.len());
    let mut last: Option<Syllable> = None;
    for c in text.chars() {
        let syllable = Syllable::of(c);
        match &syllable {
            Some(syllable) => {
                if last.is_some_and(|last| is_unclear(last.closing, syllable.initial)) {
                    romanized.push('-');
                }
                romanized.extend([syllable.initial, syllable.vowel, syllable.closing]);
            }
            None => romanized.push(c),
        }
        last = syllable;
    }
    Ok(romanized)
}

#[derive(Clone, Copy)]
struct Syllable {
    initial: &'static str,
    vowel: &'static str,
    closing: &'static str,
}

impl Syllable {
    /// Unicode orders syllables by their initial, then vowel, then final.
    fn of(c: char) -> Option<Self> {
        let code = u32::from(c);
        if !(FIRST_SYLLABLE..=LAST_SYLLABLE).contains(&code) {
            return None;
        }
        let index = (code - FIRST_SYLLABLE) as usize;
        let (initial, rest) = (
            index / (VOWELS.len() * FINALS.len()),
            index % (VOWELS.len() * FINALS.len()),
        );
        Some(Self {
            initial: INITIALS.get(initial)?,
            vowel: VOWELS.get(rest / FINALS.len())?,
            closing: FINALS.get(rest % FINALS.len())?,
        })
    }
}

/// A hyphen parts two syllables where the second begins with a vowel, and where the letters between their vowels could
/// be divided otherwise.
fn is_unclear(closing: &str, initial: &str) -> bool {
    if initial.is_empty() {
        return true;
    }
    let joint = [closing, initial].concat();
    let divides = |at: &usize| {
        let (closing, initial) = joint.split_at(*at);
        FINALS.contains(&closing) && INITIALS.contains(&initial)
    };
    (0..joint.len()).filter(divides).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_is_written_letter_for_letter() {
        for (hangul, latin) in [
            ("안녕하세요", "annyeonghase-yo"),
            ("한국말을", "hangugmal-eul"),
            ("공부합니다", "gongbuhabnida"),
            ("좋아요!", "joh-a-yo!"),
            ("독립", "doglib"),
            ("신라", "sinla"),
            ("굳이", "gud-i"),
            ("없었습니다", "eobs-eoss-seubnida"),
            ("까마귀", "kkamagwi"),
            ("바빠", "ba-ppa"),
            ("번째", "beon-jjae"),
            ("먹꼬", "meogkko"),
            ("먹고", "meoggo"),
            ("밖에", "bakk-e"),
            ("방앗간", "bang-asgan"),
            ("앗사", "as-sa"),
            ("뷁", "bwelg"),
            ("의사 희망", "uisa huimang"),
            ("abc한글", "abchangeul"),
            ("가, 아", "ga, a"),
        ] {
            assert_eq!(romanize(hangul).unwrap(), latin);
        }
    }

    #[test]
    fn all_but_syllables_is_kept() {
        assert_eq!(romanize("ㅋㅋ abc, é?").unwrap(), "ㅋㅋ abc, é?");
        assert_eq!(romanize("").unwrap(), "");
        assert_eq!(romanize("\u{ac00}\u{d7a3}").unwrap(), "gahih");
    }
}
