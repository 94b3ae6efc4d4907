//! The learning rate as a function of the step.

use serde::{Deserialize, Serialize};

/// How the rate changes over a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Rises over the first steps, stays, and falls along half a cosine in the last third.
    Tuning { warm_up: u64 },
    /// Times `gamma` behind each of the steps.
    MultiStep { milestones: Vec<u64>, gamma: f64 },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Tuning { warm_up: 20 }
    }
}

impl Schedule {
    /// What the highest rate is multiplied with for the step after `step`, of `steps` in all.
    pub fn factor(&self, step: u64, steps: u64) -> f64 {
        match self {
            Self::Tuning { warm_up } => {
                let rise = ((step + 1) as f64 / (*warm_up).max(1) as f64).min(1.0);
                let done = step as f64 / steps.max(1) as f64;
                let fallen = (3.0 * done - 2.0).clamp(0.0, 1.0);
                rise * (0.5 + 0.5 * (fallen * std::f64::consts::PI).cos())
            }
            Self::MultiStep { milestones, gamma } => {
                let passed = milestones.iter().filter(|milestone| **milestone <= step);
                gamma.powi(i32::try_from(passed.count()).unwrap_or(i32::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_stays_and_falls() {
        let factor = |step| Schedule::default().factor(step, 300);
        assert!((factor(0) - 0.05).abs() < 1e-12 && factor(9) < factor(19));
        assert!((factor(19) - 1.0).abs() < 1e-12 && (factor(200) - 1.0).abs() < 1e-12);
        assert!((factor(250) - 0.5).abs() < 1e-12 && factor(299) < 1e-3 && factor(299) > 0.0);
    }

    #[test]
    fn milestones_are_passed_when_so_many_steps_are_done() {
        let schedule = Schedule::MultiStep {
            milestones: vec![8, 14],
            gamma: 0.5,
        };
        let factors = [7, 8, 13, 14].map(|step| schedule.factor(step, 20));
        assert!(
            factors
                .iter()
                .zip([1.0, 0.5, 0.5, 0.25])
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );
    }
}
