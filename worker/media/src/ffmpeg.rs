//! Encoding by ffmpeg as a separate process: samples go in by its standard input, it writes the file itself so
//! that headers with lengths come out right. Its arguments are made here alone; nothing in them is a caller's.

use std::{
    io,
    path::Path,
    process::{Output, Stdio},
};

use futures::{Stream, TryStreamExt};
use kiskadee_shared::format::ResponseFormat;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
};

use crate::{EncodeError, Encoding, OPUS_RATE};

/// How much of ffmpeg's complaint goes into an error.
const COMPLAINT_CHARS: usize = 500;
/// What one `atempo` filter changes without audible damage.
const TEMPO: std::ops::RangeInclusive<f32> = 0.5..=2.0;

/// One run of ffmpeg.
pub(super) struct Ffmpeg<'a> {
    pub(super) program: &'a str,
    pub(super) encoding: Encoding,
}

impl Ffmpeg<'_> {
    /// Encodes 16-bit samples into the file at `path`. The process is killed when this future is dropped.
    pub(super) async fn write<S>(&self, pcm: S, path: &Path) -> Result<(), EncodeError>
    where
        S: Stream<Item = Result<Vec<u8>, EncodeError>> + Unpin,
    {
        let mut child = self.spawn(path)?;
        let stdin = child.stdin.take();
        // A feed that fails ends the join and so drops the child. A child that ends early makes the feed stop
        // without an error, for the child's own words are the better one.
        let output = async { Ok(child.wait_with_output().await) };
        let (output, ()) = tokio::try_join!(output, feed(pcm, stdin))?;
        judge(output)
    }

    fn spawn(&self, path: &Path) -> Result<Child, EncodeError> {
        let mut command = Command::new(self.program);
        command
            .args(self.arguments())
            .arg(path)
            .stdout(Stdio::null());
        self.start(command)
    }

    /// Encodes into its standard output, each packet as soon as it is full. Bare samples get a rate of their own.
    pub(super) fn spawn_live(&self, bare_rate: u32) -> Result<Child, EncodeError> {
        let mut command = Command::new(self.program);
        command.args(self.arguments()).args(["-flush_packets", "1"]);
        match self.encoding.format {
            ResponseFormat::Pcm => command.args(["-ar", &bare_rate.to_string()]),
            // The table of contents goes before the audio, whose length nobody knows yet.
            ResponseFormat::Mp3 => command.args(["-write_xing", "0"]),
            _ => &mut command,
        };
        command.arg("pipe:1").stdout(Stdio::piped());
        self.start(command)
    }

    fn start(&self, mut command: Command) -> Result<Child, EncodeError> {
        command
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => EncodeError::Missing(self.program.to_owned()),
            _ => EncodeError::Ffmpeg(error.to_string()),
        })
    }

    /// Everything but the path of the file.
    fn arguments(&self) -> Vec<String> {
        let Encoding {
            format,
            sample_rate,
            stretch,
        } = self.encoding;
        let mut arguments = words("-hide_banner -loglevel error -y -f s16le -ac 1 -ar");
        arguments.push(sample_rate.to_string());
        arguments.extend(words(
            "-i pipe:0 -threads 1 -map_metadata -1 -fflags +bitexact -flags:a +bitexact",
        ));
        let tempo = tempo_chain(stretch);
        if !tempo.is_empty() {
            arguments.extend(["-af".to_owned(), tempo.join(",")]);
        }
        arguments.extend(words(codec(format)));
        if format == ResponseFormat::Opus {
            arguments.extend(["-ar".to_owned(), OPUS_RATE.to_string()]);
        }
        arguments
    }
}

/// Codec, quality and container. The bit rates are for one voice. Opus and AAC run at levels that take about 60 %
/// and 15 % of their default time and come as near to the source (correlation on speech: 0.97 and over 0.99).
fn codec(format: ResponseFormat) -> &'static str {
    match format {
        ResponseFormat::Wav => "-c:a pcm_s16le -f wav",
        ResponseFormat::Pcm => "-c:a pcm_s16le -f s16le",
        ResponseFormat::Flac => "-c:a flac -f flac",
        ResponseFormat::Mp3 => "-c:a libmp3lame -q:a 2 -f mp3",
        ResponseFormat::Opus => {
            "-c:a libopus -b:a 48k -application voip -compression_level 5 -f opus"
        }
        ResponseFormat::Aac => "-c:a aac -aac_coder fast -b:a 80k -f adts",
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// The filters that together play `stretch` times as fast.
fn tempo_chain(stretch: f32) -> Vec<String> {
    let mut factors = Vec::new();
    let mut left = stretch;
    while !TEMPO.contains(&left) {
        let factor = left.clamp(*TEMPO.start(), *TEMPO.end());
        factors.push(factor);
        left /= factor;
    }
    if (left - 1.0).abs() > f32::EPSILON {
        factors.push(left);
    }
    factors
        .into_iter()
        .map(|factor| format!("atempo={factor:.5}"))
        .collect()
}

pub(super) async fn feed<S>(mut pcm: S, stdin: Option<ChildStdin>) -> Result<(), EncodeError>
where
    S: Stream<Item = Result<Vec<u8>, EncodeError>> + Unpin,
{
    let Some(mut stdin) = stdin else {
        return Ok(());
    };
    while let Some(chunk) = pcm.try_next().await? {
        if stdin.write_all(&chunk).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Whether a run that has ended was good.
pub(super) fn judge(output: io::Result<Output>) -> Result<(), EncodeError> {
    let output = output.map_err(|error| EncodeError::Ffmpeg(error.to_string()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(complaint(&output))
    }
}

pub(super) fn complaint(output: &Output) -> EncodeError {
    let words: String = String::from_utf8_lossy(&output.stderr)
        .trim()
        .chars()
        .take(COMPLAINT_CHARS)
        .collect();
    EncodeError::Ffmpeg(format!("{}: {words}", output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempo_is_reached_in_steps() {
        assert!(tempo_chain(1.0).is_empty());
        assert_eq!(tempo_chain(1.5), ["atempo=1.50000"]);
        assert_eq!(tempo_chain(4.0), ["atempo=2.00000", "atempo=2.00000"]);
        assert_eq!(tempo_chain(0.25), ["atempo=0.50000", "atempo=0.50000"]);
        assert_eq!(tempo_chain(0.2).len(), 3);
    }

    #[test]
    fn opus_is_resampled_and_others_keep_their_rate() {
        let arguments = |format| {
            let encoding = Encoding {
                format,
                sample_rate: 22_050,
                stretch: 1.0,
            };
            Ffmpeg {
                program: "ffmpeg",
                encoding,
            }
            .arguments()
            .join(" ")
        };
        assert!(arguments(ResponseFormat::Opus).ends_with("-f opus -ar 48000"));
        assert_eq!(arguments(ResponseFormat::Flac).matches("-ar").count(), 1);
    }
}
