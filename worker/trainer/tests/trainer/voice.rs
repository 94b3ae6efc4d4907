//! The whole way, with a teacher that needs no program.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::synthetic;
use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_trainer::TrainError;
use kiskadee_trainer::corpus::Recording;
use kiskadee_trainer::training::{Recipe, RunOptions};
use kiskadee_trainer::voice::{Event, TeacherVoice, Teachers, VoiceTraining, train_voice};
use kiskadee_voice::acoustic::{AcousticModel, Config};

struct Synthetic;

impl Teachers for Synthetic {
    fn voices(&self) -> Vec<TeacherVoice> {
        let voice = |name: &str, language| TeacherVoice {
            name: name.into(),
            language,
            warps: (-0.05, 0.05),
        };
        vec![
            voice("af_heart", Language::English),
            voice("other", Language::Portuguese),
        ]
    }

    fn record(&self, voice: &TeacherVoice, texts: &[String]) -> Result<Vec<Recording>, TrainError> {
        let pitch = if voice.name == "af_heart" {
            200.0
        } else {
            110.0
        };
        Ok((0..texts.len())
            .map(|number| synthetic::recording(number, pitch))
            .collect())
    }
}

fn options(out: &Path) -> VoiceTraining {
    let recipe = Recipe {
        config: Config::tiny(),
        steps: 60,
        batch: 2,
        accumulation: 1,
        learning_rate: 5e-3,
        seed: 1,
        warm_up: 100,
        halved_from: None,
    };
    let run = RunOptions {
        recipe,
        out: out.to_owned(),
        resume: true,
        begin_with: None,
        checkpoint_every: 50,
        report_every: 50,
        device: Device::Cpu,
        room: None,
    };
    VoiceTraining {
        run,
        languages: vec![Language::English],
        sentences: 6,
    }
}

#[test]
fn sentences_become_a_voice_with_its_figures_and_pictures() {
    let out = tempfile::tempdir().unwrap();
    let mut events = Vec::new();
    let mut observe = |event: &Event| events.push(event.clone());
    let report = train_voice(
        &options(out.path()),
        &Synthetic,
        &AtomicBool::new(false),
        &mut observe,
    )
    .unwrap();
    assert_eq!(report.step, 60);
    assert_eq!(report.evaluations.len(), 1, "only English was asked for");
    assert!(
        matches!(&events[0], Event::Recorded { speaker, recordings: 6, .. } if speaker == "af_heart")
    );
    assert!(matches!(events[events.len() - 1], Event::Evaluated(_)));
    let weights = std::fs::read(report.weights.unwrap()).unwrap();
    let model = AcousticModel::load(&weights, &Device::Cpu).unwrap();
    assert!(model.voice("wren").is_ok());
    for file in [
        "losses.png",
        "comparison-af_heart.png",
        "evaluation.json",
        "log.jsonl",
        "recordings/af_heart.safetensors",
    ] {
        assert!(out.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_stopped_training_has_no_weights_and_goes_on_to_the_same() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Told to stop when so many speakers have been recorded.
    let go = |out: &Path, stop_after: usize| {
        let stop = AtomicBool::new(stop_after == 0);
        let mut recorded = 0;
        let mut observe = |event: &Event| {
            recorded += usize::from(matches!(event, Event::Recorded { .. }));
            stop.fetch_or(recorded == stop_after, Ordering::Relaxed);
        };
        train_voice(&options(out), &Synthetic, &stop, &mut observe).unwrap()
    };
    let never = usize::MAX;
    let unbroken = go(whole.path(), never);
    for (recorded, steps) in [(0, 0), (1, 1)] {
        let stopped = go(parts.path(), recorded);
        assert_eq!((stopped.step, stopped.weights), (steps, None));
    }
    let resumed = go(parts.path(), never);
    let read = |path: Option<std::path::PathBuf>| std::fs::read(path.unwrap()).unwrap();
    assert!(read(unbroken.weights) == read(resumed.weights));
}
