//! Runs: they learn, stop, go on to the same bits, and end when nothing is gained.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Tensor};
use kiskadee_xtts_trainer::{
    Dataset, Ended, Event, Outcome, Recipe, RunOptions, TrainError, list_checkpoints, peek, train,
};

use crate::fixture::{Model, dataset, model, options, recordings};

/// Ends the run behind each of these steps, and goes on.
fn run(model: &Model, dataset: &Dataset<'_>, options: &RunOptions, stops: &[u64]) -> Outcome {
    let path = model.folder.model();
    for stop_at in stops {
        let stop = AtomicBool::new(false);
        let mut observe = |event: Event<'_>| {
            if let Event::Step(progress) = event {
                stop.store(progress.step >= *stop_at, Ordering::Relaxed);
            }
        };
        let outcome = train(
            &path,
            &model.preparer,
            dataset,
            options,
            &stop,
            &mut observe,
        );
        let outcome = outcome.unwrap();
        assert_eq!(
            (outcome.ended, outcome.state.step),
            (Ended::Stopped, *stop_at)
        );
    }
    let stop = AtomicBool::new(false);
    train(&path, &model.preparer, dataset, options, &stop, &mut |_| {}).unwrap()
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let (whole, parts) = (
        model.place.path().join("whole"),
        model.place.path().join("parts"),
    );
    let unbroken = run(&model, &dataset, &options(&whole, 7), &[]);
    let mut resumed = options(&parts, 7);
    resumed.recompute = true;
    let resumed = run(&model, &dataset, &resumed, &[1, 4, 5]);
    assert_eq!(
        (unbroken.ended, resumed.ended),
        (Ended::Finished, Ended::Finished)
    );
    assert_eq!(unbroken.state, resumed.state);
    assert!(bytes(&unbroken.latest) == bytes(&resumed.latest));
    // Once more: there is nothing left to do, and nothing changes.
    let again = run(&model, &dataset, &options(&parts, 7), &[]);
    assert_eq!((again.ended, again.state), (Ended::Finished, resumed.state));
}

#[test]
fn a_step_that_was_interrupted_is_made_again() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let whole = run(
        &model,
        &dataset,
        &options(&model.place.path().join("whole"), 4),
        &[],
    );
    let out = model.place.path().join("broken");
    let mut broken = options(&out, 4);
    broken.interrupt = Some(Arc::new(AtomicBool::new(true)));
    let interrupted = run(&model, &dataset, &broken, &[]);
    assert_eq!(
        (interrupted.ended, interrupted.state.step),
        (Ended::Stopped, 0)
    );
    broken.interrupt = None;
    let resumed = run(&model, &dataset, &broken, &[]);
    assert!(bytes(&whole.latest) == bytes(&resumed.latest));
}

#[test]
fn a_run_that_found_no_room_goes_on_in_smaller_parts() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let (path, stop) = (model.folder.model(), AtomicBool::new(false));
    let ended = ["whole", "parts"].map(|name| {
        let mut options = options(&model.place.path().join(name), 6);
        (options.recipe.batch, options.recipe.accumulation) = (2, 1);
        // It ends behind its third step.
        let mut observe = |event: Event<'_>| {
            if let Event::Step(progress) = event {
                stop.store(progress.step == 3, Ordering::Relaxed);
            }
        };
        let preparer = &model.preparer;
        train(&path, preparer, &dataset, &options, &stop, &mut observe).unwrap();
        options.room = Some(|bytes| bytes / 2);
        let refused = train(&path, preparer, &dataset, &options, &stop, &mut |_| {});
        let refused = refused.unwrap_err();
        let TrainError::NoRoom { needed, free } = refused else {
            panic!("{refused}")
        };
        assert!(needed > 1 << 20 && free == needed / 2);
        options.room = Some(|bytes| bytes);
        (options.recipe.batch, options.recipe.accumulation) = (1, 2);
        let stops: &[u64] = if name == "parts" { &[4, 5] } else { &[] };
        run(&model, &dataset, &options, stops)
    });
    assert_eq!(ended[0].state.step, 6);
    assert!(bytes(&ended[0].latest) == bytes(&ended[1].latest));
}

#[test]
fn a_run_goes_on_with_half_the_rate() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let mut options = options(&out, 6);
    let (path, stop) = (model.folder.model(), AtomicBool::new(false));
    let mut rates = Vec::new();
    let mut observe = |event: Event<'_>| {
        if let Event::Step(progress) = event {
            rates.push(progress.learning_rate);
            stop.store(progress.step == 3, Ordering::Relaxed);
        }
    };
    for halved_from in [None, Some(3)] {
        options.recipe.halved_from = halved_from;
        let preparer = &model.preparer;
        let outcome = train(&path, preparer, &dataset, &options, &stop, &mut observe);
        assert!(outcome.unwrap().state.step >= 3);
    }
    let expected = |step: u64| {
        Recipe {
            halved_from: None,
            ..options.recipe.clone()
        }
        .rate(step)
    };
    assert_eq!(rates.len(), 6);
    assert!((rates[2] - expected(2)).abs() < 1e-12);
    assert!((rates[3] - expected(3) / 2.0).abs() < 1e-12);
}

#[test]
fn the_loss_falls_and_the_best_checkpoint_stays() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let mut options = options(&out, 16);
    options.recipe.learning_rate = 2e-3;
    let (mut steps, mut evaluations, mut saved) = (Vec::new(), Vec::new(), 0);
    let stop = AtomicBool::new(false);
    let outcome = train(
        &model.folder.model(),
        &model.preparer,
        &dataset,
        &options,
        &stop,
        &mut |event| match event {
            Event::Step(progress) => steps.push(*progress),
            Event::Evaluation {
                step,
                losses,
                is_best,
            } => evaluations.push((step, losses.mel, is_best)),
            Event::Checkpoint { .. } => saved += 1,
        },
    );
    let outcome = outcome.unwrap();
    assert_eq!(steps.len(), 16);
    assert!(
        steps[15].losses.mel < 0.8 * steps[0].losses.mel,
        "{steps:?}"
    );
    assert!(
        steps
            .iter()
            .all(|step| step.gradient_norm > 0.0 && step.learning_rate > 0.0)
    );
    let at: Vec<u64> = evaluations.iter().map(|(step, ..)| *step).collect();
    assert_eq!(at, [0, 4, 8, 12, 16]);
    assert!(evaluations[4].1 < 0.9 * evaluations[0].1, "{evaluations:?}");
    let best = outcome.state.best.unwrap();
    let (at, loss, _) = *evaluations.iter().rfind(|(.., is_best)| *is_best).unwrap();
    assert_eq!((best.step, best.loss.to_bits()), (at, loss.to_bits()));
    let kept = list_checkpoints(&out).unwrap();
    assert!(kept.contains(&outcome.latest) && kept.contains(&outcome.best.unwrap()));
    assert!(kept.len() <= 2 && saved > 5, "{kept:?} of {saved}");
    assert_eq!(peek(&outcome.latest).unwrap(), outcome.state);
}

#[test]
fn a_run_ends_where_nothing_is_gained() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let out = model.place.path().join("run");
    let mut options = options(&out, 200);
    options.recipe.learning_rate = 1e-9;
    options.recipe.evaluate_every = 1;
    options.recipe.patience = Some(3);
    let outcome = run(&model, &dataset, &options, &[]);
    assert_eq!((outcome.ended, outcome.state.step), (Ended::NoGain, 3));
    assert_eq!(run(&model, &dataset, &options, &[]).state, outcome.state);
}

#[test]
fn a_run_can_begin_where_another_ended() {
    let (model, recordings) = (model(), recordings(9));
    let dataset = dataset(&model, &recordings);
    let (first, second) = (
        model.place.path().join("first"),
        model.place.path().join("second"),
    );
    let before = run(&model, &dataset, &options(&first, 5), &[]);
    let mut options = options(&second, 1);
    options.begin_with = Some(before.latest.clone());
    options.recipe.learning_rate = 1e-9;
    let after = run(&model, &dataset, &options, &[]);
    let (before, after) = (
        before.state.evaluation.unwrap(),
        after.state.evaluation.unwrap(),
    );
    assert!((before - after).abs() < 1e-4, "{before} {after}");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let (model, recordings) = (model(), recordings(9));
    let mut dataset = dataset(&model, &recordings);
    dataset.evaluation.clear();
    let mut tensors = candle_core::safetensors::load(model.folder.model(), &Device::Cpu).unwrap();
    let head = "gpt.mel_head.bias";
    let broken = Tensor::full(f32::NAN, tensors[head].shape(), &Device::Cpu).unwrap();
    tensors.insert(head.to_owned(), broken);
    let path = model.place.path().join("broken.safetensors");
    candle_core::safetensors::save(&tensors, &path).unwrap();
    let out = model.place.path().join("run");
    let stop = AtomicBool::new(false);
    let error = train(
        &path,
        &model.preparer,
        &dataset,
        &options(&out, 4),
        &stop,
        &mut |_| {},
    );
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            kiskadee_xtts_trainer::TrainError::Diverged { step: 0, .. }
        ),
        "{error}"
    );
    assert!(list_checkpoints(&out).unwrap().is_empty());
}
