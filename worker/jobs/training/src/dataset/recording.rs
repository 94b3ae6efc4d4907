//! A recording on its way from the storage to its samples, and why it cannot be used.

use std::{fs::File, io, path::Path, time::Duration};

use futures::TryStreamExt as _;
use kiskadee_media::{DecodeError, Decoder, Track};
use kiskadee_runner::JobError;
use kiskadee_storage::{Store, StoreError};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::{io::AsyncWriteExt as _, sync::Semaphore};

use crate::family::Workshop;

/// Of a longer recording the samples of one look would fill the memory.
pub(super) const MAX_SECONDS: f64 = 1800.0;
/// Nothing can be learnt from less.
const MIN_SECONDS: f64 = 0.3;
/// Below, a recording is silence (−60 dB of full scale).
const SILENT: f32 = 0.001;
/// As much as an upload may have.
pub(super) const MAX_BYTES: u64 = 512 << 20;

/// How objects are typed of which nobody knows what they are.
pub(super) const BINARY: &str = "application/octet-stream";
/// What a recording of hours takes to be decoded, twice.
const PATIENCE: Duration = Duration::from_mins(30);

/// Recordings that are decoded at once, by all jobs together: each takes up to half a gigabyte of the disk.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Why there is no recording.
pub(super) enum Unusable {
    /// The recording is to blame; in words that go on behind its name.
    Refused(String),
    Failed(JobError),
}

impl From<JobError> for Unusable {
    fn from(error: JobError) -> Self {
        Self::Failed(error)
    }
}

/// What was refused, or why the job cannot go on.
pub(super) fn refusal<T>(looked: Result<T, Unusable>) -> Result<Result<T, String>, JobError> {
    match looked {
        Ok(found) => Ok(Ok(found)),
        Err(Unusable::Refused(reason)) => Ok(Err(reason)),
        Err(Unusable::Failed(error)) => Err(error),
    }
}

/// An object in a scratch file.
pub(super) struct Fetched {
    pub(super) file: NamedTempFile,
    pub(super) bytes: u64,
    /// 64 hex digits.
    pub(super) sha256: String,
}

pub(super) async fn fetch(workshop: &Workshop, key: &str) -> Result<Fetched, Unusable> {
    let object = match workshop.store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(Unusable::Refused("has been deleted".to_owned()));
        }
        object => object.map_err(JobError::from)?,
    };
    if object.info.bytes > MAX_BYTES {
        return Err(Unusable::Refused("is too large".to_owned()));
    }
    let file = scratch_file(&workshop.scratch)?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(|e| no_scratch(&e))?);
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut stream = object.stream;
    while let Some(piece) = stream.try_next().await.map_err(JobError::from)? {
        hash.update(&piece);
        bytes += piece.len() as u64;
        writer.write_all(&piece).await.map_err(|e| no_scratch(&e))?;
    }
    writer.flush().await.map_err(|e| no_scratch(&e))?;
    let sha256 = format!("{:x}", hash.finalize());
    Ok(Fetched {
        file,
        bytes,
        sha256,
    })
}

/// The sound of a file, if it can be used.
pub(super) async fn hear(workshop: &Workshop, file: &Path) -> Result<Track, Unusable> {
    let track = decoded(workshop, file).await?;
    match unfit(track.seconds(), track.peak, MAX_SECONDS) {
        Some(reason) => Err(Unusable::Refused(reason)),
        None => Ok(track),
    }
}

/// The sound of a file.
pub(super) async fn decoded(workshop: &Workshop, file: &Path) -> Result<Track, Unusable> {
    let decoder = decoder(workshop);
    decoded_by(workshop, &decoder, file, MAX_SECONDS + 1.0).await
}

/// The sound of a file that may be longer than a recording of a dataset; of a longer one the first `most` seconds.
pub(super) async fn decoded_long(
    workshop: &Workshop,
    file: &Path,
    most: f64,
) -> Result<Track, Unusable> {
    let decoder = decoder(workshop).patient(PATIENCE);
    decoded_by(workshop, &decoder, file, most).await
}

async fn decoded_by(
    workshop: &Workshop,
    decoder: &Decoder,
    file: &Path,
    most: f64,
) -> Result<Track, Unusable> {
    let _turn = DECODING.acquire().await;
    let track = decoder.track(file, &workshop.scratch, most);
    track.await.map_err(|error| undecoded(&error))
}

/// Why nothing can be learnt from sound of such a length (of at most `most` seconds) and such a peak.
pub(super) fn unfit(seconds: f64, peak: f32, most: f64) -> Option<String> {
    if seconds > most {
        let minutes = most / 60.0;
        Some(format!(
            "sounds for over {minutes:.0} minutes: cut it into shorter ones"
        ))
    } else if seconds < MIN_SECONDS {
        Some(format!(
            "sounds for {seconds:.2} s: nothing can be learnt from that"
        ))
    } else {
        (peak < SILENT).then(|| "is silent".to_owned())
    }
}

/// A track at the rate of the detector of speech.
pub(super) async fn resampled(
    workshop: &Workshop,
    track: &Track,
    sample_rate: u32,
) -> Result<Vec<f32>, JobError> {
    let samples = decoder(workshop).resample(track, sample_rate).await;
    samples.map_err(|error| JobError::Retry(error.to_string()))
}

fn decoder(workshop: &Workshop) -> Decoder {
    Decoder::new(workshop.ffmpeg.to_string_lossy())
}

fn undecoded(error: &DecodeError) -> Unusable {
    match error {
        DecodeError::Unreadable(_) | DecodeError::Slow(_) => Unusable::Refused(error.to_string()),
        other => Unusable::Failed(JobError::Retry(other.to_string())),
    }
}

/// Stores a scratch file.
pub(super) async fn store(
    objects: &Store,
    key: &str,
    content_type: &'static str,
    file: &NamedTempFile,
) -> Result<(), JobError> {
    store_file(objects, key, content_type, file.path()).await
}

pub(super) async fn store_file(
    objects: &Store,
    key: &str,
    content_type: &'static str,
    file: &Path,
) -> Result<(), JobError> {
    let reader = tokio::fs::File::open(file).await;
    let mut reader = reader.map_err(|e| no_scratch(&e))?;
    Ok(objects.upload(key, content_type, &mut reader).await?)
}

/// The digest of a scratch file, in hex digits, and its size.
pub(super) fn digest(file: &NamedTempFile) -> io::Result<(String, u64)> {
    digest_of(file.path())
}

pub(super) fn digest_of(file: &Path) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut reader = File::open(file)?;
    let bytes = io::copy(&mut reader, &mut hash)?;
    Ok((format!("{:x}", hash.finalize()), bytes))
}

pub(super) fn scratch_file(scratch: &Path) -> Result<NamedTempFile, JobError> {
    let file = tempfile::Builder::new()
        .prefix("recording-")
        .tempfile_in(scratch);
    file.map_err(|error| no_scratch(&error))
}

pub(super) fn no_scratch(error: &io::Error) -> JobError {
    tracing::error!(%error, "the scratch directory cannot be written");
    JobError::Snooze("the worker's scratch directory cannot be written".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_teach_is_refused() {
        assert_eq!(unfit(4.0, 0.5, MAX_SECONDS), None);
        assert!(unfit(1801.0, 0.5, MAX_SECONDS).is_some_and(|why| why.contains("30 minutes")));
        assert!(unfit(0.1, 0.5, MAX_SECONDS).is_some_and(|why| why.contains("0.10 s")));
        assert_eq!(unfit(4.0, 0.0, MAX_SECONDS).as_deref(), Some("is silent"));
    }
}
