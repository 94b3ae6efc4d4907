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

impl Card {
    /// Reads a card, which is Markdown without a fixed form.
    pub fn parse(text: &str) -> Self {
        let mut card = Self::default();
        for line in text.lines() {
            let line = line.trim_start_matches(['*', '-', '#', ' ']).trim();
            let lower = line.to_lowercase();
            let value = line
                .split_once(':')
                .map(|(_, value)| value.trim().to_owned());
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
            let what = if card.is_some() {
                "its MODEL_CARD names no licence"
            } else {
                "there is no MODEL_CARD"
            };
            return Err(format!(
                "{what}: find out the terms of this voice and name them with --licence ID"
            ));
        };
        let mut licence = known(written);
        if let Some(base) = card.and_then(|card| card.tuned_from.as_ref()) {
            licence.title = format!(
                "{}; tuned from {base}, whose terms count too",
                licence.title
            );
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
    let end = phrases
        .iter()
        .find_map(|phrase| Some(lower.find(phrase)? + phrase.len()))?;
    Some((end, line.get(end..)?))
}

fn known(written: &str) -> Licence {
    let licence = Licence::named(written);
    licence.unwrap_or_else(|| Licence::new("LicenseRef-of-the-voice", written.trim()))
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
        assert_eq!(
            card.dataset.as_deref(),
            Some("https://github.com/NabuCasa/voice-datasets")
        );
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
            (
                "https://creativecommons.org/licenses/by-nc/4.0/",
                "CC-BY-NC-4.0",
                CommercialUse::No,
            ),
            (
                "https://creativecommons.org/licenses/by/4.0/",
                "CC-BY-4.0",
                CommercialUse::Yes,
            ),
            (
                "https://creativecommons.org/publicdomain/zero/1.0/",
                "CC0-1.0",
                CommercialUse::Yes,
            ),
            (
                "Blizzard 2013 terms",
                "LicenseRef-of-the-voice",
                CommercialUse::Unknown,
            ),
        ] {
            let licence = Card::terms(None, Some(written)).unwrap();
            assert_eq!(
                (licence.id.as_str(), licence.commercial_use),
                (id, commercial_use),
                "{written}"
            );
            assert_eq!(
                licence.needs_acceptance,
                commercial_use != CommercialUse::Yes
            );
        }
    }

    #[test]
    fn without_terms_somebody_must_name_them() {
        let none = Card::terms(None, None).unwrap_err();
        assert!(
            none.contains("no MODEL_CARD") && none.contains("--licence"),
            "{none}"
        );
        let silent = Card::terms(Some(&Card::parse("# A voice\n* License:\n")), None);
        assert!(silent.unwrap_err().contains("names no licence"));
    }
}
