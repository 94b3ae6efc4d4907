//! A checkpoint becomes a model that speaks.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use candle_core::Device;
use kiskadee_xtts::folder::TunedVoice;
use kiskadee_xtts::{DeviceChoice, LoadOptions, ModelFolder, Precision, Weights, Xtts};
use kiskadee_xtts_trainer::{RunOptions, TrainError, export, export_voice, train};

use crate::fixture::{dataset, hum, model, options, recordings};

fn scores(folder: &ModelFolder, precision: Precision) -> Vec<Vec<f32>> {
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision,
        threads: 1,
    };
    let model = Xtts::load(folder.path(), &options).unwrap();
    let voice = model.condition(&[hum(22_050, 130.0)]).unwrap();
    let voice = model.prepare(&voice).unwrap();
    let tokens = model.tokenize("hello there.", "en").unwrap();
    model.scores(&voice, &tokens, &[1, 2, 3]).unwrap()
}

#[test]
fn a_checkpoint_speaks_with_what_it_learned() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let path = model.folder.model();
    let stop = AtomicBool::new(false);
    let options = options(&out, 3);
    let outcome = train(
        &path,
        &model.preparer,
        &dataset,
        &options,
        &stop,
        &mut |_| {},
    )
    .unwrap();
    let target = model.place.path().join("tuned");
    let mut go_on = |_: kiskadee_xtts::folder::Progress<'_>| ControlFlow::Continue(());
    let tuned = export(
        &outcome.latest,
        &model.folder,
        &target,
        "run 7, step 3".to_owned(),
        &mut go_on,
    );
    let tuned = tuned.unwrap();
    assert_eq!(tuned.manifest().source, "run 7, step 3");
    assert_eq!(
        tuned.manifest().licence.title,
        model.folder.manifest().licence.title
    );
    assert_eq!(
        tuned.manifest().acceptance,
        model.folder.manifest().acceptance
    );
    let open = |path: &std::path::Path| Weights::open(path, &Device::Cpu).unwrap();
    let (before, after) = (open(&model.folder.model()), open(&tuned.model()));
    let checkpoint = open(&outcome.latest);
    let values = |weights: &Weights, name: &str| -> Vec<f32> {
        let tensor = weights.get(name, weights.shape(name).unwrap()).unwrap();
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    };
    for name in before.names() {
        let expected = if name.starts_with("gpt.") {
            values(&checkpoint, &format!("value.{name}"))
        } else {
            values(&before, &name)
        };
        assert!(values(&after, &name) == expected, "{name}");
    }
    let (first, second) = (
        scores(&model.folder, Precision::F32),
        scores(&tuned, Precision::F32),
    );
    assert!(first != second && second.iter().flatten().all(|score| score.is_finite()));
    assert_eq!(scores(&tuned, Precision::Q8).len(), 4);
}

#[test]
fn a_voice_stands_on_the_model_that_it_was_tuned_from() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let mut options = options(&model.place.path().join("run"), 3);
    let path = model.folder.model();
    let stop = AtomicBool::new(false);
    let train = |options: &RunOptions| {
        train(
            &path,
            &model.preparer,
            &dataset,
            options,
            &stop,
            &mut |_| {},
        )
        .unwrap()
    };
    let outcome = train(&options);
    let loaded = Xtts::load(model.folder.path(), &LoadOptions::default()).unwrap();
    let voice = loaded.condition(&[hum(22_050, 130.0)]).unwrap();
    let file = model.place.path().join("voice");
    let origin = "run 7".to_owned();
    let bytes = export_voice(&outcome.latest, &model.folder, &file, origin, &voice).unwrap();
    assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());
    let read = TunedVoice::open(&file).unwrap();
    assert_eq!(read.conditioning(), &voice);
    read.check_finite().unwrap();
    let target = model.place.path().join("unfolded");
    let mut go_on = |_: kiskadee_xtts::folder::Progress<'_>| ControlFlow::Continue(());
    let unfolded = read.unfold(&model.folder, &target, &mut go_on).unwrap();
    let weights = |path: &std::path::Path| Weights::open(path, &Device::Cpu).unwrap();
    let (checkpoint, unfolded) = (weights(&outcome.latest), weights(&unfolded.model()));
    for name in unfolded
        .names()
        .iter()
        .filter(|name| name.starts_with("gpt."))
    {
        let shape = unfolded.shape(name).unwrap();
        let learned = checkpoint
            .get(&format!("value.{name}"), shape.clone())
            .unwrap();
        let kept = unfolded.get(name, shape).unwrap();
        let apart = (learned - kept).unwrap().abs().unwrap().max_all().unwrap();
        assert!(apart.to_scalar::<f32>().unwrap() < 2e-3, "{name}");
    }
    // Another run begins with it.
    options.out = model.place.path().join("next");
    options.begin_with = Some(file);
    assert_eq!(train(&options).state.step, 3);
    // Of a model that was tuned, it is no voice.
    let target = model.place.path().join("tuned");
    let tuned = export(
        &outcome.latest,
        &model.folder,
        &target,
        String::new(),
        &mut go_on,
    )
    .unwrap();
    let other = model.place.path().join("other");
    let refused = read.unfold(&tuned, &other, &mut go_on).unwrap_err();
    assert!(refused.to_string().contains("another model"), "{refused}");
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
    let model = model();
    let target = model.place.path().join("tuned");
    let mut go_on = |_: kiskadee_xtts::folder::Progress<'_>| ControlFlow::Continue(());
    let error = export(
        &model.folder.model(),
        &model.folder,
        &target,
        String::new(),
        &mut go_on,
    );
    assert!(matches!(error.unwrap_err(), TrainError::Damaged { .. }));
    assert!(!target.exists());
}
