//! A slice that trains: from the last checkpoint until its time is over, or it is told to stop.

use std::{fs, path::Path, sync::Arc, time::Duration};

use candle_core::Device;
use kiskadee_runner::{Attempt, JobError};
use kiskadee_trainer::{
    TrainError,
    training::{
        Beginning, Progress, Recipe, RunOptions, Trained, largest_step, list_checkpoints,
        load_trained, train,
    },
    tuning,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    Broken, broken, compute,
    corpus::Corpus,
    judging,
    ledger::{LastCheckpoint, Left, LeftCheckpoint, Phase, Slice},
    memory, not_trained,
    objects::{fetch, no_scratch, put, sha256},
    plain, recipe,
    telling::Telling,
};
use crate::{
    family::Workshop,
    run::rates::{Rates, memory},
};

/// Rates of which the median is told.
const RATES: usize = 15;

/// Trains, or, of a slice that finishes, only takes the last checkpoint; and makes a voice of what there is then.
pub(super) async fn run(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    telling: &Telling,
) -> Result<Left, Broken> {
    let folder = TempDir::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    let corpus = Arc::new(open_corpus(workshop, slice, folder.path()).await?);
    let recipe = recipe_of(slice)?;
    let options = open_run(workshop, slice, recipe.clone(), folder.path()).await?;
    let (trained, checkpoint) = if slice.phase == Phase::Finish {
        (compute(move || load_trained(&options)).await?, None)
    } else {
        memory::check(largest_step(&corpus.speakers, &options.recipe)).map_err(Broken::Memory)?;
        let trained = teach(attempt, slice, telling, &corpus, options).await?;
        let trained = trained.map_err(broken)?;
        let kept = keep(workshop, attempt, slice, folder.path(), telling).await?;
        (Ok(trained), Some(kept))
    };
    let trained = trained.map_err(broken)?;
    let left = Left {
        checkpoint: checkpoint.or_else(|| slice.checkpoint.as_ref().map(unchanged)),
        ..Left::default()
    };
    // Whoever is about to be cut off leaves the voice to the next slice.
    if attempt.cancel.is_cancelled() {
        return Ok(left);
    }
    let judged = judging::judge(workshop, attempt, slice, telling, (corpus, trained, recipe));
    match attempt.cancel.run_until_cancelled(judged).await {
        Some(judged) => {
            let (voice, samples) = judged?;
            Ok(Left {
                voice: Some(voice),
                samples,
                ..left
            })
        }
        None => Ok(left),
    }
}

/// The checkpoint that the run has, of which a voice is made.
fn unchanged(last: &LastCheckpoint) -> LeftCheckpoint {
    LeftCheckpoint {
        step: last.step,
        key: None,
        bytes: None,
        sha256: None,
        train_loss: last.train_loss,
    }
}

fn recipe_of(slice: &Slice) -> Result<Recipe, JobError> {
    let plan = slice.plan.as_ref();
    let plan = plan.ok_or_else(|| JobError::Retry("the run was not prepared".to_owned()))?;
    Ok(recipe::recipe(plan, slice.halved_from))
}

async fn open_corpus(
    workshop: &Workshop,
    slice: &Slice,
    folder: &Path,
) -> Result<Corpus, JobError> {
    let key = slice.corpus_key.as_deref().unwrap_or_default();
    let object = fetch(&workshop.store, key, "what the run was prepared with").await?;
    let folder = folder.to_owned();
    let decoded = compute(move || Corpus::decode(&object, &folder)).await?;
    decoded.map_err(not_trained)
}

/// The trainer's folder with the last checkpoint in it.
async fn open_run(
    workshop: &Workshop,
    slice: &Slice,
    recipe: Recipe,
    folder: &Path,
) -> Result<RunOptions, JobError> {
    let out = folder.join("run");
    fs::create_dir_all(&out).map_err(|error| no_scratch(&error))?;
    let mut options = RunOptions {
        checkpoint_every: u64::MAX,
        room: Some(memory::room),
        ..tuning::options(recipe, out.clone(), Device::Cpu)
    };
    if let Some(last) = &slice.checkpoint {
        let bytes = fetch(&workshop.store, &last.key, "the run's last checkpoint").await?;
        if sha256(&bytes) != last.sha256 {
            return Err(JobError::Reject(
                "the run's last checkpoint is damaged".to_owned(),
            ));
        }
        let name = format!("checkpoint-{:08}.safetensors", last.step);
        fs::write(out.join(name), bytes).map_err(|error| no_scratch(&error))?;
    } else if let Some(key) = &slice.base_key {
        let weights = fetch(&workshop.store, key, "what the run begins with").await?;
        options.begin_with = Some(Beginning::Weights(weights.into()));
    }
    Ok(options)
}

/// The inner result is the trainer's word, which may be that the loss is no number.
async fn teach(
    attempt: &Attempt,
    slice: &Slice,
    telling: &Telling,
    corpus: &Arc<Corpus>,
    options: RunOptions,
) -> Result<Result<Trained, TrainError>, JobError> {
    attempt.progress.enter("training");
    let from = slice.checkpoint.as_ref().map_or(0, |last| last.step);
    telling.tell(json!({"stage": "training", "device": "cpu"}));
    telling.log(
        "debug",
        format!("going on at step {from} of {}", options.recipe.steps),
    );
    let mut observer = Observer::new(telling.clone(), attempt.clone());
    let _stop = telling.stop_at_end();
    let (corpus, stop) = (Arc::clone(corpus), telling.stop_flag());
    let training = compute(move || {
        train(&corpus.speakers, &options, &stop, &mut |progress| {
            observer.tell(progress);
        })
    });
    let seconds = slice.recipe.checkpoint_seconds.clamp(1.0, 300.0);
    tokio::pin!(training);
    tokio::select! {
        trained = &mut training => return trained,
        () = sleep(Duration::from_secs_f64(seconds)) => telling.stop(),
    }
    training.await
}

/// Stores the checkpoint that the trainer left.
async fn keep(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    folder: &Path,
    telling: &Telling,
) -> Result<LeftCheckpoint, JobError> {
    let listed = list_checkpoints(&folder.join("run")).map_err(not_trained)?;
    let path = listed.last();
    let path = path.ok_or_else(|| JobError::Retry("the trainer left no checkpoint".to_owned()))?;
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|error| no_scratch(&error))?;
    let key = format!(
        "training/{}/{}/checkpoint.safetensors",
        slice.run_id.simple(),
        attempt.token
    );
    put(&workshop.store, &key, &bytes).await?;
    let step = path.file_stem().and_then(|name| name.to_str());
    let step = step.and_then(|name| name.strip_prefix("checkpoint-")?.parse().ok());
    Ok(LeftCheckpoint {
        step: step.unwrap_or_default(),
        key: Some(key),
        bytes: Some(bytes.len() as u64),
        sha256: Some(sha256(&bytes)),
        train_loss: telling.figure("loss", "train"),
    })
}

/// Tells what the trainer reports.
struct Observer {
    telling: Telling,
    attempt: Attempt,
    rates: Rates<RATES>,
}

impl Observer {
    fn new(telling: Telling, attempt: Attempt) -> Self {
        Self {
            telling,
            attempt,
            rates: Rates::new(),
        }
    }

    fn tell(&mut self, progress: &Progress) {
        let rate = self.rates.median_with(f64::from(progress.steps_per_second));
        let left = progress.steps.saturating_sub(progress.step) as f64 / rate.max(1e-6);
        self.attempt
            .progress
            .set(progress.step as f64 / progress.steps.max(1) as f64);
        self.telling.tell(json!({
            "step": progress.step,
            "loss": {
                "train": plain(progress.total),
                "parts": {
                    "spectrum": plain(progress.spectrum), "slope": plain(progress.slope), "melody": plain(progress.melody),
                    "voicing": plain(progress.voicing), "duration": plain(progress.duration),
                },
            },
            "learning_rate": plain(progress.learning_rate),
            "gradient_norm": plain(progress.gradient_norm),
            "steps_per_second": plain(rate as f32),
            "seconds_left": left.ceil() as u64,
            "memory_bytes": memory(),
        }));
    }
}
