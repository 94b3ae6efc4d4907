//! How a run is made: what its owner asked for, and what follows from the size of its dataset.

use kiskadee_trainer::{training::Recipe, tuning};

use super::{
    ledger::{Asked, Plan},
    plain,
};

/// How much speech a run was prepared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prepared {
    pub(super) sentences: usize,
    pub(super) held_out: usize,
    pub(super) left_out: usize,
    pub(super) seconds: f32,
}

/// The run that was asked for.
pub(super) fn plan(asked: &Asked, prepared: Prepared) -> Plan {
    let default = tuning::recipe(prepared.sentences, asked.seed);
    let batch_size = asked.batch_size.unwrap_or(default.batch);
    let heard = |epochs: u64| {
        let sentences = epochs.saturating_mul(prepared.sentences as u64);
        sentences.div_ceil(batch_size.max(1) as u64).max(1)
    };
    let steps = asked.steps.or(asked.epochs.map(heard));
    Plan {
        sentences: prepared.sentences,
        held_out: prepared.held_out,
        left_out: prepared.left_out,
        seconds: plain(prepared.seconds),
        steps: steps.unwrap_or(default.steps),
        batch_size,
        learning_rate: asked.learning_rate.unwrap_or(plain(default.learning_rate)),
        warmup_steps: asked.warmup_steps.unwrap_or(default.warm_up),
        seed: asked.seed,
        ..Plan::default()
    }
}

/// As the trainer has it.
pub(super) fn recipe(plan: &Plan, halved_from: Option<u64>) -> Recipe {
    Recipe {
        steps: plan.steps,
        batch: plan.batch_size,
        accumulation: plan.gradient_accumulation.unwrap_or(1),
        learning_rate: plan.learning_rate as f32,
        warm_up: plan.warmup_steps,
        halved_from,
        ..tuning::recipe(plan.sentences, plan.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREPARED: Prepared = Prepared {
        sentences: 80,
        held_out: 5,
        left_out: 1,
        seconds: 300.5,
    };

    #[test]
    fn what_nobody_asked_for_follows_from_the_size() {
        let plan = plan(&Asked::default(), PREPARED);
        let expected = tuning::recipe(80, 0);
        assert_eq!(
            (plan.steps, plan.batch_size),
            (expected.steps, expected.batch)
        );
        assert_eq!(recipe(&plan, None), expected);
    }

    #[test]
    fn rounds_are_counted_in_steps() {
        let asked = Asked {
            epochs: Some(3),
            batch_size: Some(16),
            learning_rate: Some(5e-4),
            seed: 9,
            ..Asked::default()
        };
        let plan = plan(&asked, PREPARED);
        assert_eq!((plan.steps, plan.seed), (15, 9));
        let recipe = recipe(&plan, Some(4));
        assert!((recipe.learning_rate - 5e-4).abs() < 1e-9);
        assert_eq!(recipe.halved_from, Some(4));
    }
}
