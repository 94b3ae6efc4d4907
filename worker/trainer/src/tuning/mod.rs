//! The embedded voice tuned to the recordings of one speaker: training goes on from the weights that ship, with some minutes of speech and its words.
//!
//! [`prepare`] analyses and aligns, [`options`] chooses a run by how much there is, [`crate::training::train`] trains, and [`tuned_voice`] makes of
//! the result a file of weights that speaks with one voice.

mod prepare;
mod rehearsal;
mod sentence;

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_voice::acoustic::{BUILT_IN, Config};

use crate::TrainError;
use crate::corpus::Speaker;
use crate::export::{VoiceRecipe, export};
use crate::training::{Beginning, Recipe, RunOptions, Trained};

pub use prepare::{Clip, HELD_OUT_SHARE, LEAST_SECONDS, Outcome, Prepared, prepare};
pub use rehearsal::rehearsal;

/// The name of the one voice in a tuned file, and of its speaker.
pub const VOICE: &str = "tuned";
const BATCH: usize = 8;
/// How often each sentence is heard.
const PASSES: u64 = 8;
const STEPS: std::ops::RangeInclusive<u64> = 300..=1500;
const LEARNING_RATE: f32 = 1e-3;
const WARM_UP: u64 = 20;
/// One sentence in so many is one of the shipped voices', so that they and what the recordings lack are not forgotten.
const REHEARSED: usize = 4;

/// All speakers of a run: the one it is for, then those that are rehearsed.
pub fn speakers(prepared: &Prepared) -> Result<Vec<Speaker>, TrainError> {
    let sentences = prepared.training.recordings.len().div_ceil(REHEARSED - 1);
    let mut speakers = vec![prepared.training.clone()];
    speakers.extend(rehearsal(sentences)?);
    Ok(speakers)
}

/// A run for so many sentences of [`speakers`].
pub fn recipe(sentences: usize, seed: u64) -> Recipe {
    let steps = (PASSES * sentences as u64).div_ceil(BATCH as u64);
    Recipe {
        config: Config::default(),
        steps: steps.clamp(*STEPS.start(), *STEPS.end()),
        batch: BATCH,
        accumulation: 1,
        learning_rate: LEARNING_RATE,
        seed,
        warm_up: WARM_UP,
        halved_from: None,
    }
}

/// A run in the folder `out`, which goes on from the latest checkpoint there, if there is one.
pub fn options(recipe: Recipe, out: PathBuf, device: Device) -> RunOptions {
    RunOptions {
        recipe,
        out,
        resume: true,
        begin_with: Some(Beginning::Weights(Arc::from(BUILT_IN))),
        checkpoint_every: 100,
        report_every: 10,
        device,
        room: None,
    }
}

/// The file of weights that speaks with `speaker`'s voice alone: the same bytes for the same run.
pub fn tuned_voice(
    trained: &Trained,
    recipe: &Recipe,
    speaker: &Speaker,
) -> Result<Vec<u8>, TrainError> {
    let voice = VoiceRecipe {
        id: VOICE,
        speaker: VOICE,
        language: speaker.language,
        description: match speaker.language {
            Language::English => "a tuned voice, English",
            Language::Portuguese => "a tuned voice, Brazilian Portuguese",
        },
    };
    export(trained, recipe, std::slice::from_ref(speaker), &[voice])
}
