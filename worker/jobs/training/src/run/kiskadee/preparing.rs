//! The first slice: clips are fetched, analysed and aligned, and kept as one object that all others train with.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_media::{DecodeError, Decoder};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_text::Language;
use kiskadee_trainer::tuning::{Clip, HELD_OUT_SHARE, Outcome, Prepared, prepare, speakers};
use kiskadee_voice::SAMPLE_RATE;
use serde_json::json;
use tempfile::{NamedTempFile, TempDir};

use super::{
    compute,
    corpus::Corpus,
    ledger::{ClipOutcome, Left, LeftCorpus, Slice, StoredClip},
    not_trained,
    objects::{fetch, no_scratch, put},
    plain, recipe,
    telling::Telling,
};
use crate::family::Workshop;

/// Clips that are decoded at once.
const DECODED_AT_ONCE: usize = 4;
/// No segment is longer.
const LONGEST_CLIP: f64 = 60.0;

/// A clip with its sound; silent where it could not be read.
struct Read {
    clip: StoredClip,
    samples: Vec<f32>,
}

pub(super) async fn run(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: Slice,
    telling: &Telling,
) -> Result<Left, JobError> {
    attempt.progress.enter("preparing");
    telling.tell(json!({"stage": "preparing"}));
    let language = language(&slice)?;
    let clips = slice.clips.unwrap_or_default();
    telling.log("info", format!("reading {} clips", clips.len()));
    let decoder = Decoder::new(&*workshop.ffmpeg.to_string_lossy());
    let read: Vec<Read> = stream::iter(clips)
        .map(|clip| read(workshop, &decoder, clip))
        .buffered(DECODED_AT_ONCE)
        .try_collect()
        .await?;
    if telling.is_stopped() {
        return Ok(Left::default());
    }
    telling.log("info", "finding the phones in the clips");
    let folder = TempDir::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    let asked = slice.recipe;
    let worked = compute(move || {
        let share = asked.evaluation_share.unwrap_or(HELD_OUT_SHARE);
        let prepared = prepare_all(&read, language, share)?;
        let speakers = speakers(&prepared)?;
        let found = recipe::Prepared {
            sentences: speakers
                .iter()
                .map(|speaker| speaker.recordings.len())
                .sum(),
            held_out: prepared.held_out.recordings.len(),
            left_out: left_out(&prepared),
            seconds: prepared.seconds,
        };
        let outcomes = outcomes(&read, &prepared);
        let corpus = Corpus {
            speakers,
            held_out: prepared.held_out,
        };
        let object = corpus.encode(folder.path())?;
        Ok((object, recipe::plan(&asked, found), outcomes))
    });
    let (object, plan, outcomes) = worked.await?.map_err(not_trained)?;
    let key = format!(
        "training/{}/{}/corpus",
        slice.run_id.simple(),
        attempt.token
    );
    put(&workshop.store, &key, &object).await?;
    Ok(Left {
        corpus: Some(LeftCorpus {
            key,
            bytes: object.len() as u64,
            plan,
            outcomes,
        }),
        ..Left::default()
    })
}

pub(super) fn language(slice: &Slice) -> Result<Language, JobError> {
    Language::from_tag(&slice.language).ok_or_else(|| {
        JobError::Reject(format!(
            "the engine kiskadee learns English and Brazilian Portuguese, not `{}`",
            slice.language
        ))
    })
}

async fn read(workshop: &Workshop, decoder: &Decoder, clip: StoredClip) -> Result<Read, JobError> {
    let bytes = fetch(&workshop.store, &clip.key, "a clip of the dataset").await?;
    let file = NamedTempFile::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    tokio::fs::write(file.path(), &bytes)
        .await
        .map_err(|error| no_scratch(&error))?;
    let samples = match decoder.decode(file.path(), SAMPLE_RATE, LONGEST_CLIP).await {
        Ok(sound) => sound.samples,
        Err(DecodeError::Unreadable(_) | DecodeError::Slow(_)) => Vec::new(),
        Err(other) => return Err(JobError::Retry(other.to_string())),
    };
    Ok(Read { clip, samples })
}

fn prepare_all(
    read: &[Read],
    language: Language,
    held_out_share: f64,
) -> Result<Prepared, kiskadee_trainer::TrainError> {
    let clips: Vec<Clip<'_>> = read
        .iter()
        .map(|read| Clip {
            text: &read.clip.text,
            samples: &read.samples,
        })
        .collect();
    prepare(&clips, language, held_out_share)
}

fn left_out(prepared: &Prepared) -> usize {
    let aligned = |outcome: &&Outcome| !matches!(outcome, Outcome::Aligned { .. });
    prepared.outcomes.iter().filter(aligned).count()
}

fn outcomes(read: &[Read], prepared: &Prepared) -> Vec<ClipOutcome> {
    let told = read.iter().zip(&prepared.outcomes);
    told.map(|(read, outcome)| ClipOutcome {
        segment_id: read.clip.segment_id,
        score: match outcome {
            Outcome::Aligned { score } | Outcome::Misaligned { score } => Some(plain(*score)),
            Outcome::Unusable(_) => None,
        },
        misaligned: matches!(outcome, Outcome::Misaligned { .. }),
    })
    .collect()
}
