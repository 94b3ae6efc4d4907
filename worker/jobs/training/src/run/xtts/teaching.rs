//! A slice that trains: from the last checkpoint until its time is over, an evaluation was the best, or it is told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kiskadee_runner::{Attempt, JobError};
use kiskadee_xtts_trainer::{Ended, Preparer, TrainError, measure, train};
use serde_json::json;
use tokio::time::sleep;

use super::{
    Broken, XttsTrainer,
    bench::{Bench, open},
    broken, compute,
    ledger::{LastCheckpoint, Left, LeftCheckpoint, Phase, Plan, Slice},
    objects::{no_scratch, put_file, sha256_of_file},
    observing::Observer,
    telling::Telling,
    voicing::{self, Heard},
};
use crate::family::Workshop;

/// No slice trains longer.
const LONGEST: f64 = 300.0;

/// How far a slice came.
struct Taught {
    step: u64,
    /// Of the codes that are held out, if they were measured at that step.
    evaluation: Option<f32>,
    settled: bool,
}

/// Trains, or, of a slice that finishes, only takes the last checkpoint; and makes a voice of one that was measured.
pub(super) async fn run(
    workshop: &Workshop,
    attempt: &Attempt,
    (slice, trainer): (&Slice, Arc<XttsTrainer>),
    telling: &Telling,
) -> Result<Left, Broken> {
    let bench = open(workshop, attempt, (slice, trainer), telling).await?;
    let taught = if slice.phase == Phase::Finish {
        bench.measure(slice).await?
    } else {
        bench.teach(attempt, slice, telling).await?
    };
    let taught = taught.map_err(broken)?;
    let from = slice.checkpoint.as_ref();
    let checkpoint = match from {
        Some(last) if last.step == taught.step => unchanged(last),
        // It was told to stop before its first step.
        None if taught.step == 0 => return Ok(Left::default()),
        _ => keep(workshop, attempt, slice, (&bench, taught.step), telling).await?,
    };
    let left = Left {
        checkpoint: Some(checkpoint),
        ..Left::default()
    };
    let Some(loss) = taught.evaluation else {
        return Ok(left);
    };
    // Whoever is cut off leaves the voice to the next slice.
    let heard = Heard {
        trainer: &bench.trainer,
        corpus: &bench.corpus,
        checkpoint: bench.checkpoint(taught.step),
        folder: bench.folder.path(),
        loss,
    };
    let voiced = voicing::voice(workshop, attempt, slice, telling, heard);
    match attempt.cancel.run_until_cancelled(voiced).await {
        Some(voiced) => {
            let (voice, samples) = voiced?;
            Ok(Left {
                voice: Some(voice),
                samples,
                settled: taught.settled,
                ..left
            })
        }
        None => Ok(left),
    }
}

/// The checkpoint that the run has already.
fn unchanged(last: &LastCheckpoint) -> LeftCheckpoint {
    LeftCheckpoint {
        step: last.step,
        key: None,
        bytes: None,
        sha256: None,
        train_loss: last.train_loss,
    }
}

impl Bench {
    /// The inner result is the trainer's word, which may be that the loss is no number.
    async fn teach(
        &self,
        attempt: &Attempt,
        slice: &Slice,
        telling: &Telling,
    ) -> Result<Result<Taught, TrainError>, JobError> {
        attempt.progress.enter("training");
        let from = slice.checkpoint.as_ref().map_or(0, |last| last.step);
        telling.tell(json!({"stage": "training", "device": self.trainer.device_name()}));
        let steps = self.options.recipe.steps;
        telling.log("debug", format!("going on at step {from} of {steps}"));
        let enough = Arc::new(AtomicBool::new(false));
        let observer = self.observer(attempt, slice, telling, &enough);
        let _stop = telling.stop_at_end();
        let training = compute(self.training(observer, Arc::clone(&enough)));
        let seconds = slice.recipe.checkpoint_seconds.clamp(1.0, LONGEST);
        tokio::pin!(training);
        tokio::select! {
            trained = &mut training => return trained,
            () = sleep(Duration::from_secs_f64(seconds)) => enough.store(true, Ordering::Relaxed),
        }
        training.await
    }

    fn observer(
        &self,
        attempt: &Attempt,
        slice: &Slice,
        telling: &Telling,
        enough: &Arc<AtomicBool>,
    ) -> Observer {
        let recipe = &self.options.recipe;
        let mean = slice.plan.as_ref().map_or(0.0, seconds_of_a_clip);
        Observer::new(
            telling.clone(),
            attempt.clone(),
            Arc::clone(enough),
            (recipe.batch * recipe.accumulation, mean),
        )
    }

    /// What the thread does that trains.
    fn training(
        &self,
        mut observer: Observer,
        enough: Arc<AtomicBool>,
    ) -> impl FnOnce() -> Result<Taught, TrainError> + Send + 'static {
        let (trainer, corpus) = (Arc::clone(&self.trainer), Arc::clone(&self.corpus));
        let options = self.options.clone();
        move || {
            let preparer = Preparer::open(&trainer.folder, &options.device)?;
            let (model, dataset) = (trainer.folder.model(), corpus.dataset());
            let outcome = train(
                &model,
                &preparer,
                &dataset,
                &options,
                &enough,
                &mut |event| observer.hear(event),
            )?;
            let (step, settled) = (outcome.state.step, outcome.ended == Ended::NoGain);
            let measured = observer.evaluated_at(step);
            Ok(Taught {
                step,
                settled,
                // A run that has settled did so at an evaluation, be it one of a slice before.
                evaluation: measured.or(outcome.state.evaluation.filter(|_| settled)),
            })
        }
    }

    /// Measures the last checkpoint, of which a voice is to be made.
    async fn measure(&self, slice: &Slice) -> Result<Result<Taught, TrainError>, JobError> {
        let step = slice.checkpoint.as_ref().map_or(0, |last| last.step);
        let (trainer, corpus) = (Arc::clone(&self.trainer), Arc::clone(&self.corpus));
        let options = self.options.clone();
        let measured = compute(move || {
            let preparer = Preparer::open(&trainer.folder, &options.device)?;
            let (model, dataset) = (trainer.folder.model(), corpus.dataset());
            measure(&model, &preparer, &dataset, &options)
        });
        let measured = measured.await?;
        Ok(measured.map(|losses| Taught {
            step,
            evaluation: losses.map(|losses| losses.mel),
            settled: false,
        }))
    }
}

fn seconds_of_a_clip(plan: &Plan) -> f64 {
    plan.seconds / (plan.sentences + plan.held_out).max(1) as f64
}

/// Stores the checkpoint that the trainer left.
async fn keep(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    (bench, step): (&Bench, u64),
    telling: &Telling,
) -> Result<LeftCheckpoint, JobError> {
    attempt.progress.enter("storing");
    let path = bench.checkpoint(step);
    let run = slice.run_id.simple();
    let key = format!("training/{run}/{}/checkpoint.safetensors", attempt.token);
    let bytes = put_file(&workshop.store, &key, &path).await?;
    let hashed = compute(move || sha256_of_file(&path)).await?;
    Ok(LeftCheckpoint {
        step,
        key: Some(key),
        bytes: Some(bytes),
        sha256: Some(hashed.map_err(|error| no_scratch(&error))?),
        train_loss: telling.figure("loss", "train"),
    })
}
