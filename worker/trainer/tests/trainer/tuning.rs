//! Recordings become a voice of its own, over stops and starts to the same bytes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_trainer::TrainError;
use kiskadee_trainer::evaluation::evaluate;
use kiskadee_trainer::training::{Recipe, train};
use kiskadee_trainer::tuning::{
    Clip, HELD_OUT_SHARE, Outcome, Prepared, VOICE, options, prepare, recipe, speakers, tuned_voice,
};
use kiskadee_voice::acoustic::{AcousticModel, BUILT_IN};

use crate::spoken::{Spoken, speak};

fn clips(spoken: &[Spoken]) -> Vec<Clip<'_>> {
    let clips = spoken.iter().map(|spoken| Clip {
        text: spoken.text,
        samples: &spoken.samples,
    });
    clips.collect()
}

fn prepared() -> Prepared {
    let spoken = speak("tico", Language::Portuguese, 40);
    let mut clips = clips(&spoken);
    // One that says something else, and one that says nothing.
    clips[3].text = "Isto aqui não foi dito por ninguém, nem ontem nem hoje.";
    clips[7].text = "...";
    prepare(&clips, Language::Portuguese, HELD_OUT_SHARE).unwrap()
}

#[test]
fn clips_are_used_or_left_out_with_a_reason() {
    let prepared = prepared();
    for (index, outcome) in prepared.outcomes.iter().enumerate() {
        let is_expected = match index {
            3 => matches!(outcome, Outcome::Misaligned { .. }),
            7 => matches!(outcome, Outcome::Unusable(_)),
            _ => matches!(outcome, Outcome::Aligned { .. }),
        };
        assert!(is_expected, "{index}: {outcome:?}");
    }
    assert_eq!(prepared.held_out.recordings.len(), 5);
    assert_eq!(prepared.training.recordings.len(), 33);
}

#[test]
fn too_little_speech_is_refused_in_words() {
    let spoken = speak("wren", Language::English, 4);
    let refused = prepare(&clips(&spoken), Language::English, HELD_OUT_SHARE)
        .err()
        .unwrap();
    assert!(matches!(refused, TrainError::TooLittleSpeech { .. }));
    assert!(refused.to_string().contains("60 s"), "{refused}");
    let nothing = prepare(&[], Language::English, HELD_OUT_SHARE)
        .err()
        .unwrap();
    assert!(matches!(nothing, TrainError::TooLittleSpeech { .. }));
}

/// The bytes of a voice after a run that is told to stop after each of these steps, and goes on.
fn tuned(prepared: &Prepared, out: &Path, stops: &[u64]) -> Vec<u8> {
    let recipe = Recipe {
        steps: 8,
        ..recipe(40, 3)
    };
    let speakers = speakers(prepared).unwrap();
    let mut options = options(recipe.clone(), out.to_owned(), Device::Cpu);
    options.checkpoint_every = 1;
    for until in stops {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Checkpoints are what another process sees of a run.
            scope.spawn(|| {
                let file = out.join(format!("checkpoint-{until:08}.safetensors"));
                while !file.exists() {
                    std::thread::yield_now();
                }
                stop.store(true, Ordering::Relaxed);
            });
            let trained = train(&speakers, &options, &stop, &mut |_| ()).unwrap();
            assert!((*until..8).contains(&trained.step), "{}", trained.step);
        });
    }
    let trained = train(&speakers, &options, &AtomicBool::new(false), &mut |_| ()).unwrap();
    assert_eq!(trained.step, 8);
    tuned_voice(&trained, &recipe, &prepared.training).unwrap()
}

#[test]
fn a_stopped_run_gives_the_bytes_of_one_that_was_not_and_they_speak_nearer() {
    let prepared = prepared();
    let (whole, stopped) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let weights = tuned(&prepared, whole.path(), &[]);
    assert!(weights == tuned(&prepared, stopped.path(), &[2, 4]));
    let model = AcousticModel::load(&weights, &Device::Cpu).unwrap();
    let voices: Vec<&str> = model
        .voices()
        .iter()
        .map(|voice| voice.id.as_str())
        .collect();
    assert_eq!(voices, [VOICE]);
    let distortion = |weights: &[u8]| {
        let held_out = std::slice::from_ref(&prepared.held_out);
        evaluate(weights, held_out).unwrap()[0].distortion_db
    };
    let (before, after) = (distortion(BUILT_IN), distortion(&weights));
    assert!(after < before, "{before} dB, then {after} dB");
}
