//! The same texts by two voices, stored and measured.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_runner::{Attempt, Job, JobError, Made};
use kiskadee_speech::VoicePart;
use kiskadee_voice::speaker::Moments;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    compute,
    likeness::recorded,
    measures::{Between, Measures, between, hear},
    objects::fetch_part,
    speaking::{Speaker, Spoken, speak_to},
    word_errors::Witness,
};
use crate::family::Workshop;

#[derive(Debug, Deserialize)]
struct CompareArgs {
    comparison_id: Uuid,
    language: String,
    seed: u64,
    texts: Vec<String>,
    a: Side,
    b: Side,
}

#[derive(Debug, Deserialize)]
struct Side {
    engine: String,
    voice_id: String,
    #[serde(default)]
    voice_parts: Vec<Part>,
    /// Recordings that it is held against.
    #[serde(default)]
    clips: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Part {
    voice_id: String,
    weight: f32,
    conditioning_key: Option<String>,
}

#[derive(Debug, Serialize)]
struct CompareResult {
    comparison_id: Uuid,
    pairs: Vec<Pair>,
}

#[derive(Debug, Serialize)]
struct Pair {
    text: String,
    seed: u64,
    a: SideMade,
    b: SideMade,
    between: Between,
}

/// What one side made of a text.
#[derive(Debug, Serialize)]
struct SideMade {
    key: String,
    bytes: u64,
    measures: Measures,
}

pub(super) async fn run(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let args: CompareArgs = job.read_args()?;
    let comparing = compare(workshop, &job.attempt, args);
    let compared = job.attempt.cancel.run_until_cancelled(comparing).await;
    Made::new(&compared.unwrap_or(Err(JobError::Cancelled))?, None)
}

async fn compare(
    workshop: &Workshop,
    attempt: &Attempt,
    args: CompareArgs,
) -> Result<CompareResult, JobError> {
    let a = speaker(workshop, &args.a, &args.language).await?;
    let b = speaker(workshop, &args.b, &args.language).await?;
    let witness = Witness::find(workshop, &args.language).await?;
    let recorded = recorded_of(workshop, [&args.a, &args.b]).await?;
    let folder = format!("training/{}/{}", args.comparison_id.simple(), attempt.token);
    let count = args.texts.len().max(1);
    let mut pairs = Vec::with_capacity(count);
    for (place, text) in args.texts.into_iter().enumerate() {
        let keys = [
            format!("{folder}/{place}-a.wav"),
            format!("{folder}/{place}-b.wav"),
        ];
        let first = speak_to(workshop, &a, &text, &keys[0]).await?;
        let second = speak_to(workshop, &b, &text, &keys[1]).await?;
        let mut rates = Vec::with_capacity(2);
        for spoken in [&first, &second] {
            rates.push(
                witness
                    .word_error_rate(spoken, &text, &args.language)
                    .await?,
            );
        }
        let beside = rates.into_iter().zip(recorded.clone()).collect();
        pairs.push(pair(text, args.seed, keys, ([first, second], beside)).await?);
        attempt.progress.set((place + 1) as f64 / count as f64);
    }
    Ok(CompareResult {
        comparison_id: args.comparison_id,
        pairs,
    })
}

/// What each side is held against, read once where it is the same.
async fn recorded_of(
    workshop: &Workshop,
    [a, b]: [&Side; 2],
) -> Result<[Option<Arc<Moments>>; 2], JobError> {
    let first = recorded(workshop, &a.clips).await?;
    let second = if a.clips == b.clips {
        first.clone()
    } else {
        recorded(workshop, &b.clips).await?
    };
    Ok([first, second])
}

async fn speaker(workshop: &Workshop, side: &Side, language: &str) -> Result<Speaker, JobError> {
    let parts: Vec<VoicePart> = stream::iter(&side.voice_parts)
        .then(async |part| {
            fetch_part(
                workshop,
                &part.voice_id,
                part.weight,
                part.conditioning_key.as_deref(),
            )
            .await
        })
        .try_collect()
        .await?;
    Ok(Speaker {
        engine: side.engine.clone(),
        voice: side.voice_id.clone(),
        parts,
        language: language.to_owned(),
    })
}

/// A word error rate or why there is none, and what the speaker is held against.
type Beside = (Result<f64, String>, Option<Arc<Moments>>);

async fn pair(
    text: String,
    seed: u64,
    [a_key, b_key]: [String; 2],
    ([a, b], beside): ([Spoken; 2], Vec<Beside>),
) -> Result<Pair, JobError> {
    let bytes = (a.bytes, b.bytes);
    let heard = compute(move || {
        let (mut a, mut b) = (hear(&a), hear(&b));
        for (heard, (rate, recorded)) in [&mut a, &mut b].into_iter().zip(beside) {
            heard.note_words(rate);
            heard.note_likeness(recorded.as_deref());
        }
        let between = between(&a, &b);
        (a.measures, b.measures, between)
    });
    let (a, b, between) = heard.await?;
    Ok(Pair {
        text,
        seed,
        a: SideMade {
            key: a_key,
            bytes: bytes.0,
            measures: a,
        },
        b: SideMade {
            key: b_key,
            bytes: bytes.1,
            measures: b,
        },
        between,
    })
}
