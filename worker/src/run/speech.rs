//! Speech: a claimed batch goes through its engine in one call; every job then streams, encodes and uploads on
//! its own.

use std::{collections::BTreeMap, sync::Arc};

use futures::{
    StreamExt, TryStreamExt,
    stream::{BoxStream, FuturesUnordered},
};
use kiskadee_shared::job::{SpeechArgs, SpeechResult};
use kiskadee_speech::{SpeechError, SpeechRequest, Utterance};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Attempt, JobError, SpeechTask, Spoken, Tools, stream::speak_live};
use crate::{
    audio::{EncodeError, Encoded, Encoding},
    store::ResultRef,
};

/// Speaking takes nearly all the time of a job; the rest is left for encoding's end and the upload.
const SPEAKING_SHARE: f64 = 0.95;

/// The answers of a batch, one for each job in the order in which they end.
pub type Answers = BoxStream<'static, (Uuid, Result<Spoken, JobError>)>;

/// Runs a batch of speech jobs. The jobs go on while the stream is not read, and end when it is dropped. One
/// that fails, is cancelled or even panics leaves the others alone. Must be called within a tokio runtime.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the jobs outlive the call and own what they work with"
)]
pub fn speak_jobs(tools: Arc<Tools>, tasks: Vec<SpeechTask>) -> Answers {
    let running = FuturesUnordered::new();
    for (engine, tasks) in by_engine(tasks) {
        let utterances = start(&tools, &engine, &tasks);
        for (task, utterance) in tasks.into_iter().zip(utterances) {
            running.push(guard(Arc::clone(&tools), task, utterance));
        }
    }
    running.boxed()
}

/// A claim gives jobs of one engine, but nothing here depends on it.
fn by_engine(tasks: Vec<SpeechTask>) -> BTreeMap<String, Vec<SpeechTask>> {
    let mut groups: BTreeMap<String, Vec<SpeechTask>> = BTreeMap::new();
    for task in tasks {
        groups
            .entry(task.args.engine.clone())
            .or_default()
            .push(task);
    }
    groups
}

fn start(tools: &Tools, engine: &str, tasks: &[SpeechTask]) -> Vec<Result<Utterance, SpeechError>> {
    match tools.engines.get(engine) {
        Ok(engine) => engine.speak(tasks.iter().map(request).collect()),
        Err(error) => tasks.iter().map(|_| Err(error.clone())).collect(),
    }
}

fn request(task: &SpeechTask) -> SpeechRequest {
    let SpeechArgs {
        text,
        voice_id,
        language,
        quality_profile,
        speed,
        ..
    } = task.args.clone();
    SpeechRequest {
        text,
        voice: voice_id,
        language,
        quality: quality_profile,
        speed,
        cancel: task.attempt.cancel.clone(),
    }
}

/// Starts a job in a task of its own, so that a panic in it is its own failure.
fn guard(
    tools: Arc<Tools>,
    task: SpeechTask,
    utterance: Result<Utterance, SpeechError>,
) -> impl Future<Output = (Uuid, Result<Spoken, JobError>)> {
    let job = task.attempt.job;
    let span = task.attempt.span.clone();
    let running = AbortOnDropHandle::new(tokio::spawn(
        deliver(tools, task, utterance).instrument(span),
    ));
    async move {
        let answer = running.await;
        (
            job,
            answer.unwrap_or_else(|error| {
                Err(JobError::Retry(format!("the job broke down: {error}")))
            }),
        )
    }
}

async fn deliver(
    tools: Arc<Tools>,
    SpeechTask {
        attempt,
        args,
        listener,
    }: SpeechTask,
    utterance: Result<Utterance, SpeechError>,
) -> Result<Spoken, JobError> {
    match listener {
        Some(target) => {
            let spoken = speak_live(&tools, &attempt, &args, &target, utterance).await;
            spoken.map(Spoken::Streamed)
        }
        None => store(tools, attempt, args, utterance?)
            .await
            .map(Spoken::Stored),
    }
}

async fn store(
    tools: Arc<Tools>,
    Attempt {
        job,
        token,
        cancel,
        progress,
        ..
    }: Attempt,
    args: SpeechArgs,
    utterance: Utterance,
) -> Result<SpeechResult, JobError> {
    let format = args.response_format;
    let encoding = Encoding {
        format,
        sample_rate: utterance.sample_rate,
        stretch: utterance.stretch,
    };
    let audio = utterance
        .audio
        .inspect_ok(|chunk| progress.set(f64::from(chunk.spoken) * SPEAKING_SHARE));
    let encoded = cancel
        .run_until_cancelled(tools.encoder.encode(encoding, audio))
        .await
        .ok_or(JobError::Cancelled)??;
    let key = ResultRef { job, token }.key(&format!("audio.{}", format.extension()));
    // Not interrupted, for that would leave parts of an upload behind in a bucket.
    upload(&tools, &encoded, &key, format.content_type()).await?;
    tracing::debug!(key, bytes = encoded.bytes, "uploaded");
    if cancel.is_cancelled() {
        return Err(JobError::Cancelled);
    }
    progress.set(1.0);
    Ok(SpeechResult {
        key,
        content_type: format.content_type().to_owned(),
        bytes: encoded.bytes,
        duration_seconds: encoded.duration_seconds,
        sample_rate: encoding.file_rate(),
        engine: args.engine,
        voice_id: utterance.voice_id,
    })
}

async fn upload(
    tools: &Tools,
    encoded: &Encoded,
    key: &str,
    content_type: &'static str,
) -> Result<(), JobError> {
    let file = encoded.file.reopen().map_err(EncodeError::from)?;
    Ok(tools
        .store
        .upload(key, content_type, &mut tokio::fs::File::from_std(file))
        .await?)
}
