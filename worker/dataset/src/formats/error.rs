//! Why a folder is no dataset, or rows cannot be written as one.

use super::Format;

/// What a user is told: each is a sentence of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("there are no recordings in it: WAV, FLAC, MP3, Ogg, Opus, M4A or WebM are looked for")]
    NoAudio,
    #[error("`{file}` has more than {most} lines")]
    TooManyLines { file: String, most: usize },
    #[error(
        "`{file}` separates its columns by commas; put `|` between the name of the recording and its text, and leave quotes out"
    )]
    Commas { file: String },
    #[error("a dataset cannot be written as `{}`; ljspeech, coqui, piper, gpt_sovits and manifest are possible", .0.name())]
    NotWritten(Format),
    #[error("GPT-SoVITS wants the language of every recording, and `{audio}` has none")]
    NoLanguage { audio: String },
    #[error("`{0}` is called twice, or has no name")]
    Name(String),
    #[error(
        "`{0}` is not a format of datasets: ljspeech, coqui, piper, gpt_sovits, pairs, manifest or audio are"
    )]
    Unknown(String),
}
