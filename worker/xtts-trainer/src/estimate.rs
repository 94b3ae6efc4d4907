//! What a run needs, before it begins.

use std::fs;

use kiskadee_xtts::Config;

use crate::batch::CODE_SAMPLES;
use crate::error::{Result, TrainError};
use crate::parameters::shapes;
use crate::recipe::Recipe;

const F32: u64 = 4;
/// Latents in front of every row.
const LATENTS: u64 = 32;
/// Frames that the conditioning encoder hears, and its blocks.
const FRAMES: u64 = 517;
const CONDITIONING_BLOCKS: u64 = 6;
/// Beside the tensors: the DVAE, spectrograms, pages that are free but not given back.
const REST: u64 = 400 << 20;

/// Bytes, and how much is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    pub parameters: u64,
    /// Of the parameters.
    pub weights: u64,
    pub gradients: u64,
    pub moments: u64,
    /// What the way there of one micro-batch leaves for the way back, and what that takes besides.
    pub activations: u64,
    /// All of these and the rest.
    pub total: u64,
    /// Floating-point operations of a step.
    pub operations: u64,
}

/// The sizes that count.
struct Sizes {
    clips: u64,
    /// Positions of a row.
    time: u64,
    channels: u64,
    heads: u64,
    layers: u64,
    text_tokens: u64,
}

impl Estimate {
    /// Of a run whose longest clip has so many samples and text ids.
    pub fn new(
        config: &Config,
        text_tokens: usize,
        recipe: &Recipe,
        longest: (usize, usize),
        recompute: bool,
    ) -> Self {
        let args = &config.model_args;
        let codes = longest.0.div_ceil(CODE_SAMPLES) as u64;
        let sizes = Sizes {
            clips: recipe.batch as u64,
            time: LATENTS + longest.1 as u64 + 2 + codes + 5,
            channels: args.gpt_n_model_channels as u64,
            heads: args.gpt_n_heads as u64,
            layers: args.gpt_layers as u64,
            text_tokens: text_tokens as u64,
        };
        let counts = shapes(config, text_tokens).into_values();
        let parameters: u64 = counts
            .map(|shape| shape.iter().product::<usize>() as u64)
            .sum();
        let (weights, activations) = (F32 * parameters, sizes.activations(recompute));
        let forward = if recompute { 2 } else { 1 };
        Self {
            parameters,
            weights,
            gradients: weights,
            moments: 2 * weights,
            activations,
            total: 4 * weights + activations + REST,
            operations: recipe.accumulation as u64 * sizes.operations(forward),
        }
    }

    /// Seconds of a step at so many operations a second; an undisturbed core of a CPU does about 8e10.
    pub fn step_seconds(&self, operations_per_second: f64) -> f64 {
        self.operations as f64 / operations_per_second
    }
}

/// Refuses a run that needs more than `free` bytes, and says what would fit.
pub fn check_memory(
    config: &Config,
    text_tokens: usize,
    recipe: &Recipe,
    longest: (usize, usize),
    recompute: bool,
    free: u64,
) -> Result<Estimate> {
    let of =
        |recipe: &Recipe, recompute| Estimate::new(config, text_tokens, recipe, longest, recompute);
    let estimate = of(recipe, recompute);
    if estimate.total <= free {
        return Ok(estimate);
    }
    let single = Recipe {
        batch: 1,
        accumulation: recipe.batch * recipe.accumulation,
        ..recipe.clone()
    };
    let advice = if of(&single, recompute).total <= free {
        format!("batch 1 with accumulation {}", single.accumulation)
    } else if of(&single, true).total <= free {
        let accumulation = single.accumulation;
        format!(
            "batch 1 with accumulation {accumulation} and recomputing, which takes a third longer"
        )
    } else {
        let least = of(&single, true).total as f64 / 1e9;
        format!("another machine: {least:.1} GB are the least")
    };
    Err(TrainError::Memory {
        needed_gb: estimate.total as f64 / 1e9,
        free_gb: free as f64 / 1e9,
        advice,
    })
}

impl Sizes {
    fn activations(&self, recompute: bool) -> u64 {
        let Self {
            clips,
            time,
            channels,
            heads,
            layers,
            text_tokens,
        } = self;
        let rows = clips * time;
        // Input, queries, keys, values, what is gathered, the middle, and the inside of the feed-forward network.
        let block = rows * (10 * channels + heads * time);
        let kept = if recompute {
            layers * rows * channels + block
        } else {
            layers * block
        };
        // On the way back through one block.
        let passing = rows * (16 * channels + 4 * heads * time);
        let frames = clips * FRAMES;
        // Recorded by candle, with gradients of one block on top.
        let style = frames * (17 * channels + 4 * heads * FRAMES);
        let style = (CONDITIONING_BLOCKS + 1) * style;
        let scores = 4 * rows * text_tokens;
        F32 * (kept + passing.max(style / 7) + style + scores)
    }

    /// The way there counts `forward` times, the way back twice as much as once.
    fn operations(&self, forward: u64) -> u64 {
        let Self {
            clips,
            time,
            channels,
            layers,
            ..
        } = self;
        let block = 24 * channels * channels + 4 * time * channels;
        let blocks = layers * clips * time * block;
        let style = 8 * channels * channels + 4 * FRAMES * channels;
        let style = CONDITIONING_BLOCKS * clips * FRAMES * style;
        (forward + 2) * blocks + 3 * style
    }
}

/// Bytes that this process can still have on the CPU: what the machine has, and what its control group allows. Nothing where the system does not tell.
pub fn free_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let free = 1024 * kilobytes;
    Some(group_memory().map_or(free, |of_group| free.min(of_group)))
}

fn group_memory() -> Option<u64> {
    let of = |name: &str| -> Option<u64> {
        let text = fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse().ok()
    };
    Some(of("memory.max")?.saturating_sub(of("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published sizes.
    fn full() -> Config {
        Config::parse(
            r#"{"model_args": {"gpt_layers": 30, "gpt_n_model_channels": 1024, "gpt_n_heads": 16,
            "gpt_max_audio_tokens": 605, "gpt_max_text_tokens": 402, "gpt_num_audio_tokens": 1026, "gpt_start_audio_token": 1024,
            "gpt_stop_audio_token": 1025, "decoder_input_dim": 1024, "d_vector_dim": 512, "gpt_use_perceiver_resampler": true}}"#,
        )
        .unwrap()
    }

    fn recipe(batch: usize) -> Recipe {
        Recipe {
            batch,
            ..Recipe::for_clips(100)
        }
    }

    #[test]
    fn the_full_model_needs_what_it_was_measured_to() {
        let estimate = Estimate::new(&full(), 6681, &recipe(1), (8 * 22_050, 60), false);
        assert_eq!(estimate.parameters, 441_018_563);
        assert_eq!(
            estimate.weights + estimate.gradients + estimate.moments,
            7_056_297_008
        );
        assert!(
            (8.0e9..12.0e9).contains(&(estimate.total as f64)),
            "{estimate:?}"
        );
        let less = Estimate::new(&full(), 6681, &recipe(1), (8 * 22_050, 60), true);
        assert!(less.total < estimate.total && less.operations > estimate.operations);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let check = |batch, free: f64| {
            check_memory(
                &full(),
                6681,
                &recipe(batch),
                (11 * 22_050, 150),
                false,
                free as u64,
            )
        };
        let refused = |batch, free| check(batch, free).unwrap_err().to_string();
        assert!(check(1, 16e9).is_ok());
        assert!(refused(16, 12e9).contains("batch 1 with accumulation 192"));
        assert!(
            refused(1, 9.1e9).contains("recomputing"),
            "{}",
            refused(1, 9.1e9)
        );
        assert!(refused(1, 4e9).contains("4.0 are free; try another machine"));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(free_memory().is_none_or(|free| free > 1 << 20));
    }
}
