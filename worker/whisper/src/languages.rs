//! The languages that the models were trained on.

/// Codes in the order of their tokens, which is that of their share in the training. The last one came with large-v3.
pub(crate) const LANGUAGES: [&str; 100] = [
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it",
    "id", "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur",
    "hr", "bg", "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn",
    "et", "mk", "br", "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si",
    "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo",
    "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln",
    "ha", "ba", "jw", "su", "yue",
];

/// Codes that are written otherwise in language tags.
const OTHERWISE: [(&str, &str); 8] = [
    ("nb", "no"),
    ("fil", "tl"),
    ("jv", "jw"),
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
    ("cmn", "zh"),
    ("zho", "zh"),
];

/// The code of a language tag such as `pt-BR`; none of a language that no model knows.
pub fn code_of_tag(tag: &str) -> Option<&'static str> {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    let primary = primary.to_ascii_lowercase();
    let otherwise = OTHERWISE.iter().find(|(tag, _)| *tag == primary);
    let code = otherwise.map_or(primary.as_str(), |(_, code)| code);
    LANGUAGES.iter().find(|known| **known == code).copied()
}

/// All primary tags of these codes.
pub fn tags(codes: &[impl AsRef<str>]) -> Vec<String> {
    let is_known = |code: &str| codes.iter().any(|known| known.as_ref() == code);
    let otherwise = OTHERWISE.iter().filter(|(_, code)| is_known(code));
    let own = codes.iter().map(|code| code.as_ref().to_owned());
    own.chain(otherwise.map(|(tag, _)| (*tag).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_codes() {
        for (tag, code) in [
            ("en", Some("en")),
            ("pt-BR", Some("pt")),
            ("nb_NO", Some("no")),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(code_of_tag(tag), code, "{tag}");
        }
        assert_eq!(tags(&["en", "tl"]), ["en", "tl", "fil"]);
    }
}
