//! What a caller should know of work that was taken in nevertheless.

use crate::text_enum::text_enum;

/// Warnings that one text has at most; the first ones are told.
pub const MOST_WARNINGS: usize = 20;

text_enum! {
    /// What a warning is about.
    WarningCode {
        /// There is nothing to say in the text: it becomes a short silence.
        NoWords = "no_words",
        /// An element means nothing here; what is inside is spoken.
        ElementIgnored = "element_ignored",
        /// An attribute means nothing here, or its value does.
        AttributeIgnored = "attribute_ignored",
        /// A value was brought to the nearest that can be.
        ValueLimited = "value_limited",
        /// The text asks for another voice than the request.
        VoiceIgnored = "voice_ignored",
        /// The text says that it is in another language than the request.
        LanguageIgnored = "language_ignored",
        /// A recording is not played; what stands in its place is spoken.
        AudioIgnored = "audio_ignored",
        /// A text is not of the kind that `say-as` says, and is read as any text.
        ReadAsWritten = "read_as_written",
    }
}

/// A warning, with the place in the text where there is one, counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// A sentence for the caller.
    pub message: String,
    /// The line of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Warning {
    /// A text without a word.
    pub fn no_words() -> Self {
        Self {
            code: WarningCode::NoWords,
            message: "there is no word in the text: it is a short silence".to_owned(),
            line: None,
            column: None,
        }
    }
}
