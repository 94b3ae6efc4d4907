//! Decodes what callers hand in, by ffmpeg as a separate process, within limits of size, time and memory.
//!
//! Only containers of plain audio are opened: a playlist or a script that names other files is none.

mod kind;
mod mix;
mod stream;
mod track;

use std::{
    fmt,
    io::{self, BufWriter, Write as _},
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    fs::File,
    io::AsyncReadExt,
    process::{Child, Command},
    time::timeout,
};

pub(crate) use self::kind::Kind;
pub use self::track::Track;
use self::{
    kind::HEAD_BYTES,
    stream::{Frames, read_frames, read_mixed},
    track::{Loudness, mixed},
};
use crate::ffmpeg::complaint;

/// What ffmpeg may take a file for.
const FORMATS: &str =
    "wav,w64,flac,mp3,ogg,mov,mp4,m4a,3gp,aac,matroska,webm,aiff,caf,au,amr,asf,mpegts";
/// The same for senders.
const SEND: &str = "send wav, flac, mp3, ogg, m4a, webm, aiff, caf, au, amr or wma";
/// What ffmpeg says of a file in which it finds no track of sound.
const NO_TRACK: &str = "matches no streams";
/// Bytes of one allocation inside ffmpeg.
const MAX_ALLOCATION: &str = "134217728";
const WITHIN: Duration = Duration::from_secs(30);
/// A track may be longer, and is decoded twice.
const WITHIN_OF_TRACKS: Duration = Duration::from_mins(4);
/// What a reader of samples takes.
const INTO_PIPE: [&str; 5] = ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"];
/// Of a rate that is not in the list the nearest that is.
const OWN_RATE: &str = "aformat=sample_rates=8000|11025|12000|16000|22050|24000|32000|44100|48000";

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
    #[error("cannot be decoded within {} s; send a shorter or plainer file", .0.as_secs())]
    Slow(Duration),
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
    within_of_tracks: Duration,
}

impl Decoder {
    /// `ffmpeg` is a name on the search path, or a path.
    pub fn new(ffmpeg: impl Into<String>) -> Self {
        Self {
            ffmpeg: ffmpeg.into(),
            within_of_tracks: WITHIN_OF_TRACKS,
        }
    }

    /// With so much time for a track, which may then be longer.
    #[must_use]
    pub fn patient(self, within_of_tracks: Duration) -> Self {
        Self {
            within_of_tracks,
            ..self
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
        let (samples, output) = run.await.map_err(|_| DecodeError::Slow(WITHIN))??;
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
        let rate_text = rate.to_string();
        let mut child = self.start(file, &["-ar", &rate_text], max_seconds)?;
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

    /// The sound of a file at its own rate, or the nearest that is common and not above 48 kHz, in a file in `scratch`; of a longer one the first
    /// `max_seconds`. Takes little memory, whatever the length.
    pub async fn track(
        &self,
        file: &Path,
        scratch: &Path,
        max_seconds: f64,
    ) -> Result<Track, DecodeError> {
        let within = self.within_of_tracks;
        let run = timeout(within, self.run_track(file, scratch, max_seconds));
        run.await.map_err(|_| DecodeError::Slow(within))?
    }

    async fn run_track(
        &self,
        file: &Path,
        scratch: &Path,
        max_seconds: f64,
    ) -> Result<Track, DecodeError> {
        let kind = head(file).await.map_err(DecodeError::Ffmpeg)?;
        let silent = DecodeError::Unreadable(Unreadable {
            kind,
            is_without_sound: true,
        });
        if kind == Kind::Empty {
            return Err(silent);
        }
        let heard = self.frames(
            file,
            kind,
            max_seconds,
            |head| Loudness::new(head.channels),
            |loudness, frame| {
                loudness.push(frame);
                Ok(())
            },
        );
        let Some(Frames { taken, .. }) = heard.await?.filter(|heard| heard.count > 0) else {
            return Err(silent);
        };
        let weights = taken.weights();
        let track = tempfile::Builder::new()
            .prefix("track-")
            .tempfile_in(scratch);
        let track = track.map_err(DecodeError::Ffmpeg)?;
        let writer = BufWriter::new(track.reopen().map_err(DecodeError::Ffmpeg)?);
        let begin = |_: &stream::Head| (writer, 0.0_f32);
        let written = self.frames(file, kind, max_seconds, begin, |(writer, peak), frame| {
            let sample = mixed(frame, &weights);
            *peak = peak.max(sample.abs());
            writer.write_all(&sample.to_le_bytes())
        });
        let Some(Frames {
            head,
            taken: (mut writer, peak),
            count,
            ..
        }) = written.await?
        else {
            return Err(silent);
        };
        writer.flush().map_err(DecodeError::Ffmpeg)?;
        Ok(Track {
            file: track,
            sample_rate: head.sample_rate,
            samples: count,
            peak,
        })
    }

    /// A track at another rate (Hz), whole.
    pub async fn resample(&self, track: &Track, sample_rate: u32) -> Result<Vec<f32>, DecodeError> {
        let mut command = self.begin();
        command
            .args(["-f", "f32le", "-ac", "1", "-ar"])
            .arg(track.sample_rate.to_string())
            .arg("-i")
            .arg(track.file.path())
            .args(["-ar", &sample_rate.to_string()])
            .args(INTO_PIPE);
        let run = timeout(self.within_of_tracks, async {
            let mut child = self.spawn(command)?;
            let most = (track.seconds() * f64::from(sample_rate)).ceil() as usize;
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
            if output.status.success() || samples.len() == most {
                return Ok(samples);
            }
            Err(DecodeError::Ffmpeg(io::Error::other(
                complaint(&output).to_string(),
            )))
        });
        run.await
            .map_err(|_| DecodeError::Slow(self.within_of_tracks))?
    }

    /// Reads a file frame by frame, at its own rate.
    async fn frames<T>(
        &self,
        file: &Path,
        kind: Kind,
        max_seconds: f64,
        begin: impl FnOnce(&stream::Head) -> T,
        take: impl FnMut(&mut T, &[f32]) -> io::Result<()>,
    ) -> Result<Option<Frames<T>>, DecodeError> {
        let mut child = self.start(file, &["-af", OWN_RATE], max_seconds)?;
        let mut read = None;
        if let Some(stdout) = child.stdout.take() {
            let frames = read_frames(stdout, max_seconds, begin, take).await;
            read = frames.map_err(DecodeError::Ffmpeg)?;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(DecodeError::Ffmpeg)?;
        let is_cut = read.as_ref().is_some_and(|read| read.is_cut);
        if output.status.success() || is_cut {
            return Ok(read);
        }
        let said = complaint(&output).to_string();
        tracing::info!(%said, ?kind, "a file cannot be decoded");
        Err(DecodeError::Unreadable(Unreadable {
            kind,
            is_without_sound: said.contains(NO_TRACK),
        }))
    }

    fn start(&self, file: &Path, rate: &[&str], max_seconds: f64) -> Result<Child, DecodeError> {
        let mut command = self.begin();
        command
            .args(["-max_alloc", MAX_ALLOCATION, "-protocol_whitelist", "file"])
            .args(["-format_whitelist", FORMATS, "-i"])
            .arg(file)
            .args(["-map", "0:a:0", "-vn", "-sn", "-dn", "-t"])
            .arg(format!("{max_seconds:.3}"))
            .args(rate)
            .args(INTO_PIPE);
        self.spawn(command)
    }

    fn begin(&self) -> Command {
        let mut command = Command::new(&self.ffmpeg);
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error"]);
        command.args(["-threads", "1"]);
        command
    }

    fn spawn(&self, mut command: Command) -> Result<Child, DecodeError> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DecodeError::Missing(self.ffmpeg.clone()),
            _ => DecodeError::Ffmpeg(error),
        })
    }
}

/// Whether something that begins so is read and not heard: a page, or a list of what lies elsewhere.
pub fn is_page(head: &[u8]) -> bool {
    Kind::of(head.get(..HEAD_BYTES).unwrap_or(head)).is_page()
}

/// What kind of file it is.
async fn head(file: &Path) -> io::Result<Kind> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let file = File::open(file).await?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(Kind::of(&head))
}
