//! What is told of a slice while its thread trains, and when it has done enough.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use kiskadee_runner::Attempt;
use kiskadee_xtts_trainer::{Event, Losses, Progress};
use serde_json::json;

use super::{plain, telling::Telling};
use crate::run::rates::{Rates, memory};

/// Rates of which the median is told.
const RATES: usize = 9;

/// Tells what the trainer reports.
pub(super) struct Observer {
    pub(super) telling: Telling,
    pub(super) attempt: Attempt,
    /// Set when the slice is to end behind the step at hand.
    pub(super) enough: Arc<AtomicBool>,
    pub(super) clips_in_a_step: usize,
    pub(super) seconds_of_a_clip: f64,
    rates: Rates<RATES>,
    /// The step of the last evaluation, and the loss of the codes.
    evaluated: Option<(u64, f32)>,
}

impl Observer {
    pub(super) fn new(
        telling: Telling,
        attempt: Attempt,
        enough: Arc<AtomicBool>,
        (clips_in_a_step, seconds_of_a_clip): (usize, f64),
    ) -> Self {
        Self {
            telling,
            attempt,
            enough,
            clips_in_a_step,
            seconds_of_a_clip,
            rates: Rates::new(),
            evaluated: None,
        }
    }

    /// What was measured last, if that was at this step.
    pub(super) fn evaluated_at(&self, step: u64) -> Option<f32> {
        let (at, loss) = self.evaluated?;
        (at == step).then_some(loss)
    }

    pub(super) fn hear(&mut self, event: Event<'_>) {
        match event {
            Event::Step(progress) => self.tell(progress),
            Event::Evaluation {
                step,
                losses,
                is_best,
            } => self.evaluation(step, losses, is_best),
            Event::Checkpoint { .. } => {}
        }
    }

    /// What is best so far is kept, and heard: the slice ends there.
    fn evaluation(&mut self, step: u64, losses: Losses, is_best: bool) {
        self.evaluated = Some((step, losses.mel));
        let best = if is_best { ", the best so far" } else { "" };
        self.telling.log(
            "info",
            format!("evaluation at step {step}: {:.4}{best}", losses.mel),
        );
        if is_best && step > 0 {
            self.enough.store(true, Ordering::Relaxed);
        }
    }

    fn tell(&mut self, progress: &Progress) {
        let rate = self.rates.median_with(1.0 / progress.seconds.max(1e-6));
        let left = progress.steps.saturating_sub(progress.step) as f64 / rate.max(1e-9);
        let done = progress.step as f64 / progress.steps.max(1) as f64;
        self.attempt.progress.set(done);
        let audio = rate * self.clips_in_a_step as f64 * self.seconds_of_a_clip;
        self.telling.tell(json!({
            "step": progress.step,
            "loss": {
                "train": plain(progress.losses.total()),
                "parts": {"text": plain(progress.losses.text), "codes": plain(progress.losses.mel)},
            },
            "learning_rate": progress.learning_rate,
            "gradient_norm": plain(progress.gradient_norm as f32),
            "steps_per_second": plain(rate as f32),
            "audio_seconds_per_second": plain(audio as f32),
            "seconds_left": left.ceil() as u64,
            "memory_bytes": memory(),
        }));
    }
}
