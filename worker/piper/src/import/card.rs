//! What the card beside a voice says of its terms. Each voice has its own: those of its recordings, and of the voice that it was tuned
//! from, whose recordings may come under stricter ones.

use kiskadee_checkpoint::folder::{CommercialUse, Licence};

/// The facts of a `MODEL_CARD`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    pub licence: Option<String>,
    /// Where the recordings are.
    pub dataset: Option<String>,
    /// The voice that the training began with.
    pub tuned_from: Option<String>,
}

/// Licences by how cards write them, in lowercase, without blanks and hyphens: id, title, and whether a business may use what is under it.
const KNOWN: [(&str, &str, &str, CommercialUse); 22] = [
    ("cc0", "CC0-1.0", "Creative Commons Zero 1.0", CommercialUse::Yes),
    ("cc01.0", "CC0-1.0", "Creative Commons Zero 1.0", CommercialUse::Yes),
    ("publicdomain", "LicenseRef-public-domain", "public domain", CommercialUse::Yes),
    ("mit", "MIT", "MIT License", CommercialUse::Yes),
    ("apache2.0", "Apache-2.0", "Apache License 2.0", CommercialUse::Yes),
    ("bsd3clause", "BSD-3-Clause", "BSD 3-Clause License", CommercialUse::Yes),
    ("ccby", "CC-BY-4.0", "Creative Commons Attribution", CommercialUse::Yes),
    ("ccby4.0", "CC-BY-4.0", "Creative Commons Attribution 4.0", CommercialUse::Yes),
    ("ccby3.0", "CC-BY-3.0", "Creative Commons Attribution 3.0", CommercialUse::Yes),
    ("ccbysa", "CC-BY-SA-4.0", "Creative Commons Attribution Share Alike", CommercialUse::Yes),
    ("ccbysa4.0", "CC-BY-SA-4.0", "Creative Commons Attribution Share Alike 4.0", CommercialUse::Yes),
    ("ccbysa3.0", "CC-BY-SA-3.0", "Creative Commons Attribution Share Alike 3.0", CommercialUse::Yes),
    ("ccbync", "CC-BY-NC-4.0", "Creative Commons Attribution Non Commercial", CommercialUse::No),
    ("ccbync4.0", "CC-BY-NC-4.0", "Creative Commons Attribution Non Commercial 4.0", CommercialUse::No),
    ("ccbyncsa", "CC-BY-NC-SA-4.0", "Creative Commons Attribution Non Commercial Share Alike", CommercialUse::No),
    ("ccbyncsa4.0", "CC-BY-NC-SA-4.0", "Creative Commons Attribution Non Commercial Share Alike 4.0", CommercialUse::No),
    ("ccbyncsa3.0", "CC-BY-NC-SA-3.0", "Creative Commons Attribution Non Commercial Share Alike 3.0", CommercialUse::No),
    ("ccbyncnd", "CC-BY-NC-ND-4.0", "Creative Commons Attribution Non Commercial No Derivatives", CommercialUse::No),
    ("ccbyncnd4.0", "CC-BY-NC-ND-4.0", "Creative Commons Attribution Non Commercial No Derivatives 4.0", CommercialUse::No),
    ("ccbynd", "CC-BY-ND-4.0", "Creative Commons Attribution No Derivatives", CommercialUse::Unknown),
    ("ccbynd4.0", "CC-BY-ND-4.0", "Creative Commons Attribution No Derivatives 4.0", CommercialUse::Unknown),
    ("noncommercial", "LicenseRef-non-commercial", "for non-commercial use", CommercialUse::No),
];

impl Card {
    /// Reads a card, which is Markdown without a fixed form.
    pub fn parse(text: &str) -> Self {
        let mut card = Self::default();
        for line in text.lines() {
            let line = line.trim_start_matches(['*', '-', '#', ' ']).trim();
            let lower = line.to_lowercase();
            let value = line.split_once(':').map(|(_, value)| value.trim().to_owned());
            let value = value.filter(|value| !value.is_empty());
            if lower.starts_with("license") || lower.starts_with("licence") {
                card.licence = card.licence.or(value);
            } else if lower.starts_with("url") {
                card.dataset = card.dataset.or(value);
            } else if let Some((_, after)) = split_behind(line, &lower) {
                card.tuned_from = Some(after.trim_matches([' ', '.']).to_owned());
            }
        }
        card
    }

    /// The terms that a voice comes under, of its card or of what the caller says; the reason where neither says anything.
    pub fn terms(card: Option<&Self>, given: Option<&str>) -> Result<Licence, String> {
        let written = given.or_else(|| card?.licence.as_deref());
        let Some(written) = written else {
            let what = if card.is_some() { "its MODEL_CARD names no licence" } else { "there is no MODEL_CARD" };
            return Err(format!(
                "{what}: find out the terms of this voice and name them with --licence ID"
            ));
        };
        let mut licence = known(written);
        if let Some(base) = card.and_then(|card| card.tuned_from.as_ref()) {
            licence.title = format!("{}; tuned from {base}, whose terms count too", licence.title);
            licence.needs_acceptance = true;
            if licence.commercial_use == CommercialUse::Yes {
                licence.commercial_use = CommercialUse::Unknown;
            }
        }
        Ok(licence)
    }
}

/// What stands behind `finetuned from`, however it is written.
fn split_behind<'a>(line: &'a str, lower: &str) -> Option<(usize, &'a str)> {
    let phrases = ["finetuned from", "fine-tuned from", "fine tuned from"];
    let end = phrases.iter().find_map(|phrase| Some(lower.find(phrase)? + phrase.len()))?;
    Some((end, line.get(end..)?))
}

fn known(written: &str) -> Licence {
    let plain: String = written
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .collect();
    let plain = plain.trim_start_matches("licenseref");
    let address = written.contains("creativecommons.org");
    let found = KNOWN.iter().find(|(name, id, _, _)| {
        plain == *name || written.eq_ignore_ascii_case(id) || address && in_address(written, id)
    });
    match found {
        Some((_, id, title, commercial_use)) => Licence {
            commercial_use: *commercial_use,
            needs_acceptance: *commercial_use != CommercialUse::Yes,
            ..Licence::new(*id, *title)
        },
        None => Licence::new("LicenseRef-of-the-voice", written.trim()),
    }
}

/// Whether an address such as `https://creativecommons.org/licenses/by-nc/4.0/` is that of a licence.
fn in_address(written: &str, id: &str) -> bool {
    let Some((name, version)) = id.strip_prefix("CC-").and_then(|id| id.rsplit_once('-')) else {
        return id == "CC0-1.0" && written.contains("/publicdomain/zero/");
    };
    written.contains(&format!("/licenses/{}/{version}", name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOE: &str = "# Model card for joe (medium)\n\n* Language: en_US (English, United States)\n\n## Dataset\n\n\
        * URL: https://github.com/NabuCasa/voice-datasets\n* License: CC0\n\n## Training\n\nFinetuned from U.S. English lessac voice (medium quality).\n";

    #[test]
    fn a_free_voice_that_was_tuned_from_another_needs_acceptance() {
        let card = Card::parse(JOE);
        assert_eq!(card.licence.as_deref(), Some("CC0"));
        assert_eq!(card.dataset.as_deref(), Some("https://github.com/NabuCasa/voice-datasets"));
        let base = card.tuned_from.as_deref();
        assert_eq!(base, Some("U.S. English lessac voice (medium quality)"));
        let licence = Card::terms(Some(&card), None).unwrap();
        assert_eq!(licence.id, "CC0-1.0");
        assert!(licence.needs_acceptance && licence.title.contains("lessac"));
        assert_eq!(licence.commercial_use, CommercialUse::Unknown);
    }

    #[test]
    fn licences_are_known_however_they_are_written() {
        for (written, id, commercial_use) in [
            ("CC0", "CC0-1.0", CommercialUse::Yes),
            ("cc-by 4.0", "CC-BY-4.0", CommercialUse::Yes),
            ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0", CommercialUse::No),
            ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0", CommercialUse::No),
            ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0", CommercialUse::Yes),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", CommercialUse::Yes),
            ("Blizzard 2013 terms", "LicenseRef-of-the-voice", CommercialUse::Unknown),
        ] {
            let licence = Card::terms(None, Some(written)).unwrap();
            assert_eq!((licence.id.as_str(), licence.commercial_use), (id, commercial_use), "{written}");
            assert_eq!(licence.needs_acceptance, commercial_use != CommercialUse::Yes);
        }
    }

    #[test]
    fn without_terms_somebody_must_name_them() {
        let none = Card::terms(None, None).unwrap_err();
        assert!(none.contains("no MODEL_CARD") && none.contains("--licence"), "{none}");
        let silent = Card::terms(Some(&Card::parse("# A voice\n* License:\n")), None);
        assert!(silent.unwrap_err().contains("names no licence"));
    }
}
