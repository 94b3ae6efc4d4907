//! The languages that transcripts can be written in.

/// A language of texts that models read as characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TranscriptLanguage {
    English,
    Spanish,
    French,
    German,
    Italian,
    /// As written and spoken in Brazil.
    Portuguese,
    Polish,
    Russian,
    Dutch,
    Czech,
    Turkish,
    Arabic,
    /// In simplified or traditional characters, read as in Mandarin.
    Chinese,
    Hungarian,
    Korean,
    Japanese,
    Hindi,
}

impl TranscriptLanguage {
    pub const ALL: &[Self] = &[
        Self::English,
        Self::Spanish,
        Self::French,
        Self::German,
        Self::Italian,
        Self::Portuguese,
        Self::Polish,
        Self::Russian,
        Self::Dutch,
        Self::Czech,
        Self::Turkish,
        Self::Arabic,
        Self::Chinese,
        Self::Hungarian,
        Self::Korean,
        Self::Japanese,
        Self::Hindi,
    ];

    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Polish => "pl",
            Self::Russian => "ru",
            Self::Dutch => "nl",
            Self::Czech => "cs",
            Self::Turkish => "tr",
            Self::Arabic => "ar",
            Self::Chinese => "zh-cn",
            Self::Hungarian => "hu",
            Self::Korean => "ko",
            Self::Japanese => "ja",
            Self::Hindi => "hi",
        }
    }

    /// The language of a BCP 47 tag such as `de`, `pt-br` or `zh_CN`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = |tag: &str| tag.split(['-', '_']).next().map(str::to_ascii_lowercase);
        let named = |language: &&Self| primary(language.tag()) == primary(tag);
        Self::ALL.iter().find(named).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::TranscriptLanguage;

    #[test]
    fn tags_name_languages() {
        for &language in TranscriptLanguage::ALL {
            assert_eq!(TranscriptLanguage::from_tag(language.tag()), Some(language));
        }
        for (tag, language) in [
            ("pt-BR", Some(TranscriptLanguage::Portuguese)),
            ("EN_us", Some(TranscriptLanguage::English)),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(TranscriptLanguage::from_tag(tag), language, "{tag}");
        }
    }
}
