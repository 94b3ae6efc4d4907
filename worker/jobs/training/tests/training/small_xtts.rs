//! The small untrained XTTS model, imported as an operator imports one, and what is started with it.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiskadee_speech::{Engine, EngineProgram, Xtts, XttsConfig};
use kiskadee_training_jobs::XttsTrainer;
use kiskadee_voice::SAMPLE_RATE;
use kiskadee_xtts::folder::{Acceptance, Import, Source, import};
use time::OffsetDateTime;

use crate::spoken::{Clip, wav};

/// Imports it into a directory of models. Returns that directory.
pub(crate) fn import_into(place: &Path) -> PathBuf {
    let models = place.join("models");
    std::fs::create_dir_all(&models).unwrap();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtts/tests/golden");
    let request = Import {
        source: &Source::find(&published).unwrap(),
        target: &models.join("xtts"),
        origin: "the tests".to_owned(),
        acceptance: Acceptance {
            by: "a test".to_owned(),
            at: OffsetDateTime::UNIX_EPOCH,
            how: "nothing is to be accepted of noise".to_owned(),
        },
    };
    import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    models
}

fn config(model: PathBuf, scratch: &Path) -> XttsConfig {
    XttsConfig {
        program: EngineProgram {
            path: env!("CARGO_BIN_EXE_training_engine_process").into(),
            arguments: Vec::new(),
        },
        device: "cpu".to_owned(),
        precision: "f32".to_owned(),
        threads: 1,
        scratch: scratch.to_owned(),
        ..XttsConfig::new(model)
    }
}

pub(crate) fn trainer(models: &Path, scratch: &Path) -> Arc<XttsTrainer> {
    Arc::new(XttsTrainer::find(models, |model| config(model, scratch)).unwrap())
}

pub(crate) async fn engine(models: &Path, scratch: &Path) -> Arc<dyn Engine> {
    let started = Xtts::start(config(models.join("xtts"), scratch)).await;
    Arc::new(started.unwrap())
}

/// What the small model can take in: two seconds and few letters. Somewhat more than a minute of a tone that wavers.
pub(crate) fn clips() -> Vec<Clip> {
    const TEXTS: [&str; 6] = [
        "Hello there.",
        "Another thing, and the rest!",
        "On.",
        "The bird sings.",
        "Is it late?",
        "In the rain.",
    ];
    let clip = |place: usize| {
        let samples = hum(2 * SAMPLE_RATE as usize, 110.0 + 5.0 * place as f32);
        Clip {
            text: TEXTS[place % TEXTS.len()],
            seconds: 2.0,
            wav: wav(&samples),
        }
    };
    (0..32).map(clip).collect()
}

fn hum(samples: usize, pitch: f32) -> Vec<f32> {
    let at = |i: usize| {
        let t = i as f32 / SAMPLE_RATE as f32;
        let phase = std::f32::consts::TAU * pitch * t + 3.0 * (9.0 * t).sin();
        0.3 * phase.sin() * (0.6 + 0.4 * (11.0 * t).sin()) + 0.05 * (3.1 * phase).sin()
    };
    (0..samples).map(at).collect()
}
