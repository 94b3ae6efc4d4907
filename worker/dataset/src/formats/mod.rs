//! Folders in which people keep recordings with their texts: recognised, read, and written.
//!
//! It sees names and the bytes of text files. Nothing in them is trusted: a row that cannot be used is named with its line and its reason, and paths
//! only choose among the names that are there.

mod cells;
mod error;
mod export;
mod index;
mod lines;
mod manifest;
mod names;
mod raw;
mod read;
mod table;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use error::FormatError;
pub use export::{Export, ExportedFile, export};
pub use names::{is_audio, is_junk, is_text};
pub use read::{LONGEST_TEXT, MOST_LINES, TextFile, recognize};

/// What a text file of a dataset may have, in bytes: 100,000 rows are some 15 MB.
pub const TEXT_BYTES: u64 = 32 * 1024 * 1024;

/// What all of them may have together, in bytes: whoever reads them for [`recognize`] holds them in memory.
pub const ALL_TEXT_BYTES: u64 = 2 * TEXT_BYTES;

/// How recordings and texts lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `metadata.csv`: `id|text|text as read`, no header; recordings as `wavs/id.wav`.
    Ljspeech,
    /// `metadata_train.csv` and `metadata_eval.csv`: `audio_file|text|speaker_name` under a header of these names.
    Coqui,
    /// `metadata.csv`: `file.wav|text` or `id|speaker|text`.
    Piper,
    /// A `.list`: `path|speaker|language|text`.
    GptSovits,
    /// A `x.txt` beside each `x.wav`.
    Pairs,
    /// `manifest.jsonl`: `{"audio", "text", "speaker"?, "language"?}` a line.
    Manifest,
    /// Recordings without texts.
    Audio,
}

impl Format {
    pub const ALL: [Self; 7] = [
        Self::Ljspeech,
        Self::Coqui,
        Self::Piper,
        Self::GptSovits,
        Self::Pairs,
        Self::Manifest,
        Self::Audio,
    ];

    /// As it stands in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ljspeech => "ljspeech",
            Self::Coqui => "coqui",
            Self::Piper => "piper",
            Self::GptSovits => "gpt_sovits",
            Self::Pairs => "pairs",
            Self::Manifest => "manifest",
            Self::Audio => "audio",
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, FormatError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| FormatError::Unknown(name.to_owned()))
    }
}

/// A recording and what is said in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// One of the names that were given to [`recognize`]; for [`export`] the name of a file.
    pub audio: String,
    /// On one line, without spaces at its ends.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// A language tag: `en`, `pt-BR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A recording that a row names and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingAudio {
    /// The last part of what the row says.
    pub audio: String,
    pub file: String,
    pub line: u32,
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// What the row does, as in "has no text".
    pub reason: String,
}

/// What was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub format: Format,
    /// The text files that were read for it.
    pub metadata: Vec<String>,
    /// Each with a recording of its own.
    pub rows: Vec<Row>,
    /// Recordings that no usable row names.
    pub unused_audio: Vec<String>,
    pub missing_audio: Vec<MissingAudio>,
    pub bad_rows: Vec<BadRow>,
}
