//! The first slice: clips become audio codes and text ids, and are kept as one object that all others train with.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_media::{DecodeError, Decoder};
use kiskadee_runner::{Attempt, JobError, Progress};
use kiskadee_text::{TranscriptError, TranscriptLanguage, transcript};
use kiskadee_xtts::INPUT_RATE;
use kiskadee_xtts_trainer::{Preparer, split};
use serde_json::json;
use tempfile::{NamedTempFile, TempDir};
use uuid::Uuid;

use super::{
    XttsTrainer, compute,
    corpus::{Clip, Corpus, float, whole},
    ledger::{Left, LeftCorpus, Plan, Slice, StoredClip},
    not_trained,
    objects::{fetch, no_scratch, put_file},
    recipe,
    telling::Telling,
};
use crate::family::Workshop;

/// Clips that are decoded at once.
const DECODED_AT_ONCE: usize = 4;
/// No segment is longer.
const LONGEST_CLIP: f64 = 60.0;
/// Of the clips, where nothing is said.
const EVALUATION_SHARE: f64 = 0.1;

/// A clip with its sound at 22,050 Hz; silent where it could not be read.
struct Read {
    clip: StoredClip,
    samples: Vec<i16>,
}

/// What preparing does on its thread.
struct Work {
    trainer: Arc<XttsTrainer>,
    slice: Slice,
    read: Vec<Read>,
    telling: Telling,
    progress: Progress,
    folder: TempDir,
}

pub(super) async fn run(
    workshop: &Workshop,
    attempt: &Attempt,
    (mut slice, trainer): (Slice, Arc<XttsTrainer>),
    telling: &Telling,
) -> Result<Left, JobError> {
    attempt.progress.enter("preparing");
    telling.tell(json!({"stage": "preparing", "device": trainer.device_name()}));
    let (code, rules) = trainer.language(&slice.language)?;
    let clips = slice.clips.take().unwrap_or_default();
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
    telling.log("info", "making audio codes of the clips");
    let key = format!(
        "training/{}/{}/corpus",
        slice.run_id.simple(),
        attempt.token
    );
    let folder = TempDir::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    let path = folder.path().join("corpus");
    let work = Work {
        trainer,
        slice,
        read,
        telling: telling.clone(),
        progress: attempt.progress.clone(),
        folder,
    };
    let prepared = compute(move || work.prepare(&code, rules)).await?;
    if telling.is_stopped() && !attempt.cancel.is_cancelled() {
        return Ok(Left::default());
    }
    let (plan, folder) = prepared?;
    let bytes = put_file(&workshop.store, &key, &path).await?;
    drop(folder);
    Ok(Left {
        corpus: Some(LeftCorpus {
            key,
            bytes,
            plan,
            outcomes: Vec::new(),
        }),
        ..Left::default()
    })
}

async fn read(workshop: &Workshop, decoder: &Decoder, clip: StoredClip) -> Result<Read, JobError> {
    let bytes = fetch(&workshop.store, &clip.key, "a clip of the dataset").await?;
    let file = NamedTempFile::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    tokio::fs::write(file.path(), &bytes)
        .await
        .map_err(|error| no_scratch(&error))?;
    let samples = match decoder.decode(file.path(), INPUT_RATE, LONGEST_CLIP).await {
        Ok(sound) => sound.samples.into_iter().map(whole).collect(),
        Err(DecodeError::Unreadable(_) | DecodeError::Slow(_)) => Vec::new(),
        Err(other) => return Err(JobError::Retry(other.to_string())),
    };
    Ok(Read { clip, samples })
}

impl Work {
    /// Writes the corpus; its folder goes with what is answered.
    fn prepare(
        self,
        language: &str,
        rules: TranscriptLanguage,
    ) -> Result<(Plan, TempDir), JobError> {
        let (clips, files, left_out) = self.clips(language, rules)?;
        if clips.is_empty() {
            return Err(JobError::Reject(format!(
                "no clip of the dataset can be learned from: {}",
                reasons(&left_out)
            )));
        }
        if !left_out.is_empty() {
            self.telling
                .log("warning", format!("left out: {}", reasons(&left_out)));
        }
        let asked = &self.slice.recipe;
        let share = asked.evaluation_share.unwrap_or(EVALUATION_SHARE);
        let (training, evaluation) = split(&files, share, asked.seed);
        let samples: usize = clips.iter().map(|clip| clip.samples.len()).sum();
        let prepared = recipe::Prepared {
            clips: training.len(),
            held_out: evaluation.len(),
            left_out: left_out.values().sum(),
            seconds: samples as f64 / f64::from(INPUT_RATE),
        };
        let plan = recipe::plan(asked, prepared);
        let path = self.folder.path().join("corpus");
        Corpus::write(&path, &clips, (training, evaluation)).map_err(not_trained)?;
        Ok((plan, self.folder))
    }

    /// What can be learned from, out of which file each comes, and how many cannot be, by reason.
    fn clips(&self, language: &str, rules: TranscriptLanguage) -> Result<Clips, JobError> {
        let opened = Preparer::open(&self.trainer.folder, &self.trainer.device);
        let preparer = opened.map_err(not_trained)?;
        let (mut clips, mut files) = (Vec::new(), Vec::new());
        let mut left_out = BTreeMap::new();
        let mut known: HashMap<Option<Uuid>, usize> = HashMap::new();
        for (place, Read { clip, samples }) in self.read.iter().enumerate() {
            if self.telling.is_stopped() {
                return Err(JobError::Cancelled);
            }
            self.progress.set(place as f64 / self.read.len() as f64);
            let text = transcript(&clip.text, rules).map_err(|error| not_written(&error))?;
            let floats: Vec<f32> = samples.iter().copied().map(float).collect();
            let example = preparer.prepare(&floats, &text, language);
            match example.map_err(not_trained)? {
                Ok(example) => {
                    let count = known.len();
                    files.push(*known.entry(clip.file).or_insert(count));
                    clips.push(Clip {
                        example,
                        samples: samples.clone(),
                    });
                }
                Err(reason) => *left_out.entry(reason.to_string()).or_insert(0) += 1,
            }
        }
        Ok((clips, files, left_out))
    }
}

type Clips = (Vec<Clip>, Vec<usize>, BTreeMap<String, usize>);

fn reasons(left_out: &BTreeMap<String, usize>) -> String {
    let told = left_out.iter().take(8);
    let told: Vec<String> = told
        .map(|(reason, count)| format!("{count} × {reason}"))
        .collect();
    told.join("; ")
}

fn not_written(error: &TranscriptError) -> JobError {
    JobError::Reject(format!("the texts cannot be read: {error}"))
}
