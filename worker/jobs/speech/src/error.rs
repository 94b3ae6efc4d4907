//! What becomes of a job when an engine or an encoder fails. What its owner reads names nothing of the machine; the log does.

use kiskadee_media::EncodeError;
use kiskadee_runner::JobError;
use kiskadee_speech::SpeechError;

pub(crate) fn not_spoken(error: SpeechError) -> JobError {
    match error {
        SpeechError::Reject(why) => JobError::Reject(why),
        SpeechError::Cancelled => JobError::Cancelled,
        SpeechError::Fatal(why) => JobError::Fatal(why),
        // A machine that lacks something fails the attempt and not the job: another one may have it. It is
        // counted, so that a fleet in which none has it says so at last.
        other => JobError::Retry(other.to_string()),
    }
}

pub(crate) fn not_encoded(error: EncodeError) -> JobError {
    match error {
        EncodeError::Source(source) => match source.downcast::<SpeechError>() {
            Ok(error) => not_spoken(*error),
            Err(other) => JobError::Retry(other.to_string()),
        },
        EncodeError::Scratch(error) => no_scratch(&error),
        EncodeError::TooLong => JobError::Reject(error.to_string()),
        EncodeError::Ffmpeg(said) => {
            tracing::error!(said, "ffmpeg failed");
            JobError::Retry("the audio could not be encoded".to_owned())
        }
        other => JobError::Retry(other.to_string()),
    }
}

pub(crate) fn no_scratch(error: &std::io::Error) -> JobError {
    tracing::error!(%error, "the scratch directory cannot be written");
    JobError::Snooze("the worker's scratch directory cannot be written".to_owned())
}
