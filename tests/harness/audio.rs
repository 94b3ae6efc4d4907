//! Measuring audio with the tools that made the formats: `ffprobe` and `ffmpeg`.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What `ffprobe` says of a file: codec name, sample rate in Hz and duration in seconds.
#[derive(Debug, Clone)]
pub struct Probe {
    pub codec: String,
    pub sample_rate: u32,
    pub seconds: f64,
}

pub fn probe(bytes: &[u8]) -> Result<Probe> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
        ])
        .arg(file.path())
        .output()
        .context("ffprobe is not installed")?;
    ensure!(
        output.status.success(),
        "ffprobe: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let stream = &json["streams"][0];
    Ok(Probe {
        codec: stream["codec_name"].as_str().unwrap_or_default().to_owned(),
        sample_rate: stream["sample_rate"].as_str().unwrap_or_default().parse()?,
        seconds: json["format"]["duration"]
            .as_str()
            .context("no duration")?
            .parse()?,
    })
}

/// Decodes any format to mono samples at `sample_rate` Hz.
pub fn decode(bytes: &[u8], sample_rate: u32) -> Result<Vec<i16>> {
    let mut child = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-i",
            "pipe:0",
            "-f",
            "s16le",
            "-ac",
            "1",
            "-ar",
            &sample_rate.to_string(),
            "pipe:1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("ffmpeg is not installed")?;
    let mut stdin = child.stdin.take().context("no stdin")?;
    let input = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    let _ = writer.join();
    ensure!(output.status.success(), "ffmpeg could not decode the audio");
    Ok(output
        .stdout
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect())
}

/// Root mean square of the samples, as a share of full scale.
pub fn loudness(samples: &[i16]) -> f64 {
    let sum: f64 = samples
        .iter()
        .map(|sample| (f64::from(*sample) / 32768.0).powi(2))
        .sum();
    (sum / samples.len().max(1) as f64).sqrt()
}
