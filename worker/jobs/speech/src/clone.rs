//! Takes a voice from recordings.

use std::sync::Arc;

use futures::TryStreamExt;
use kiskadee_media::{DecodeError, Decoded};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_shared::limits::{RECORDING_SECONDS, RECORDING_UPLOAD_BYTES, RECORDINGS_SECONDS};
use kiskadee_speech::{Recording, SpeechError, VoiceMaker};
use kiskadee_storage::StoreError;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::{
    args::{CloneArgs, CloneResult, CloneSource, RecordingArgs},
    error::{no_scratch, not_spoken},
    tools::Tools,
};

/// The part of the work that is over once all recordings are decoded.
const FETCHING_SHARE: f64 = 0.3;

/// A claimed job that takes a voice from recordings.
#[derive(Debug, Clone)]
pub struct CloneTask {
    pub attempt: Attempt,
    pub args: CloneArgs,
}

/// A recording in the storage, with the name by which its sender is told of it.
#[derive(Debug)]
struct Stored<'a> {
    key: &'a str,
    name: String,
}

/// Makes a voice. The conditioning lies beside those of other attempts until one of them is accepted.
pub async fn clone_job(
    tools: &Tools,
    CloneTask { attempt, args }: CloneTask,
) -> Result<CloneResult, JobError> {
    let cancel = attempt.cancel.clone();
    let made = cancel.run_until_cancelled(make(tools, &attempt, &args));
    made.await.unwrap_or(Err(JobError::Cancelled))
}

async fn make(tools: &Tools, attempt: &Attempt, args: &CloneArgs) -> Result<CloneResult, JobError> {
    let maker = tools
        .engines
        .get(&args.engine)
        .map_err(not_spoken)?
        .voice_maker();
    let maker = maker.ok_or_else(|| not_spoken(no_maker(&args.engine)))?;
    attempt.progress.enter("reading the recordings");
    let recordings = fetch_all(tools, attempt, &args.source, maker.recording_rate()).await?;
    let duration_seconds = recordings.iter().map(Recording::seconds).sum();
    attempt.progress.enter("taking the voice");
    let conditioning = condition(maker, recordings).await?;
    attempt.progress.set(0.9);
    let key = format!(
        "voices/{}/{}/conditioning.bin",
        args.voice_id, attempt.token
    );
    tools
        .store
        .upload(
            &key,
            "application/octet-stream",
            &mut conditioning.as_slice(),
        )
        .await?;
    attempt.progress.set(1.0);
    Ok(CloneResult {
        voice_id: args.voice_id.clone(),
        conditioning_key: key,
        duration_seconds,
        engine: args.engine.clone(),
    })
}

fn no_maker(engine: &str) -> SpeechError {
    SpeechError::Reject(format!(
        "the engine {engine} cannot take a voice from a recording"
    ))
}

fn stored(source: &CloneSource) -> Vec<Stored<'_>> {
    match source {
        CloneSource::One { recording_key } => vec![Stored {
            key: recording_key,
            name: "the recording".to_owned(),
        }],
        CloneSource::Several { recordings } => recordings
            .iter()
            .map(|RecordingArgs { key, filename }| Stored {
                key,
                name: format!("the recording `{filename}`"),
            })
            .collect(),
    }
}

/// All recordings at `rate` (Hz), each of a good length, and so all together.
async fn fetch_all(
    tools: &Tools,
    attempt: &Attempt,
    source: &CloneSource,
    rate: u32,
) -> Result<Vec<Recording>, JobError> {
    let all = stored(source);
    let (mut recordings, mut seconds) = (Vec::with_capacity(all.len()), 0.0);
    for stored in &all {
        let recording = fetch(tools, stored, rate).await?;
        check_length(&stored.name, recording.seconds())?;
        seconds += recording.seconds();
        check_total(seconds)?;
        recordings.push(recording);
        let share = recordings.len() as f64 / all.len() as f64;
        attempt.progress.set(FETCHING_SHARE * share);
    }
    Ok(recordings)
}

async fn fetch(tools: &Tools, stored: &Stored<'_>, rate: u32) -> Result<Recording, JobError> {
    let name = &stored.name;
    let object = match tools.store.read(stored.key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(JobError::Reject(format!("{name} has been deleted")));
        }
        object => object?,
    };
    let file = NamedTempFile::new_in(&tools.scratch).map_err(|error| no_scratch(&error))?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(|error| no_scratch(&error))?);
    let mut bytes = 0;
    let mut stream = object.stream;
    while let Some(piece) = stream.try_next().await? {
        bytes += piece.len();
        if bytes > RECORDING_UPLOAD_BYTES {
            return Err(JobError::Reject(format!("{name} is too large")));
        }
        writer
            .write_all(&piece)
            .await
            .map_err(|error| no_scratch(&error))?;
    }
    writer.flush().await.map_err(|error| no_scratch(&error))?;
    // A little more than may be used, so that what is too long is seen to be.
    let longest = RECORDING_SECONDS.end() + 1.0;
    let decoded = tools.decoder.decode(file.path(), rate, longest).await;
    let Decoded {
        samples,
        sample_rate,
    } = decoded.map_err(|error| undecoded(name, &error))?;
    Ok(Recording {
        samples,
        sample_rate,
    })
}

fn undecoded(name: &str, error: &DecodeError) -> JobError {
    match error {
        DecodeError::Unreadable(_) | DecodeError::Slow(_) => {
            JobError::Reject(format!("{name} {error}"))
        }
        other => JobError::Retry(other.to_string()),
    }
}

fn check_length(name: &str, seconds: f64) -> Result<(), JobError> {
    if RECORDING_SECONDS.contains(&seconds) {
        return Ok(());
    }
    let (least, most) = (RECORDING_SECONDS.start(), RECORDING_SECONDS.end());
    let found = if seconds > *most {
        format!("over {most}")
    } else {
        format!("{seconds:.1}")
    };
    Err(JobError::Reject(format!(
        "{name} must sound for {least} to {most} s, and sounds for {found} s"
    )))
}

fn check_total(seconds: f64) -> Result<(), JobError> {
    if seconds <= RECORDINGS_SECONDS {
        return Ok(());
    }
    Err(JobError::Reject(format!(
        "the recordings together sound for over {RECORDINGS_SECONDS} s: send fewer or shorter ones"
    )))
}

async fn condition(
    maker: Arc<dyn VoiceMaker>,
    recordings: Vec<Recording>,
) -> Result<Vec<u8>, JobError> {
    let made = tokio::task::spawn_blocking(move || maker.condition(&recordings)).await;
    made.map_err(|error| JobError::Retry(format!("the analysis broke down: {error}")))?
        .map_err(not_spoken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_has_a_length() {
        let check = |seconds| check_length("the recording", seconds);
        assert!(check(3.0).is_ok() && check(60.0).is_ok());
        assert_eq!(
            check(1.04),
            Err(JobError::Reject(
                "the recording must sound for 3 to 60 s, and sounds for 1.0 s".to_owned()
            ))
        );
        assert!(check(61.0).unwrap_err().to_string().ends_with("over 60 s"));
    }
}
