//! Finds where sentences end: not after an abbreviation, an initial or a list number, not inside a number or
//! an address, and after closing quotes and brackets.

use std::ops::Range;

use super::trimmed;

/// Words that a full stop follows without ending the sentence, in lower case and without that stop. English,
/// German, French, Spanish and Portuguese. Words that often end a sentence as well ("etc.") are missing on
/// purpose: the lower-case rule serves them.
const ABBREVIATIONS: &[&str] = &[
    "adm", "alm", "approx", "aprox", "av", "brig", "bzgl", "bzw", "ca", "capt", "cel", "cf", "cj",
    "cmdr", "col", "cpl", "cód", "dep", "dept", "dr", "dra", "e.g", "ed", "eng", "est", "exma",
    "exmo", "exmos", "fig", "fls", "gen", "gov", "hon", "hr", "i.e", "ilma", "ilmo", "ilmos", "jd",
    "lgo", "lt", "m", "maj", "messrs", "mlle", "mme", "mr", "mrs", "ms", "mt", "nr", "p.ex", "pe",
    "pp", "pq", "prof", "profa", "pça", "rep", "rev", "sen", "sgt", "sr", "sra", "sras", "srs",
    "srta", "st", "sta", "sto", "str", "séc", "sécs", "usw", "v", "vgl", "vl", "vol", "vs", "z.b",
];
/// Abbreviations only before a number: "No. 5", but "He said no."
const BEFORE_NUMBERS: &[&str] = &[
    "abr", "ago", "apr", "apto", "art", "arts", "aug", "b", "c", "cap", "caps", "ch", "d", "dec",
    "dez", "eq", "ext", "feb", "fev", "figs", "fl", "inc", "jan", "jul", "jun", "liv", "mai",
    "mar", "n", "no", "nos", "nov", "núm", "oct", "out", "p", "pg", "pgs", "pág", "págs", "qd",
    "ref", "rt", "sec", "sep", "sept", "set", "tel", "tít", "unid", "vols", "ag", "col", "dom",
    "déc", "décs", "eqs", "máx", "mín", "qua", "qui", "seg", "sáb", "tab", "tabs",
];
/// Abbreviations only with a capital, for small they are words: "Mal. Deodoro", but "Ele passou mal."
const CAPITALIZED: &[&str] = &[
    "Al", "Arq", "Cond", "Des", "Exa", "Gal", "Mal", "Min", "Obs", "Pres", "Rod", "Sa", "Ten",
    "Tv", "Ver",
];
/// Abbreviations before a Roman number: "Cap. IV".
const BEFORE_NUMERALS: &[&str] = &[
    "cap", "caps", "art", "arts", "inc", "tít", "liv", "tomo", "vols", "ch", "sec", "fig", "bk",
    "pt", "tab", "figs",
];
/// Abbreviations that may also end a sentence, which the next word then shows.
const DOUBTFUL: &[&str] = &[
    "ave", "blvd", "bros", "cia", "co", "corp", "ft", "inc", "jr", "ltd", "ltda", "rd",
];
/// Words that hardly go on after a name or an abbreviation, and so begin a sentence.
const STARTERS: &[&str] = &[
    "a", "after", "all", "also", "an", "and", "as", "at", "but", "by", "did", "do", "does", "for",
    "he", "her", "his", "how", "however", "i", "if", "in", "is", "it", "its", "many", "most", "my",
    "no", "now", "of", "on", "or", "our", "she", "so", "some", "that", "the", "their", "then",
    "there", "these", "they", "this", "those", "to", "was", "we", "what", "when", "where", "which",
    "while", "who", "why", "yes", "yet", "you", "your", "ele", "ela", "eles", "elas", "eu", "mas",
    "não", "nós", "o", "os", "você", "vocês", "isso", "isto", "quando", "como", "depois", "então",
    "uma", "um", "por", "foi", "já", "se", "em", "no", "na",
];

/// No starter is longer.
const STARTER_CHARS: usize = 12;

/// Ends a sentence only before a space or the end of the text.
const SPACED_STOPS: &[char] = &['.', '!', '?', '…', '؟', '۔', '։'];
/// Ends a sentence wherever it stands, for its scripts put no space after it.
const FREE_STOPS: &[char] = &['。', '！', '？', '｡', '।', '॥', '።', '။'];
const CLOSERS: &[char] = &[
    '"', '\'', ')', ']', '}', '”', '’', '»', '›', '」', '』', '）', '】', '》',
];
const OPENERS: &[char] = &[
    '"', '\'', '(', '[', '{', '“', '‘', '«', '‹', '¿', '¡', '—', '-',
];

/// The sentences of a paragraph, trimmed, none of them blank.
pub(super) fn sentences(paragraph: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Range { mut start, end } = trimmed(paragraph, 0..paragraph.len());
    let mut from = start;
    while let Some(stop) = next_end(paragraph, from..end) {
        let sentence = paragraph.get(start..stop).unwrap_or_default();
        if ends_here(sentence, paragraph.get(stop..end).unwrap_or_default()) {
            found.push(start..stop);
            start = trimmed(paragraph, stop..end).start;
        }
        from = stop.max(start);
    }
    if start < end {
        found.push(start..end);
    }
    found
}

/// The end of the first run of stops in this part of the text, with the closers behind it.
fn next_end(text: &str, within: Range<usize>) -> Option<usize> {
    let tail = text.get(within.clone())?;
    let stop = tail.find(|c| SPACED_STOPS.contains(&c) || FREE_STOPS.contains(&c))?;
    let run = tail.get(stop..)?;
    let stops = run.trim_start_matches(|c| SPACED_STOPS.contains(&c) || FREE_STOPS.contains(&c));
    let after = stops.trim_start_matches(CLOSERS);
    Some(within.end - after.len())
}

fn ends_here(sentence: &str, after: &str) -> bool {
    let bare = sentence.trim_end_matches(CLOSERS);
    let Some(stop) = bare.chars().next_back() else {
        return false;
    };
    if after.is_empty() || FREE_STOPS.contains(&stop) {
        return true;
    }
    if !after.starts_with(char::is_whitespace) {
        return false;
    }
    let next = after.trim_start().trim_start_matches(OPENERS);
    if next.starts_with(char::is_lowercase) {
        return stop != '.' && stop != '…' && bare.len() == sentence.len();
    }
    stop != '.' || bare.ends_with("..") || !is_shortened(bare, next)
}

/// The full stop at the end of `bare` belongs to its last word and not to the sentence.
fn is_shortened(bare: &str, next: &str) -> bool {
    let line = bare.trim_end_matches('.');
    let word = line
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default()
        .trim_start_matches(OPENERS);
    let lower = word.to_lowercase();
    let titled = line.trim_end_matches(word).trim_end().ends_with('.');
    let is_initial = word.chars().count() == 1
        && word.chars().all(char::is_uppercase)
        && (word != "I" || titled);
    let is_list_number = line.trim_start() == word && is_figures(word);
    // `jan./mar. 2020`
    let last = lower.rsplit('/').next().unwrap_or_default();
    let before_number = next.starts_with(char::is_numeric)
        && (BEFORE_NUMBERS.contains(&last) || DOUBTFUL.contains(&lower.as_str()));
    let before_numeral = begins_with_numeral(next) && BEFORE_NUMERALS.contains(&lower.as_str());
    is_initial
        || before_numeral
        || is_list_number
        || before_number
        || ABBREVIATIONS.contains(&lower.as_str())
        || may_go_on(word, &lower) && goes_on(next)
}

/// A number in Arabic or Roman figures.
fn is_figures(word: &str) -> bool {
    let all = |figures: &str| word.chars().all(|c| figures.contains(c));
    !word.is_empty() && (all("0123456789") || all("IVX") || all("ivx"))
}

/// An abbreviation that may stand at the end of a sentence or inside it.
fn may_go_on(word: &str, lower: &str) -> bool {
    DOUBTFUL.contains(&lower) || CAPITALIZED.contains(&word) || is_dotted(word)
}

/// Letters with a full stop behind each: `U.S`, `p.m`, `Ph.D`.
fn is_dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| {
            (1..=2).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic)
        })
}

/// The next word is made of Roman figures.
fn begins_with_numeral(next: &str) -> bool {
    let rest = next.trim_start_matches(['I', 'V', 'X', 'L', 'C']);
    rest.len() < next.len() && !rest.starts_with(char::is_alphanumeric)
}

/// The next word can belong to the same sentence.
fn goes_on(next: &str) -> bool {
    let letters = next.chars().take_while(|c| c.is_alphabetic());
    let word: String = letters.take(STARTER_CHARS).collect();
    !STARTERS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(paragraph: &str) -> Vec<&str> {
        sentences(paragraph)
            .into_iter()
            .map(|range| &paragraph[range])
            .collect()
    }

    #[test]
    fn plain_sentences_part() {
        assert_eq!(
            texts(" One. Two! Three? Four… Five?! Six... Seven "),
            [
                "One.", "Two!", "Three?", "Four…", "Five?!", "Six...", "Seven"
            ]
        );
    }

    #[test]
    fn some_full_stops_end_nothing() {
        for whole in [
            "Dr. Smith met Mrs. Jones on St. Mary's Road.",
            "It costs 3.14 dollars at 10.30 today.",
            "See https://example.com/a.b?c=1.2 and mail me@example.org now.",
            "J. R. R. Tolkien wrote it.",
            "Mr. I. Newton saw it.",
            "Use e.g. Berlin, i.e. a city.",
            "Turn to No. 5 or p. 12 please.",
            "He waited ... and left, etc. and so on.",
            "1. Wash your hands.",
            "II. Methods and results.",
            "iv. Rest of it.",
            "O Sr. Silva e a Dra. Ana chegaram.",
            "A R. das Flores cruza a Al. Santos e a Av. Brasil.",
            "O Gal. Osório e o Mal. Deodoro, no séc. XIX.",
            "Ver Cap. IV, art. 5º, inc. XI e p. 12 da 2. ed.",
            "Nasceu no dia 1º. de maio, p. ex. em S. Paulo.",
            "A Petrobras S.A. investiu R$ 1.234,56 na Silva Ltda. em 2024.",
            "Das ist z.B. Herr Müller.",
        ] {
            assert_eq!(texts(whole), [whole]);
        }
    }

    #[test]
    fn words_that_look_shortened_still_end_sentences() {
        assert_eq!(
            texts("He said no. They left."),
            ["He said no.", "They left."]
        );
        assert_eq!(texts("It was I. We knew."), ["It was I.", "We knew."]);
        assert_eq!(
            texts("Born in 1999. Died young."),
            ["Born in 1999.", "Died young."]
        );
    }

    #[test]
    fn portuguese_words_end_sentences() {
        for (paragraph, expected) in [
            (
                "Ele passou mal. Foi para casa.",
                vec!["Ele passou mal.", "Foi para casa."],
            ),
            ("Quero ver. Você vem?", vec!["Quero ver.", "Você vem?"]),
            (
                "Ficou em 1º. Ela, em 2º.",
                vec!["Ficou em 1º.", "Ela, em 2º."],
            ),
            (
                "Foi em 44 a.C. Ele morreu.",
                vec!["Foi em 44 a.C.", "Ele morreu."],
            ),
            (
                "Comprou pão, leite etc. Depois saiu.",
                vec!["Comprou pão, leite etc.", "Depois saiu."],
            ),
            ("Custa R$ 5. Caro!", vec!["Custa R$ 5.", "Caro!"]),
        ] {
            assert_eq!(texts(paragraph), expected);
        }
    }

    #[test]
    fn the_next_word_decides_in_doubt() {
        assert_eq!(
            texts("He joined the U.S. Army in May. She left the U.S. They met."),
            [
                "He joined the U.S. Army in May.",
                "She left the U.S.",
                "They met."
            ]
        );
        assert_eq!(
            texts("Come at 5 p.m. Monday. We close at 6 p.m. The door is shut."),
            [
                "Come at 5 p.m. Monday.",
                "We close at 6 p.m.",
                "The door is shut."
            ]
        );
        assert_eq!(
            texts(
                "Apple Inc. Monday gained. I like Acme Co. It is small. See Ft. Worth on Jan. 5."
            ),
            [
                "Apple Inc. Monday gained.",
                "I like Acme Co.",
                "It is small.",
                "See Ft. Worth on Jan. 5."
            ]
        );
    }

    #[test]
    fn closing_marks_stay_with_their_sentence() {
        assert_eq!(
            texts("“Go!” He went. (Really.) «Oui.» Non."),
            ["“Go!”", "He went.", "(Really.)", "«Oui.»", "Non."]
        );
        assert_eq!(texts("\"Stop!\" he cried."), ["\"Stop!\" he cried."]);
    }

    #[test]
    fn scripts_without_spaces_part() {
        assert_eq!(
            texts("你好。今天天气很好！走吧？"),
            ["你好。", "今天天气很好！", "走吧？"]
        );
        assert_eq!(
            texts("「そうです。」と言った。"),
            ["「そうです。」", "と言った。"]
        );
        assert_eq!(texts("नमस्ते। आप कैसे हैं?"), ["नमस्ते।", "आप कैसे हैं?"]);
    }
}
