//! The names of letters, as words that a reader of lower-case text says as the name.

use crate::Language;

const ENGLISH: [&str; 26] = [
    "ay",
    "bee",
    "see",
    "dee",
    "ee",
    "eff",
    "gee",
    "aitch",
    "eye",
    "jay",
    "kay",
    "el",
    "em",
    "en",
    "oh",
    "pee",
    "cue",
    "ar",
    "ess",
    "tee",
    "you",
    "vee",
    "double you",
    "ex",
    "why",
    "zee",
];
const PORTUGUESE: [&str; 26] = [
    "á", "bê", "cê", "dê", "é", "efe", "gê", "agá", "i", "jota", "cá", "ele", "eme", "ene", "ó",
    "pê", "quê", "erre", "esse", "tê", "u", "vê", "dáblio", "xis", "ípsilon", "zê",
];

/// The name of the letter that a word begins with, with an s where the word has one (`o's`).
pub(super) fn name(word: &str, language: Language) -> String {
    let names = match language {
        Language::English => &ENGLISH,
        Language::Portuguese => &PORTUGUESE,
    };
    let mut chars = word.chars();
    let letter = chars.next().unwrap_or_default();
    let place = u32::from(letter).checked_sub(u32::from('a'));
    let name = place.and_then(|place| names.get(place as usize));
    let name = name.map_or_else(|| letter.to_string(), |&name| name.to_owned());
    if chars.as_str().ends_with('s') {
        name + "s"
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_names() {
        assert_eq!(name("h", Language::English), "aitch");
        assert_eq!(name("o's", Language::English), "ohs");
        assert_eq!(name("w", Language::Portuguese), "dáblio");
        assert_eq!(name("ç", Language::Portuguese), "ç");
    }
}
