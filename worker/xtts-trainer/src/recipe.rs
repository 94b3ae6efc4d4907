//! What decides a run's result, and what is taken where nothing is said.

use serde::{Deserialize, Serialize};

use crate::data::MaskConditioning;
use crate::error::{Result, TrainError};
use crate::gpt::Precision;
use crate::optimizer::AdamWOptions;
use crate::schedule::Schedule;

const MOST_STEPS: u64 = 1_000_000;
const MOST_CLIPS: usize = 512;

/// Kept in checkpoints, since a run can only go on under the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Of the optimiser.
    pub steps: u64,
    /// Clips in a micro-batch.
    pub batch: usize,
    /// Micro-batches in a step.
    pub accumulation: usize,
    /// At its highest.
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub optimizer: AdamWOptions,
    /// The longest that all gradients together may be.
    pub clip: Option<f64>,
    /// The share of values that are dropped while learning.
    pub dropout: f32,
    pub mask_conditioning: MaskConditioning,
    pub precision: Precision,
    pub seed: u64,
    /// Steps from one evaluation to the next.
    pub evaluate_every: u64,
    /// Evaluations without a gain behind which the run ends early.
    pub patience: Option<u32>,
    /// The share that the loss must fall by to count as a gain.
    pub least_gain: f32,
    /// From this step on the rate is half as high. A run that went wrong may go on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halved_from: Option<u64>,
}

impl Recipe {
    /// For so many clips to train with.
    pub fn for_clips(clips: usize) -> Self {
        let together = (clips / 8).clamp(4, 32);
        // One clip at a time takes the least memory.
        let steps = (12 * clips as u64 / together as u64).clamp(100, 3_000);
        Self {
            steps,
            batch: 1,
            accumulation: together,
            learning_rate: 5e-6,
            schedule: Schedule::default(),
            optimizer: AdamWOptions::default(),
            clip: Some(1.0),
            dropout: 0.1,
            mask_conditioning: MaskConditioning::default(),
            precision: Precision::default(),
            seed: 1,
            evaluate_every: (steps / 12).max(1),
            patience: Some(4),
            least_gain: 0.005,
            halved_from: None,
        }
    }

    /// The rate of the step after `step`.
    pub fn rate(&self, step: u64) -> f64 {
        let halved = if self.halved_from.is_some_and(|from| step >= from) {
            0.5
        } else {
            1.0
        };
        halved * self.learning_rate * self.schedule.factor(step, self.steps)
    }

    /// Clips in a step.
    pub fn together(&self) -> usize {
        self.batch.saturating_mul(self.accumulation)
    }

    /// Whether a run under `other` may go on under this one: at another rate, or with as many clips in a step put together otherwise.
    pub(crate) fn goes_on(&self, other: &Self) -> bool {
        let before = Self {
            halved_from: self.halved_from,
            batch: self.batch,
            accumulation: self.accumulation,
            ..other.clone()
        };
        *self == before && self.together() == other.together()
    }

    pub fn check(&self) -> Result<()> {
        let refuse = |reason: String| Err(TrainError::Options(reason));
        if !(1..=MOST_STEPS).contains(&self.steps) {
            return refuse(format!("{} steps, give 1 to {MOST_STEPS}", self.steps));
        }
        for (what, count) in [("batch", self.batch), ("accumulation", self.accumulation)] {
            if !(1..=MOST_CLIPS).contains(&count) {
                return refuse(format!("{what} of {count}, give 1 to {MOST_CLIPS}"));
            }
        }
        if !(1e-9..=0.01).contains(&self.learning_rate) {
            let rate = self.learning_rate;
            return refuse(format!("learning rate of {rate}, give 0.000000001 to 0.01"));
        }
        if !(0.0..=0.9).contains(&self.dropout) {
            return refuse(format!("dropout of {}, give 0 to 0.9", self.dropout));
        }
        if self
            .clip
            .is_some_and(|clip| !(clip > 0.0 && clip.is_finite()))
        {
            return refuse("gradients clipped at nothing, give a length above 0".to_owned());
        }
        if self.evaluate_every == 0 {
            return refuse("evaluation every 0 steps, give 1 or more".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_follow_the_size_of_the_set() {
        let sizes = |clips| {
            let recipe = Recipe::for_clips(clips);
            recipe.check().unwrap();
            (recipe.batch * recipe.accumulation, recipe.steps)
        };
        assert_eq!(sizes(10), (4, 100));
        assert_eq!(sizes(100), (12, 100));
        assert_eq!(sizes(1_000), (32, 375));
        assert_eq!(sizes(100_000), (32, 3_000));
    }

    #[test]
    fn a_rate_that_was_halved_stays_so_and_the_run_goes_on() {
        let recipe = Recipe::for_clips(100);
        let halved = Recipe {
            halved_from: Some(40),
            ..recipe.clone()
        };
        assert!((halved.rate(39) - recipe.rate(39)).abs() < 1e-15);
        assert!((halved.rate(40) - recipe.rate(40) / 2.0).abs() < 1e-15);
        assert!(halved.goes_on(&recipe));
        let other = Recipe { batch: 2, ..recipe };
        assert!(!halved.goes_on(&other));
    }

    #[test]
    fn as_many_clips_may_be_put_together_otherwise() {
        let of = |batch, accumulation| Recipe {
            batch,
            accumulation,
            ..Recipe::for_clips(100)
        };
        assert!(of(2, 6).goes_on(&of(4, 3)) && of(1, 7).goes_on(&of(7, 1)));
        assert!(!of(2, 3).goes_on(&of(4, 3)));
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        let refused = |change: fn(&mut Recipe)| {
            let mut recipe = Recipe::for_clips(100);
            change(&mut recipe);
            recipe.check().unwrap_err().to_string()
        };
        assert!(refused(|recipe| recipe.steps = 0).contains("0 steps"));
        assert!(refused(|recipe| recipe.batch = 0).contains("batch of 0"));
        assert!(refused(|recipe| recipe.learning_rate = f64::NAN).contains("NaN"));
        assert!(refused(|recipe| recipe.dropout = 1.0).contains("dropout"));
        assert!(refused(|recipe| recipe.clip = Some(0.0)).contains("clipped"));
    }

    #[test]
    fn recipes_are_kept_as_json() {
        let recipe = Recipe::for_clips(100);
        let text = serde_json::to_string(&recipe).unwrap();
        assert_eq!(serde_json::from_str::<Recipe>(&text).unwrap(), recipe);
    }
}
