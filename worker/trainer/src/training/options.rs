//! What a run is told.

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Device;
use kiskadee_voice::acoustic::Config;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// What decides a run's result; kept in its checkpoints, since a run can only go on under the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub config: Config,
    pub steps: u64,
    /// Sentences that are learned from at once.
    pub batch: usize,
    /// So many times as many make a step.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub accumulation: usize,
    /// At its highest; it rises over the first steps and then falls to 0 along half a cosine.
    pub learning_rate: f32,
    pub seed: u64,
    /// Steps over which the rate rises.
    #[serde(default = "default_warm_up")]
    pub warm_up: u64,
    /// From this step on the rate is half of what it would be. A run may go on so that was made without it, from before that step.
    #[serde(default)]
    pub halved_from: Option<u64>,
}

fn default_warm_up() -> u64 {
    100
}

fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_once(times: &usize) -> bool {
    *times == 1
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            config: Config::default(),
            steps: 9_500,
            batch: 8,
            accumulation: 1,
            learning_rate: 1.5e-3,
            seed: 1,
            warm_up: default_warm_up(),
            halved_from: None,
        }
    }
}

const MOST_STEPS: u64 = 10_000_000;
const MOST_SENTENCES: usize = 256;

impl Recipe {
    pub fn check(&self) -> Result<(), TrainError> {
        self.config.check()?;
        let refuse = |what: String| Err(TrainError::Options(what));
        if !(1..=MOST_STEPS).contains(&self.steps) {
            return refuse(format!("{} steps, give 1 to {MOST_STEPS}", self.steps));
        }
        for (what, count) in [
            ("a batch of", self.batch),
            ("sentences in a step:", self.together()),
        ] {
            if !(1..=MOST_SENTENCES).contains(&count) {
                return refuse(format!("{what} {count}, give 1 to {MOST_SENTENCES}"));
            }
        }
        if !(1e-7..=0.1).contains(&self.learning_rate) {
            return refuse(format!(
                "a learning rate of {}, give 0.0000001 to 0.1",
                self.learning_rate
            ));
        }
        Ok(())
    }

    /// Sentences in a step.
    pub fn together(&self) -> usize {
        self.batch.saturating_mul(self.accumulation)
    }

    /// The learning rate of the step after `step`.
    pub fn rate(&self, step: u64) -> f32 {
        let rise = ((step + 1) as f32 / self.warm_up.max(1) as f32).min(1.0);
        let done = step as f64 / self.steps as f64;
        let share = match self.halved_from {
            Some(from) if step >= from => 0.5,
            _ => 1.0,
        };
        self.learning_rate * share * rise * (0.5 + 0.5 * (done * std::f64::consts::PI).cos()) as f32
    }
}

/// Where a run begins that goes on from another.
#[derive(Debug, Clone)]
pub enum Beginning {
    /// A checkpoint of a run of the same sizes.
    Checkpoint(PathBuf),
    /// A file of weights; what is standardised stays as it was there.
    Weights(Arc<[u8]>),
}

/// A run on one machine.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub recipe: Recipe,
    /// Where checkpoints and the log go.
    pub out: PathBuf,
    /// Go on from the latest checkpoint in `out`, if there is one.
    pub resume: bool,
    /// Whose parameters are the first ones of this run; fresh ones if nothing is named.
    pub begin_with: Option<Beginning>,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: u64,
    /// Steps from one report to the next.
    pub report_every: u64,
    pub device: Device,
    /// How many of so many bytes can be had now. It is asked before each part of a step is computed, since an allocation that fails would
    /// end the process.
    pub room: Option<fn(u64) -> u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls_to_nothing() {
        let recipe = Recipe {
            steps: 1000,
            ..Recipe::default()
        };
        assert!(recipe.rate(0) < recipe.rate(50) && recipe.rate(50) < recipe.rate(99));
        assert!(recipe.rate(100) > recipe.rate(500) && recipe.rate(999) < 1e-7);
    }

    #[test]
    fn the_rate_is_halved_from_a_step_on() {
        let whole = Recipe::default();
        let halved = Recipe {
            halved_from: Some(200),
            ..whole.clone()
        };
        let is = |step, share: f32| (halved.rate(step) - share * whole.rate(step)).abs() < 1e-9;
        assert!(is(199, 1.0) && is(200, 0.5) && is(9_000, 0.5));
    }

    #[test]
    fn refuses_what_cannot_be_run() {
        let refused = |recipe: Recipe| recipe.check().unwrap_err().to_string();
        assert!(
            refused(Recipe {
                steps: 0,
                ..Recipe::default()
            })
            .contains("0 steps")
        );
        assert!(
            refused(Recipe {
                batch: 1000,
                ..Recipe::default()
            })
            .contains("1000")
        );
        assert!(
            refused(Recipe {
                accumulation: 100,
                ..Recipe::default()
            })
            .contains("800")
        );
        assert!(
            refused(Recipe {
                learning_rate: f32::NAN,
                ..Recipe::default()
            })
            .contains("NaN")
        );
    }
}
