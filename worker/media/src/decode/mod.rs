//! Decodes what callers hand in, by ffmpeg as a separate process, within limits of size, time and memory.
//!
//! Only containers of plain audio are opened: a playlist or a script that names other files is none.

mod kind;
mod mix;
mod stream;

use std::{
    fmt, io,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{fs::File, io::AsyncReadExt, process::Command, time::timeout};

pub(crate) use self::kind::Kind;
use self::{kind::HEAD_BYTES, stream::read_mixed};
use crate::ffmpeg::complaint;

/// What ffmpeg may take a file for.
const FORMATS: &str = "wav,w64,flac,mp3,ogg,mov,mp4,m4a,3gp,aac,matroska,webm,aiff,caf,au,amr,asf";
/// The same for senders.
const SEND: &str = "send wav, flac, mp3, ogg, m4a, webm, aiff, caf, au, amr or wma";
/// What ffmpeg says of a file in which it finds no track of sound.
const NO_TRACK: &str = "matches no streams";
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
    #[error("{0}")]
    Unreadable(Unreadable),
    #[error("cannot be decoded within {} s; send a shorter or plainer file", WITHIN.as_secs())]
    Slow,
    #[error("ffmpeg cannot be run: {0}")]
    Ffmpeg(#[source] io::Error),
}

/// Why the sender of a file must send another, in words for the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    kind: Kind,
    is_without_sound: bool,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Empty => write!(f, "is empty; {SEND}"),
            Kind::Other(name) => write!(f, "is {name}, which holds no recording; {SEND}"),
            Kind::Sound(name) if self.is_without_sound => {
                write!(f, "is {name} without any sound in it; {SEND}")
            }
            Kind::Sound(name) => write!(
                f,
                "begins as {name} and cannot be decoded: it is damaged or not whole, or made in a way that is not known here; send it again, \
                 or as wav"
            ),
            Kind::Unknown => write!(f, "is of no form that is known here; {SEND}"),
        }
    }
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
        let kind = head(file).await.map_err(DecodeError::Ffmpeg)?;
        let unreadable = |is_without_sound| {
            DecodeError::Unreadable(Unreadable {
                kind,
                is_without_sound,
            })
        };
        if kind == Kind::Empty {
            return Err(unreadable(true));
        }
        let run = timeout(WITHIN, self.run(file, sample_rate, max_seconds));
        let (samples, output) = run.await.map_err(|_| DecodeError::Slow)??;
        if let Some(output) = output {
            let said = complaint(&output).to_string();
            tracing::info!(%said, ?kind, "a file cannot be decoded");
            return Err(unreadable(said.contains(NO_TRACK)));
        }
        if samples.is_empty() {
            return Err(unreadable(true));
        }
        Ok(Decoded {
            samples,
            sample_rate,
        })
    }

    /// The samples, and what ffmpeg said where it failed.
    async fn run(
        &self,
        file: &Path,
        rate: u32,
        max_seconds: f64,
    ) -> Result<(Vec<f32>, Option<Output>), DecodeError> {
        let mut child =
            self.command(file, rate, max_seconds)
                .spawn()
                .map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => DecodeError::Missing(self.ffmpeg.clone()),
                    _ => DecodeError::Ffmpeg(error),
                })?;
        let most = (f64::from(rate) * max_seconds).ceil() as usize;
        let mut samples = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            samples = read_mixed(stdout, most)
                .await
                .map_err(DecodeError::Ffmpeg)?;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(DecodeError::Ffmpeg)?;
        // A reader that has enough closes the pipe, which is no fault of the file.
        let is_whole = output.status.success() || samples.len() == most;
        Ok((samples, (!is_whole).then_some(output)))
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
            .args(["-ar", &rate, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// What kind of file it is.
async fn head(file: &Path) -> io::Result<Kind> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let file = File::open(file).await?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(Kind::of(&head))
}
