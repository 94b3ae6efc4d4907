//! What users reported, with the words that should be said: class, text, and alternatives parted by ` | `.
//!
//! Words are compared without case, punctuation and blanks, so `p m`, `P M` and `pm` are the same. The joining word of
//! the language may stand or not inside a number, and some numbers have a second name.

use kiskadee_text::{Language, Sentence, normalize, plain};

/// What may be said in two ways.
struct Leniency {
    /// May stand or not between two words of a number.
    joining: &'static str,
    /// A second name and the first.
    second_name: (&'static str, &'static str),
    /// Words of numbers begin so.
    numbers: &'static [&'static str],
}

const ENGLISH: Leniency = Leniency {
    joining: "and",
    second_name: ("oh", "zero"),
    numbers: &[
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twel", "thir", "fif", "twent", "fort", "hundred", "thousand", "million",
        "billion", "trillion", "first", "second", "nin",
    ],
};

const PORTUGUESE: Leniency = Leniency {
    joining: "e",
    second_name: ("quatorze", "catorze"),
    numbers: &[
        "zero",
        "um",
        "uma",
        "dois",
        "duas",
        "três",
        "quatro",
        "cinco",
        "seis",
        "sete",
        "oito",
        "nove",
        "dez",
        "onze",
        "doze",
        "treze",
        "catorze",
        "quinze",
        "vinte",
        "trinta",
        "quarenta",
        "cinquenta",
        "sessenta",
        "setenta",
        "oitenta",
        "noventa",
        "cem",
        "cento",
        "duzent",
        "trezent",
        "quatrocent",
        "quinhent",
        "seiscent",
        "setecent",
        "oitocent",
        "novecent",
        "mil",
        "bilh",
        "trilh",
    ],
};

/// Short numbers that begin other words as well.
const WHOLE: &[&str] = &["um", "uma", "one", "ten", "mil", "cem", "nin", "fort"];

impl Leniency {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Portuguese => &PORTUGUESE,
        }
    }

    fn is_number(&self, word: &str) -> bool {
        self.numbers.iter().any(|&number| {
            if WHOLE.contains(&number) {
                let rest = word.strip_prefix(number);
                rest.is_some_and(|rest| {
                    ["", "th", "ty", "y", "ieth", "hões", "hão"].contains(&rest)
                })
            } else {
                word.starts_with(number)
            }
        })
    }

    /// The letters and figures of a text, each number with one name and without joining words.
    fn bare(&self, text: &str) -> String {
        let lower = text.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let words: Vec<&str> = words
            .map(|word| match self.second_name {
                (second, first) if word == second => first,
                _ => word,
            })
            .collect();
        let joins = |at: usize| {
            let numbered = |at: Option<usize>| {
                at.and_then(|at| words.get(at))
                    .is_some_and(|word| self.is_number(word))
            };
            words[at] == self.joining && numbered(at.checked_sub(1)) && numbered(at.checked_add(1))
        };
        let kept = (0..words.len()).filter(|&at| !joins(at));
        kept.map(|at| words[at]).collect()
    }
}

/// What `normalize` has said of a text.
fn spoken(text: &str, language: Language) -> String {
    let sentences: Vec<Sentence> = normalize(text, language);
    plain(&sentences)
}

/// Every case of a table is said in one of its ways.
pub(crate) fn check(table: &str, language: Language, least: usize) {
    let leniency = Leniency::of(language);
    let cases: Vec<(&str, &str, &str)> = table
        .lines()
        .filter(|line| !line.starts_with("# ") && !line.is_empty())
        .filter_map(|line| {
            let (class, rest) = line.split_once('\t')?;
            let (text, expected) = rest.split_once('\t')?;
            Some((class, text, expected))
        })
        .collect();
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(class, text, expected)| {
            let said = spoken(text, language);
            let found = leniency.bare(&said);
            let right = expected.split(" | ").any(|one| leniency.bare(one) == found);
            (!right).then(|| format!("{class}: {text:?}\n  expected {expected}\n  found    {said}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn english_reports_are_mended() {
    check(include_str!("cases-en.tsv"), Language::English, 30);
}

#[test]
fn portuguese_reports_are_mended() {
    check(include_str!("cases-pt.tsv"), Language::Portuguese, 11);
}

#[test]
fn the_comparison_is_lenient_about_numbers_alone() {
    for (language, one, other, same) in [
        (
            Language::English,
            "Two hundred and five P M.",
            "two hundred five pm",
            true,
        ),
        (Language::English, "four oh one K", "four zero one k", true),
        (Language::English, "salt and pepper", "salt pepper", false),
        (
            Language::English,
            "five dollars and ten cents",
            "five dollars ten cents",
            false,
        ),
        (Language::English, "forty", "fourteen", false),
        (
            Language::Portuguese,
            "cento e quatorze",
            "cento catorze",
            true,
        ),
        (Language::Portuguese, "sal e pimenta", "sal pimenta", false),
    ] {
        let leniency = Leniency::of(language);
        assert_eq!(leniency.bare(one) == leniency.bare(other), same, "{one}");
    }
}
