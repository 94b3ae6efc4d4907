//! Takes a voice from a recording.

use futures::TryStreamExt;
use kiskadee_shared::{
    job::{CloneArgs, CloneResult},
    limits::{RECORDING_BODY_BYTES, RECORDING_SECONDS},
};
use kiskadee_speech::{Recording, SpeechError, VoiceMaker};
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::{Attempt, CloneTask, JobError, Tools};
use crate::{audio::DecodeError, store::StoreError};

impl From<DecodeError> for JobError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Unreadable(_) => Self::Reject(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
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
    let maker = tools.engines.get(&args.engine)?.voice_maker();
    let maker = maker.ok_or_else(|| no_maker(&args.engine))?;
    let recording = fetch(tools, &args.recording_key, maker.recording_rate()).await?;
    attempt.progress.set(0.3);
    let duration_seconds = recording.seconds();
    check_length(duration_seconds)?;
    let conditioning = condition(maker, vec![recording]).await?;
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

async fn fetch(tools: &Tools, key: &str, rate: u32) -> Result<Recording, JobError> {
    let object = match tools.store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(JobError::Reject(
                "the recording has been deleted".to_owned(),
            ));
        }
        object => object?,
    };
    let file = NamedTempFile::new_in(&tools.scratch).map_err(scratch)?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(scratch)?);
    let mut bytes = 0;
    let mut stream = object.stream;
    while let Some(piece) = stream.try_next().await? {
        bytes += piece.len();
        if bytes > RECORDING_BODY_BYTES {
            return Err(JobError::Reject("the recording is too large".to_owned()));
        }
        writer.write_all(&piece).await.map_err(scratch)?;
    }
    writer.flush().await.map_err(scratch)?;
    // A little more than may be used, so that what is too long is seen to be.
    Ok(tools
        .decoder
        .decode(file.path(), rate, RECORDING_SECONDS.end() + 1.0)
        .await?)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` wants"
)]
fn scratch(error: std::io::Error) -> JobError {
    JobError::Snooze(format!(
        "the worker's scratch directory cannot be written: {error}"
    ))
}

fn check_length(seconds: f64) -> Result<(), JobError> {
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
        "the recording must sound for {least} to {most} s, and sounds for {found} s"
    )))
}

async fn condition(
    maker: Arc<dyn VoiceMaker>,
    recordings: Vec<Recording>,
) -> Result<Vec<u8>, JobError> {
    let made = tokio::task::spawn_blocking(move || maker.condition(&recordings)).await;
    Ok(made.map_err(|error| JobError::Retry(format!("the analysis broke down: {error}")))??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_has_a_length() {
        assert!(check_length(3.0).is_ok() && check_length(60.0).is_ok());
        assert_eq!(
            check_length(1.04),
            Err(JobError::Reject(
                "the recording must sound for 3 to 60 s, and sounds for 1.0 s".to_owned()
            ))
        );
        assert!(
            check_length(61.0)
                .unwrap_err()
                .to_string()
                .ends_with("over 60 s")
        );
    }
}
