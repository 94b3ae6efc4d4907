//! Speech: a claimed batch goes through its engine in one call; every job then streams, encodes and uploads on
//! its own.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use futures::{
    StreamExt, TryStreamExt,
    future::join_all,
    stream::{self, BoxStream, FuturesUnordered},
};
use kiskadee_media::{Encoded, Encoding};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_shared::relay::RelayTarget;
use kiskadee_speech::{
    Dictionary, Entry, SpeechError, SpeechRequest, Utterance, VoicePart, WordTiming,
};
use kiskadee_storage::ResultRef;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    args::{PronunciationArgs, Said, SpeechArgs, SpeechResult, StreamResult},
    error::{no_scratch, not_encoded, not_spoken},
    stream::speak_live,
    timestamps::Timestamps,
    tools::Tools,
};

/// Speaking takes nearly all the time of a job; the rest is left for encoding's end and the upload.
const SPEAKING_SHARE: f64 = 0.95;
const TIMESTAMPS_FILE: &str = "timestamps.json";
const WEBVTT_FILE: &str = "subtitles.vtt";
const SUBRIP_FILE: &str = "subtitles.srt";

/// A claimed job that speaks.
#[derive(Debug, Clone)]
pub struct SpeechTask {
    pub attempt: Attempt,
    pub args: SpeechArgs,
    /// Who listens; nobody when the audio is to be stored.
    pub listener: Option<RelayTarget>,
}

/// What a job that speaks has made.
#[derive(Debug, Clone, PartialEq)]
pub enum Spoken {
    Stored(SpeechResult),
    Streamed(StreamResult),
}

/// The answers of a batch, one for each job in the order in which they end.
pub type SpokenAnswers = BoxStream<'static, (Uuid, Result<Spoken, JobError>)>;

/// Runs a batch of speech jobs. The jobs go on while the stream is not read, and end when it is dropped. One
/// that fails, is cancelled or even panics leaves the others alone. Must be called within a tokio runtime.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the jobs outlive the call and own what they work with"
)]
pub fn speak_jobs(tools: Arc<Tools>, tasks: Vec<SpeechTask>) -> SpokenAnswers {
    let groups = by_engine(tasks).into_iter().map(|(engine, tasks)| {
        let tools = Arc::clone(&tools);
        stream::once(async move { speak_group(tools, &engine, tasks).await }).flatten()
    });
    stream::select_all(groups.map(StreamExt::boxed)).boxed()
}

async fn speak_group(
    tools: Arc<Tools>,
    engine: &str,
    tasks: Vec<SpeechTask>,
) -> FuturesUnordered<impl Future<Output = (Uuid, Result<Spoken, JobError>)> + use<>> {
    let begun = Instant::now();
    let utterances = start(&tools, engine, &tasks).await;
    let timed = utterances.into_iter().map(|utterance| {
        utterance.map(|utterance| tools.first_audio.watch(engine, begun, utterance))
    });
    let guarded = tasks.into_iter().zip(timed.collect::<Vec<_>>());
    guarded
        .map(|(task, utterance)| guard(Arc::clone(&tools), task, utterance))
        .collect()
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

/// Hands the batch to its engine, but for jobs whose voices are not to be had.
async fn start(
    tools: &Tools,
    engine: &str,
    tasks: &[SpeechTask],
) -> Vec<Result<Utterance, JobError>> {
    let engine = match tools.engines.get(engine) {
        Ok(engine) => engine,
        Err(error) => {
            return tasks
                .iter()
                .map(|_| Err(not_spoken(error.clone())))
                .collect();
        }
    };
    let parts = join_all(
        tasks
            .iter()
            .map(|task| tools.conditionings.parts(&tools.store, &task.args)),
    );
    let (mut requests, mut refusals) = (Vec::new(), Vec::new());
    for (task, parts) in tasks.iter().zip(parts.await) {
        match parts {
            Ok(parts) => {
                requests.push(request(task, parts));
                refusals.push(None);
            }
            Err(error) => refusals.push(Some(error)),
        }
    }
    let mut utterances = engine.speak(requests).into_iter();
    let silent = || {
        Err(SpeechError::Retry(
            "the engine gave too few answers".to_owned(),
        ))
    };
    let mut answer = |refusal: Option<JobError>| match refusal {
        Some(error) => Err(error),
        None => utterances.next().unwrap_or_else(silent).map_err(not_spoken),
    };
    refusals.into_iter().map(&mut answer).collect()
}

fn request(task: &SpeechTask, parts: Vec<VoicePart>) -> SpeechRequest {
    let args = &task.args;
    SpeechRequest {
        dictionary: Arc::new(dictionary(&args.pronunciations)),
        text_format: args.text_format,
        voice: args.voice_id.clone(),
        parts,
        quality: args.quality_profile,
        speed: args.speed,
        live: task.listener.is_some(),
        cancel: task.attempt.cancel.clone(),
        ..SpeechRequest::new(&args.text, &args.language)
    }
}

fn dictionary(pronunciations: &[PronunciationArgs]) -> Dictionary {
    let entry = |PronunciationArgs { word, said }: &PronunciationArgs| {
        let said = match said.clone() {
            Said::Phonemes(phonemes) => Entry::Pronounced(phonemes),
            Said::Alias(alias) => Entry::Alias(alias),
        };
        (word.clone(), said)
    };
    Dictionary::new(pronunciations.iter().map(entry))
}

/// Starts a job in a task of its own, so that a panic in it is its own failure.
fn guard(
    tools: Arc<Tools>,
    task: SpeechTask,
    utterance: Result<Utterance, JobError>,
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
    utterance: Result<Utterance, JobError>,
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
    let mut timings: Vec<WordTiming> = Vec::new();
    let audio = utterance.audio.inspect_ok(|chunk| {
        progress.set(f64::from(chunk.spoken) * SPEAKING_SHARE);
        timings.extend_from_slice(&chunk.words);
    });
    let audio = audio.map_ok(|chunk| chunk.samples);
    let encoded = cancel
        .run_until_cancelled(tools.encoder.encode(encoding, audio))
        .await
        .ok_or(JobError::Cancelled)?
        .map_err(not_encoded)?;
    let attempt = ResultRef { job, token };
    let key = attempt.key(&format!("audio.{}", format.extension()));
    // Not interrupted, for that would leave parts of an upload behind in a bucket.
    upload(&tools, &encoded, &key, format.content_type())
        .instrument(tracing::info_span!("upload", bytes = encoded.bytes))
        .await?;
    tracing::debug!(key, bytes = encoded.bytes, "uploaded");
    let timestamps_key = if args.timestamps {
        keep_timestamps(&tools, attempt, &args, &timings, encoding.stretch).await?
    } else {
        None
    };
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
        timestamps_key,
        warnings: args.warnings,
    })
}

async fn upload(
    tools: &Tools,
    encoded: &Encoded,
    key: &str,
    content_type: &'static str,
) -> Result<(), JobError> {
    let file = encoded.file.reopen().map_err(|error| no_scratch(&error))?;
    Ok(tools
        .store
        .upload(key, content_type, &mut tokio::fs::File::from_std(file))
        .await?)
}

/// All forms lie beside the audio; the key is that of the JSON.
async fn keep_timestamps(
    tools: &Tools,
    attempt: ResultRef,
    args: &SpeechArgs,
    timings: &[WordTiming],
    stretch: f32,
) -> Result<Option<String>, JobError> {
    let document = kiskadee_markup::read(&args.text, args.text_format, &args.language)
        .map_err(|error| JobError::Reject(error.to_string()))?;
    let Some(timestamps) = Timestamps::of(&document, timings, stretch) else {
        return Ok(None);
    };
    let json = serde_json::to_vec(&timestamps)
        .map_err(|error| JobError::Retry(format!("the times cannot be written: {error}")))?;
    let key = attempt.key(TIMESTAMPS_FILE);
    let (webvtt, subrip) = (timestamps.to_webvtt(), timestamps.to_subrip());
    for (file, kind, written) in [
        (WEBVTT_FILE, "text/vtt", webvtt),
        (SUBRIP_FILE, "application/x-subrip", subrip),
    ] {
        let subtitles = attempt.key(file);
        tools
            .store
            .upload(&subtitles, kind, &mut written.as_bytes())
            .await?;
    }
    tools
        .store
        .upload(&key, "application/json", &mut json.as_slice())
        .await?;
    Ok(Some(key))
}
