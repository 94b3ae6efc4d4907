//! Decodes what callers hand in, by ffmpeg as a separate process, within limits of size, time and memory.
//!
//! Only containers of plain audio are opened: a playlist or a script that names other files is none.

use std::{io, path::Path, process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt, process::Command, time::timeout};

use crate::ffmpeg::complaint;

/// What ffmpeg may take a file for.
const FORMATS: &str = "wav,w64,flac,mp3,ogg,mov,mp4,m4a,aac";
/// Bytes of one allocation inside ffmpeg.
const MAX_ALLOCATION: &str = "134217728";
const WITHIN: Duration = Duration::from_secs(30);

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    #[error(
        "`{0}` is not installed on this worker; install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg)"
    )]
    Missing(String),
    /// The file is to blame. What ffmpeg says of it is for the log: it names paths and addresses of this machine.
    #[error("cannot be decoded; send wav, flac, mp3, ogg or m4a")]
    Unreadable,
    #[error("cannot be decoded within {} s; send a shorter or plainer file", WITHIN.as_secs())]
    Slow,
    #[error("ffmpeg cannot be run: {0}")]
    Ffmpeg(#[source] io::Error),
}

/// What a file sounds like.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Mono, -1.0..=1.0.
    pub samples: Vec<f32>,
    /// Hz.
    pub sample_rate: u32,
}

/// Decodes files; cheap to clone.
#[derive(Debug, Clone)]
pub struct Decoder {
    ffmpeg: String,
}

impl Decoder {
    /// `ffmpeg` is a name on the search path, or a path.
    pub fn new(ffmpeg: impl Into<String>) -> Self {
        Self {
            ffmpeg: ffmpeg.into(),
        }
    }

    /// The sound of a file, mixed to one channel and brought to `sample_rate` (Hz); of a longer file the first
    /// `max_seconds`.
    pub async fn decode(
        &self,
        file: &Path,
        sample_rate: u32,
        max_seconds: f64,
    ) -> Result<Decoded, DecodeError> {
        let run = timeout(WITHIN, self.run(file, sample_rate, max_seconds));
        let bytes = run.await.map_err(|_| DecodeError::Slow)??;
        let samples = bytes.chunks_exact(4).map(sample).collect();
        Ok(Decoded {
            samples,
            sample_rate,
        })
    }

    async fn run(&self, file: &Path, rate: u32, max_seconds: f64) -> Result<Vec<u8>, DecodeError> {
        let mut child =
            self.command(file, rate, max_seconds)
                .spawn()
                .map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => DecodeError::Missing(self.ffmpeg.clone()),
                    _ => DecodeError::Ffmpeg(error),
                })?;
        let most = (f64::from(rate) * max_seconds).ceil() as u64 * 4;
        let mut bytes = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout
                .take(most)
                .read_to_end(&mut bytes)
                .await
                .map_err(DecodeError::Ffmpeg)?;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(DecodeError::Ffmpeg)?;
        // A reader that has enough closes the pipe, which is no fault of the file.
        if output.status.success() || bytes.len() as u64 == most {
            Ok(bytes)
        } else {
            tracing::info!(said = %complaint(&output), "a file cannot be decoded");
            Err(DecodeError::Unreadable)
        }
    }

    fn command(&self, file: &Path, rate: u32, max_seconds: f64) -> Command {
        let (rate, seconds) = (rate.to_string(), format!("{max_seconds:.3}"));
        let mut command = Command::new(&self.ffmpeg);
        command
            .args([
                "-hide_banner",
                "-nostdin",
                "-loglevel",
                "error",
                "-threads",
                "1",
            ])
            .args(["-max_alloc", MAX_ALLOCATION, "-protocol_whitelist", "file"])
            .args(["-format_whitelist", FORMATS, "-i"])
            .arg(file)
            .args(["-map", "0:a:0", "-vn", "-sn", "-dn", "-t", &seconds])
            .args(["-ac", "1", "-ar", &rate, "-f", "f32le", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// Not-a-number is silence; what is over full scale was clipped by whoever recorded it.
fn sample(bytes: &[u8]) -> f32 {
    let value = bytes.try_into().map_or(0.0, f32::from_le_bytes);
    if value.is_nan() {
        0.0
    } else {
        value.clamp(-1.0, 1.0)
    }
}
