//! The languages that Kokoro's voices speak, by the first letter of their names.

/// A language whose phones can be had here. Japanese and Mandarin (`j`, `z`) need readers of their own and are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spoken {
    American,
    British,
    Spanish,
    French,
    Hindi,
    Italian,
    Portuguese,
}

impl Spoken {
    pub(super) const ALL: [Self; 7] = [
        Self::American,
        Self::British,
        Self::Portuguese,
        Self::Spanish,
        Self::French,
        Self::Hindi,
        Self::Italian,
    ];

    pub(super) fn of_voice(name: &str) -> Option<Self> {
        Some(match name.chars().next()? {
            'a' => Self::American,
            'b' => Self::British,
            'e' => Self::Spanish,
            'f' => Self::French,
            'h' => Self::Hindi,
            'i' => Self::Italian,
            'p' => Self::Portuguese,
            _ => return None,
        })
    }

    /// Of a BCP 47 tag: its region counts for English alone.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let lower = tag.to_ascii_lowercase().replace('_', "-");
        let primary = lower.split('-').next().unwrap_or_default();
        Some(match primary {
            "en" if lower.starts_with("en-gb") => Self::British,
            "en" => Self::American,
            "es" => Self::Spanish,
            "fr" => Self::French,
            "hi" => Self::Hindi,
            "it" => Self::Italian,
            "pt" => Self::Portuguese,
            _ => return None,
        })
    }

    /// Under which it is announced, the first before all.
    pub(super) fn tags(self) -> &'static [&'static str] {
        match self {
            Self::American => &["en-us", "en"],
            Self::British => &["en-gb", "en"],
            Self::Spanish => &["es"],
            Self::French => &["fr"],
            Self::Hindi => &["hi"],
            Self::Italian => &["it"],
            Self::Portuguese => &["pt-br"],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::American => "American English",
            Self::British => "British English",
            Self::Spanish => "Spanish",
            Self::French => "French",
            Self::Hindi => "Hindi",
            Self::Italian => "Italian",
            Self::Portuguese => "Brazilian Portuguese",
        }
    }

    /// The tag that stands for the language alone.
    pub(super) fn tag(self) -> &'static str {
        self.tags().first().copied().unwrap_or_default()
    }

    /// espeak-ng's voice that gives its phones; none for English, whose phones are our own.
    pub(super) fn espeak_voice(self) -> Option<&'static str> {
        Some(match self {
            Self::American | Self::British => return None,
            Self::Spanish => "es",
            Self::French => "fr-fr",
            Self::Hindi => "hi",
            Self::Italian => "it",
            Self::Portuguese => "pt-br",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_and_tags_lead_to_languages() {
        assert_eq!(Spoken::of_voice("af_heart"), Some(Spoken::American));
        assert_eq!(Spoken::of_voice("jf_alpha"), None);
        for spoken in Spoken::ALL {
            for tag in spoken.tags().iter().filter(|tag| **tag != "en") {
                assert_eq!(Spoken::of_tag(tag), Some(spoken), "{tag}");
            }
        }
        assert_eq!(Spoken::of_tag("en-AU"), Some(Spoken::American));
        assert_eq!(Spoken::of_tag("PT"), Some(Spoken::Portuguese));
        assert_eq!(Spoken::of_tag("de"), None);
    }
}
