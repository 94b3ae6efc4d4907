//! From sound to examples.

use kiskadee_xtts_trainer::{Example, Rejection};

use crate::fixture::{Model, dataset, hum, model, recordings};

fn prepare(model: &Model, samples: &[f32], text: &str) -> Result<Example, Rejection> {
    model.preparer.prepare(samples, text, "en").unwrap()
}

#[test]
fn a_clip_has_a_code_for_every_1024_samples() {
    let model = model();
    for samples in [20_480, 20_481, 30_000] {
        let example = prepare(&model, &hum(samples, 130.0), "hello there.").unwrap();
        assert_eq!(example.codes.len(), samples.div_ceil(1024));
        assert!(example.codes.iter().all(|code| *code < 32));
        assert!(example.tokens.len() > 4);
        assert_eq!(example.samples, samples);
    }
}

#[test]
fn what_cannot_be_learned_from_is_rejected_with_its_reason() {
    let model = model();
    let reason = |samples: &[f32], text: &str| prepare(&model, samples, text).unwrap_err();
    let sound = hum(22_050, 130.0);
    assert!(matches!(
        reason(&sound[..9_000], "on."),
        Rejection::TooShort { .. }
    ));
    assert!(matches!(
        reason(&hum(100_000, 130.0), "on."),
        Rejection::TooLong { .. }
    ));
    assert_eq!(reason(&sound, " "), Rejection::NoText);
    assert_eq!(reason(&sound, "тихо"), Rejection::UnknownCharacters);
    assert!(matches!(
        reason(&sound, &"on ".repeat(90)),
        Rejection::TextTooLong { .. }
    ));
    assert_eq!(reason(&vec![0.0; 22_050], "on."), Rejection::Silent);
    let mut broken = sound.clone();
    broken[5] = f32::NAN;
    assert_eq!(reason(&broken, "on."), Rejection::NotFinite);
    assert!(model.preparer.prepare(&sound, "on.", "xx").is_err());
}

#[test]
fn the_version_of_a_dataset_follows_its_content() {
    let model = model();
    let recordings = recordings(6);
    let first = dataset(&model, &recordings);
    assert_eq!(first.version(), dataset(&model, &recordings).version());
    let mut second = dataset(&model, &recordings);
    second.examples[2].tokens.push(5);
    assert_ne!(first.version(), second.version());
    let mut third = dataset(&model, &recordings);
    third.training.pop();
    assert_ne!(first.version(), third.version());
}
