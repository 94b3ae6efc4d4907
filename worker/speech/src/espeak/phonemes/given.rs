//! Phones that a writer gave for a word, in IPA.

use kiskadee_text::Word;

/// flite's phones by their names. Those not listed are written alike.
const FLITE: &[(&str, &str)] = &[
    ("aa", "ɑː"),
    ("ae", "æ"),
    ("ah", "ʌ"),
    ("ao", "ɔː"),
    ("aw", "aʊ"),
    ("ax", "ə"),
    ("ay", "aɪ"),
    ("ch", "tʃ"),
    ("dh", "ð"),
    ("dx", "ɾ"),
    ("eh", "ɛ"),
    ("er", "ɜː"),
    ("ey", "eɪ"),
    ("g", "ɡ"),
    ("hh", "h"),
    ("ih", "ɪ"),
    ("iy", "iː"),
    ("jh", "dʒ"),
    ("ng", "ŋ"),
    ("ow", "oʊ"),
    ("oy", "ɔɪ"),
    ("r", "ɹ"),
    ("sh", "ʃ"),
    ("th", "θ"),
    ("uh", "ʊ"),
    ("uw", "uː"),
    ("y", "j"),
    ("zh", "ʒ"),
];
/// Signs that IPA is quoted in, and the dot between syllables.
const SIGNS: [char; 5] = ['/', '[', ']', '.', '͡'];

/// The given phones of a word in IPA, if it has any.
pub(super) fn phones(word: &Word) -> Option<String> {
    let written = word.pronunciation.as_deref()?;
    let phones = from_flite(written).unwrap_or_else(|| from_ipa(written));
    (!phones.is_empty()).then_some(phones)
}

fn from_ipa(written: &str) -> String {
    let kept: String = written
        .replace('\'', "ˈ")
        .chars()
        .filter(|c| !SIGNS.contains(c) && !c.is_control())
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Flite's phones are several small words, of which at least one has the figure of a stress or a name that is no IPA.
fn from_flite(written: &str) -> Option<String> {
    let names: Vec<&str> = written.split_whitespace().collect();
    let is_name = |name: &&str| {
        name.len() <= 3
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let is_telling = |name: &&str| {
        name.ends_with(|c: char| c.is_ascii_digit())
            || (name.len() == 2 && FLITE.iter().any(|(flite, _)| flite == name))
    };
    if !names.iter().all(is_name) || !names.iter().any(is_telling) {
        return None;
    }
    Some(names.into_iter().map(flite_phone).collect())
}

fn flite_phone(name: &str) -> String {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let ipa = FLITE.iter().find(|(flite, _)| *flite == bare);
    let ipa = ipa.map_or(bare, |(_, ipa)| ipa);
    match name.strip_prefix(bare) {
        Some("1") => format!("ˈ{ipa}"),
        Some("2") => format!("ˌ{ipa}"),
        _ => ipa.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_give_ipa() {
        let mut word = kiskadee_text::as_written("x", 10).remove(0).words.remove(0);
        for (written, expected) in [
            ("/həˈloʊ/", Some("həˈloʊ")),
            ("hh ax l ow1", Some("həlˈoʊ")),
            ("ˈnuː ˈjɔːk", Some("ˈnuː ˈjɔːk")),
            ("t͡ʃa.ta", Some("tʃata")),
            ("k a t", Some("k a t")),
            (" / ", None),
        ] {
            word.pronunciation = Some(written.to_owned());
            assert_eq!(phones(&word).as_deref(), expected, "{written}");
        }
    }
}
