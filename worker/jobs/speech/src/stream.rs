//! Speech for somebody who listens while it is made: the audio goes to the listener's relay and is kept nowhere.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{StreamExt, TryStreamExt};
use kiskadee_media::{EncodeError, Encoding, LiveEncoding, Pieces};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_shared::{format::ResponseFormat, relay::RelayTarget};
use kiskadee_speech::Utterance;
use kiskadee_storage::gateway::relay::StreamFailure;

use crate::{
    args::{SpeechArgs, StreamResult},
    error::not_encoded,
    relay::Description,
    tools::Tools,
};

/// Clients of the API that this imitates take bare samples to be of this rate.
const PCM_RATE: u32 = 24_000;

/// Speaks to a listener. What goes wrong before the first audio is told to the listener in words.
pub(crate) async fn speak_live(
    tools: &Tools,
    attempt: &Attempt,
    args: &SpeechArgs,
    target: &RelayTarget,
    utterance: Result<Utterance, JobError>,
) -> Result<StreamResult, JobError> {
    tools.relay.find_listener(target).await?;
    let spoken = async {
        Live {
            tools,
            args,
            target,
        }
        .send(utterance?)
        .await
    };
    let spoken = attempt.cancel.run_until_cancelled(spoken).await;
    let answer = spoken.unwrap_or(Err(JobError::Cancelled));
    if let Err(error) = &answer
        && let Some(failure) = failure(error)
    {
        tools.relay.fail(target, &failure).await;
    }
    if answer.is_ok() {
        attempt.progress.set(1.0);
    }
    answer
}

/// What a listener is told; nothing when it has gone, or when another worker may yet speak to it.
fn failure(error: &JobError) -> Option<StreamFailure> {
    let (rejected, message) = match error {
        JobError::Cancelled | JobError::Abandoned => return None,
        JobError::Reject(message) => (true, message.clone()),
        other => (false, other.to_string()),
    };
    Some(StreamFailure { rejected, message })
}

struct Live<'a> {
    tools: &'a Tools,
    args: &'a SpeechArgs,
    target: &'a RelayTarget,
}

impl Live<'_> {
    async fn send(&self, utterance: Utterance) -> Result<StreamResult, JobError> {
        let format = self.args.response_format;
        let encoding = LiveEncoding {
            source: Encoding {
                format,
                sample_rate: utterance.sample_rate,
                stretch: utterance.stretch,
            },
            bare_rate: if format == ResponseFormat::Pcm {
                PCM_RATE
            } else {
                utterance.sample_rate
            },
        };
        let (samples, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (heard, sent) = (Arc::clone(&samples), Arc::clone(&bytes));
        let audio = utterance.audio.map_ok(move |chunk| {
            heard.fetch_add(chunk.samples.len() as u64, Ordering::Relaxed);
            chunk.samples
        });
        let pieces = self.tools.encoder.encode_live(encoding, audio);
        let pieces = pieces.inspect_ok(move |piece| {
            sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        });
        let description = Description {
            content_type: format.content_type(),
            engine: &self.args.engine,
            voice: &utterance.voice_id,
        };
        self.bring(description, pieces.boxed()).await?;
        let rate = f64::from(encoding.source.sample_rate) * f64::from(encoding.source.stretch);
        Ok(StreamResult {
            content_type: format.content_type().to_owned(),
            bytes: bytes.load(Ordering::Relaxed),
            duration_seconds: samples.load(Ordering::Relaxed) as f64 / rate,
            engine: self.args.engine.clone(),
            voice_id: utterance.voice_id,
            warnings: self.args.warnings.clone(),
        })
    }

    /// Waits for the first audio, so that an engine's refusal can still be told in words. Later its error breaks the
    /// transfer off; it is kept aside, for the transport knows nothing of it.
    async fn bring(&self, description: Description<'_>, pieces: Pieces) -> Result<(), JobError> {
        let mut pieces = pieces.peekable();
        if std::pin::Pin::new(&mut pieces)
            .peek()
            .await
            .is_some_and(Result::is_err)
        {
            return Err(pieces
                .next()
                .await
                .and_then(Result::err)
                .map_or(JobError::Cancelled, not_encoded));
        }
        let cause: Arc<Mutex<Option<EncodeError>>> = Arc::default();
        let kept = Arc::clone(&cause);
        let pieces = pieces.map_err(move |error| {
            let broken = io::Error::other(error.to_string());
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            broken
        });
        let brought = self
            .tools
            .relay
            .bring(self.target, description, pieces)
            .await;
        match cause.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(not_encoded(error)),
            None => Ok(brought?),
        }
    }
}
