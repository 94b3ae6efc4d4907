//! How a run is made: what its owner asked for, and what follows from the size of the dataset.

use kiskadee_xtts_trainer::{Precision, Recipe, Schedule};

use super::ledger::{Asked, Plan};

/// How much speech a run was prepared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prepared {
    /// That are trained with.
    pub(super) clips: usize,
    pub(super) held_out: usize,
    pub(super) left_out: usize,
    pub(super) seconds: f64,
}

/// Evaluations without a gain behind which a run ends, where nothing is said.
const PATIENCE: u32 = 4;
const LEAST_STEPS: u64 = 100;
const MOST_STEPS: u64 = 3_000;
/// How often each clip is heard, where nothing is said.
const ROUNDS: u64 = 12;
/// Evaluations of a run.
const EVALUATIONS: u64 = 12;

/// The run that was asked for. Little data must get steps enough, so clips are put together by their number.
pub(super) fn plan(asked: &Asked, prepared: Prepared) -> Plan {
    let default = Recipe::for_clips(prepared.clips);
    let batch_size = asked.batch_size.unwrap_or(default.batch).max(1);
    let together = default.batch * default.accumulation;
    let accumulation = asked.gradient_accumulation;
    let accumulation = accumulation.unwrap_or(together.div_ceil(batch_size)).max(1);
    let in_a_step = (batch_size * accumulation) as u64;
    let heard = |rounds: u64| {
        let clips = rounds.saturating_mul(prepared.clips as u64);
        clips.div_ceil(in_a_step).max(1)
    };
    let steps = asked.steps.or(asked.epochs.map(heard));
    let schedule = match default.schedule {
        Schedule::Tuning { warm_up } => warm_up,
        Schedule::MultiStep { .. } => 0,
    };
    Plan {
        sentences: prepared.clips,
        held_out: prepared.held_out,
        left_out: prepared.left_out,
        seconds: prepared.seconds,
        steps: steps.unwrap_or_else(|| heard(ROUNDS).clamp(LEAST_STEPS, MOST_STEPS)),
        batch_size,
        gradient_accumulation: Some(accumulation),
        precision: Some(asked.precision.clone().unwrap_or_else(|| "f32".to_owned())),
        learning_rate: asked.learning_rate.unwrap_or(default.learning_rate),
        warmup_steps: asked.warmup_steps.unwrap_or(schedule),
        seed: asked.seed,
    }
}

/// As the trainer has it.
pub(super) fn recipe(plan: &Plan, asked: &Asked, halved_from: Option<u64>) -> Recipe {
    Recipe {
        steps: plan.steps,
        batch: plan.batch_size,
        accumulation: plan.gradient_accumulation.unwrap_or(1),
        learning_rate: plan.learning_rate,
        schedule: Schedule::Tuning {
            warm_up: plan.warmup_steps,
        },
        precision: match plan.precision.as_deref() {
            Some("bf16") => Precision::Bf16,
            _ => Precision::F32,
        },
        seed: plan.seed,
        evaluate_every: (plan.steps / EVALUATIONS).max(1),
        patience: Some(asked.early_stopping.unwrap_or(PATIENCE)),
        halved_from,
        ..Recipe::for_clips(plan.sentences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(clips: usize) -> Prepared {
        Prepared {
            clips,
            held_out: 3,
            left_out: 0,
            seconds: 60.0,
        }
    }

    #[test]
    fn little_data_gets_steps_enough() {
        let sizes = |clips| {
            let plan = plan(&Asked::default(), prepared(clips));
            (plan.batch_size, plan.gradient_accumulation, plan.steps)
        };
        assert_eq!(sizes(10), (1, Some(4), 100));
        assert_eq!(sizes(100), (1, Some(12), 100));
        assert_eq!(sizes(1_000), (1, Some(32), 375));
    }

    #[test]
    fn what_was_asked_for_is_kept() {
        let asked = Asked {
            epochs: Some(3),
            batch_size: Some(2),
            learning_rate: Some(1e-5),
            early_stopping: Some(9),
            precision: Some("bf16".to_owned()),
            seed: 5,
            ..Asked::default()
        };
        let plan = plan(&asked, prepared(100));
        assert_eq!(
            (plan.gradient_accumulation, plan.steps, plan.seed),
            (Some(6), 25, 5)
        );
        let recipe = recipe(&plan, &asked, Some(7));
        assert_eq!(
            (recipe.batch, recipe.accumulation, recipe.evaluate_every),
            (2, 6, 2)
        );
        assert_eq!(
            (recipe.patience, recipe.halved_from, recipe.precision),
            (Some(9), Some(7), Precision::Bf16)
        );
        assert!(recipe.check().is_ok());
    }
}
