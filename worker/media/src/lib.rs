//! Turns mono samples (-1.0..=1.0) into a file of the format that was asked for.
//!
//! WAV and bare PCM are written here; the other formats, and any change of speed that an engine could not make
//! itself, are left to ffmpeg as a separate process. Audio is never held as a whole: samples stream into a file
//! in the scratch directory, which is gone when the [`Encoded`] is dropped.

mod decode;
mod ffmpeg;
mod flac;
mod live;
mod native;
mod samples;
mod scratch;

use std::{error::Error, io, path::PathBuf};

use futures::{Stream, StreamExt, TryStreamExt};
use kiskadee_shared::format::ResponseFormat;
use tempfile::NamedTempFile;

use self::ffmpeg::Ffmpeg;
pub use self::{
    decode::{DecodeError, Decoded, Decoder, Track, Unreadable, is_page},
    live::{LiveEncoding, Pieces},
    scratch::Scratch,
};

/// Opus knows no rate near the engines' own; the others keep the rate they are given.
const OPUS_RATE: u32 = 48_000;

/// Why whoever makes samples has no more.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The audio itself ended in an error, which is the own one of whoever makes the samples.
    #[error("{0}")]
    Source(#[source] SourceError),
    #[error(
        "`{0}` is not installed on this worker; install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg), or ask for wav or pcm at a speed that the engine has itself"
    )]
    Missing(String),
    /// ffmpeg ran and failed; its own words.
    #[error("ffmpeg failed: {0}")]
    Ffmpeg(String),
    #[error("the scratch directory cannot be written: {0}")]
    Scratch(#[from] io::Error),
    #[error("the audio is longer than a WAV file can hold")]
    TooLong,
}

/// How audio is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encoding {
    pub format: ResponseFormat,
    /// The rate of the samples.
    pub sample_rate: u32,
    /// How many times as fast the audio is to be played, at the same pitch.
    pub stretch: f32,
}

impl Encoding {
    /// The rate of the file.
    pub fn file_rate(&self) -> u32 {
        if self.format == ResponseFormat::Opus {
            OPUS_RATE
        } else {
            self.sample_rate
        }
    }

    fn is_native(&self) -> bool {
        let plain = matches!(self.format, ResponseFormat::Wav | ResponseFormat::Pcm);
        plain && (self.stretch - 1.0).abs() < f32::EPSILON
    }
}

/// A finished file.
#[derive(Debug)]
pub struct Encoded {
    pub file: NamedTempFile,
    pub bytes: u64,
    pub duration_seconds: f64,
}

/// Makes files; cheap to clone.
#[derive(Debug, Clone)]
pub struct Encoder {
    ffmpeg: String,
    scratch: PathBuf,
}

impl Encoder {
    /// `ffmpeg` is a name on the search path, or a path; it may be missing as long as nothing needs it.
    pub fn new(ffmpeg: impl Into<String>, scratch: impl Into<PathBuf>) -> Self {
        Self {
            ffmpeg: ffmpeg.into(),
            scratch: scratch.into(),
        }
    }

    /// Encodes a stream to its end. Dropping the future stops ffmpeg and removes the file.
    pub async fn encode<S, E>(&self, encoding: Encoding, audio: S) -> Result<Encoded, EncodeError>
    where
        S: Stream<Item = Result<Vec<f32>, E>> + Send + Unpin,
        E: Into<SourceError>,
    {
        // Waiting for the first audio before starting ffmpeg: a request in line should hold no process, and one
        // that is refused needs none.
        let mut audio = audio.map_err(from_source).peekable();
        std::pin::Pin::new(&mut audio).peek().await;
        let file = tempfile::Builder::new()
            .prefix("audio-")
            .tempfile_in(&self.scratch)?;
        let mut frames = 0;
        let pcm = audio.map_ok(|samples| {
            frames += samples.len() as u64;
            samples::to_s16le(&samples)
        });
        if encoding.is_native() {
            native::write(encoding, pcm, file.reopen()?).await?;
        } else {
            Ffmpeg {
                program: &self.ffmpeg,
                encoding,
            }
            .write(pcm, file.path())
            .await?;
        }
        let duration_seconds =
            frames as f64 / f64::from(encoding.sample_rate) / f64::from(encoding.stretch);
        let bytes = file.as_file().metadata()?.len();
        Ok(Encoded {
            file,
            bytes,
            duration_seconds,
        })
    }
}

fn from_source(error: impl Into<SourceError>) -> EncodeError {
    EncodeError::Source(error.into())
}
