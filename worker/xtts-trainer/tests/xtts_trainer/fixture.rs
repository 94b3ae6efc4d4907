//! The small model, imported, and a speaker that hums.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Device;
use kiskadee_xtts::ModelFolder;
use kiskadee_xtts::folder::{Acceptance, Import, Source, import};
use kiskadee_xtts_trainer::{Dataset, Preparer, Recipe, RunOptions};
use tempfile::TempDir;
use time::OffsetDateTime;

/// Where the small model lies as it is published.
pub(crate) fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtts/tests/golden")
}

/// The imported model, in a folder that goes with it.
pub(crate) struct Model {
    pub(crate) folder: ModelFolder,
    pub(crate) preparer: Preparer,
    pub(crate) place: TempDir,
}

pub(crate) fn model() -> Model {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    let request = Import {
        source: &Source::find(&published()).unwrap(),
        target: &target,
        origin: "a test".to_owned(),
        acceptance: Acceptance {
            by: "a test".to_owned(),
            at: OffsetDateTime::UNIX_EPOCH,
            how: "an argument".to_owned(),
        },
    };
    let folder = import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    Model {
        preparer: Preparer::open(&folder, &Device::Cpu).unwrap(),
        folder,
        place,
    }
}

/// A tone that wavers, at 22,050 Hz.
pub(crate) fn hum(samples: usize, pitch: f32) -> Vec<f32> {
    let at = |i: usize| {
        let t = i as f32 / 22_050.0;
        let phase = std::f32::consts::TAU * pitch * t + 3.0 * (9.0 * t).sin();
        0.3 * phase.sin() * (0.6 + 0.4 * (11.0 * t).sin()) + 0.05 * (3.1 * phase).sin()
    };
    (0..samples).map(at).collect()
}

/// Clips of 0.7 to 2.0 s.
pub(crate) fn recordings(clips: usize) -> Vec<Vec<f32>> {
    let clip = |i: usize| hum(15_500 + (i * 9_473) % 28_000, 110.0 + 13.0 * i as f32);
    (0..clips).map(clip).collect()
}

/// All clips but the last two are for training.
pub(crate) fn dataset<'a>(model: &Model, recordings: &'a Vec<Vec<f32>>) -> Dataset<'a> {
    const TEXTS: [&str; 3] = ["hello there.", "an other thing, and the rest!", "on."];
    let examples = recordings.iter().enumerate().map(|(i, samples)| {
        let prepared = model.preparer.prepare(samples, TEXTS[i % 3], "en");
        prepared.unwrap().unwrap()
    });
    let held = recordings.len() - 2;
    Dataset {
        examples: examples.collect(),
        recordings,
        training: (0..held).collect(),
        evaluation: (held..recordings.len()).collect(),
    }
}

pub(crate) fn options(out: &Path, steps: u64) -> RunOptions {
    RunOptions {
        recipe: Recipe {
            steps,
            batch: 1,
            accumulation: 2,
            learning_rate: 1e-3,
            evaluate_every: 4,
            patience: None,
            ..Recipe::for_clips(10)
        },
        out: out.to_owned(),
        resume: true,
        begin_with: None,
        checkpoint_every: 3,
        keep: 1,
        recompute: false,
        device: Device::Cpu,
        interrupt: None,
        room: None,
    }
}
