//! Runs of a tiny model: they learn, stop, go on to the same bits, and give weights that speak.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::synthetic;
use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_trainer::TrainError;
use kiskadee_trainer::evaluation::evaluate;
use kiskadee_trainer::export::{VoiceRecipe, export};
use kiskadee_trainer::training::{
    Beginning, Progress, Recipe, RunOptions, Trained, list_checkpoints, load_trained, read_log,
    train,
};
use kiskadee_voice::acoustic::{AcousticModel, Config};

const VOICE: VoiceRecipe = VoiceRecipe {
    id: "low",
    speaker: "low",
    language: Language::English,
    description: "",
};

fn options(out: &Path, steps: u64) -> RunOptions {
    let recipe = Recipe {
        config: Config::tiny(),
        steps,
        batch: 4,
        accumulation: 1,
        learning_rate: 5e-3,
        seed: 9,
        warm_up: 100,
        halved_from: None,
    };
    RunOptions {
        recipe,
        out: out.to_owned(),
        resume: true,
        begin_with: None,
        checkpoint_every: 7,
        report_every: 50,
        device: Device::Cpu,
        room: None,
    }
}

fn bits(trained: &Trained) -> Vec<u32> {
    let values = trained
        .parameters
        .iter()
        .map(|(_, var)| var.flatten_all().unwrap().to_vec1::<f32>().unwrap());
    values.flatten().map(f32::to_bits).collect()
}

fn run(options: &RunOptions, stop_after: Option<u64>) -> Trained {
    let stop = AtomicBool::new(false);
    let speakers = synthetic::speakers();
    if let Some(step) = stop_after {
        // Reports come every 50 steps; the one at hand is the moment to ask for a stop.
        let mut observe =
            |progress: &Progress| stop.store(progress.step >= step, Ordering::Relaxed);
        return train(&speakers, options, &stop, &mut observe).unwrap();
    }
    train(&speakers, options, &stop, &mut |_| {}).unwrap()
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let unbroken = run(&options(whole.path(), 120), None);
    let first = run(&options(parts.path(), 120), Some(50));
    assert_eq!(first.step, 51, "a stop takes effect after the next step");
    let resumed = run(&options(parts.path(), 120), None);
    assert_eq!((unbroken.step, resumed.step), (120, 120));
    assert!(bits(&unbroken) == bits(&resumed));
    assert!(bits(&load_trained(&options(parts.path(), 120)).unwrap()) == bits(&resumed));
    assert_eq!(list_checkpoints(parts.path()).unwrap().len(), 3);
    let log = read_log(&parts.path().join("log.jsonl")).unwrap();
    assert_eq!(
        log.iter().map(|report| report.step).collect::<Vec<_>>(),
        [50, 51, 100, 120]
    );
}

#[test]
fn a_run_that_found_no_room_goes_on_in_smaller_parts() {
    let speakers = synthetic::speakers();
    let never = AtomicBool::new(false);
    let undivided = tempfile::tempdir().unwrap();
    let undivided = run(&options(undivided.path(), 60), None);
    let ended = [&[][..], &[50]].map(|stops: &[u64]| {
        let out = tempfile::tempdir().unwrap();
        let mut options = options(out.path(), 60);
        options.report_every = 1;
        assert_eq!(run(&options, Some(20)).step, 21);
        options.room = Some(|bytes| bytes / 2);
        let refused = train(&speakers, &options, &never, &mut |_| {});
        let Err(TrainError::Memory { needed, free }) = refused else {
            panic!("it found room")
        };
        assert!(needed > 1 << 20 && free == needed / 2);
        options.room = Some(|bytes| bytes);
        (options.recipe.batch, options.recipe.accumulation) = (2, 2);
        for stop in stops {
            run(&options, Some(*stop));
        }
        bits(&run(&options, None))
    });
    assert!(ended[0] == ended[1]);
    // The same sentences, each of which says as much as before but for the means of what is voiced and of durations.
    let far = |one: &[u32], other: &[u32]| {
        let pairs = one.iter().zip(other);
        let squares =
            pairs.map(|(a, b)| f64::from(f32::from_bits(*a) - f32::from_bits(*b)).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let start = tempfile::tempdir().unwrap();
    let mut first = options(start.path(), 60);
    first.report_every = 1;
    let start = bits(&run(&first, Some(20)));
    let undivided = bits(&undivided);
    let apart = far(&ended[0], &undivided) / far(&start, &undivided);
    assert!((1e-9..0.2).contains(&apart), "{apart}");
}

#[test]
fn it_learns_and_its_weights_speak() {
    let out = tempfile::tempdir().unwrap();
    let mut options = options(out.path(), 300);
    options.recipe.learning_rate = 0.015;
    let trained = run(&options, None);
    let log = read_log(&out.path().join("log.jsonl")).unwrap();
    assert!(log[log.len() - 1].total < 0.5 * log[0].total, "{log:?}");
    let speakers = synthetic::speakers();
    let weights = export(&trained, &options.recipe, &speakers, &[VOICE]).unwrap();
    assert!(weights == export(&trained, &options.recipe, &speakers, &[VOICE]).unwrap());
    let other = tempfile::tempdir().unwrap();
    let fresh = run(&self::options(other.path(), 1), None);
    let untrained = export(&fresh, &options.recipe, &speakers, &[]).unwrap();
    for (trained, untrained) in evaluate(&weights, &speakers)
        .unwrap()
        .iter()
        .zip(evaluate(&untrained, &speakers).unwrap())
    {
        assert!(
            trained.distortion_db < 0.85 * untrained.distortion_db,
            "{trained} {untrained}"
        );
        assert!(
            trained.duration_error_ms < 0.5 * untrained.duration_error_ms,
            "{trained} {untrained}"
        );
        assert!(trained.voicing_error_percent < 10.0, "{trained}");
    }
}

#[test]
fn a_run_can_begin_where_another_ended() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = run(&options(first.path(), 150), None);
    let mut options = options(second.path(), 50);
    let latest = list_checkpoints(first.path()).unwrap().pop();
    options.begin_with = latest.map(Beginning::Checkpoint);
    let after = run(&options, None);
    assert_eq!(before.normalization, after.normalization);
    let loss = |out: &Path| read_log(&out.join("log.jsonl")).unwrap()[0].total;
    assert!(loss(second.path()) < 0.7 * loss(first.path()));
}

#[test]
fn other_options_and_damaged_files_are_refused() {
    let out = tempfile::tempdir().unwrap();
    run(&options(out.path(), 10), None);
    let speakers = synthetic::speakers();
    let attempt =
        |options: &RunOptions| train(&speakers, options, &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(
        attempt(&options(out.path(), 20)),
        Err(TrainError::OtherOptions(_))
    ));
    let mut anew = options(out.path(), 10);
    anew.resume = false;
    assert!(matches!(attempt(&anew), Err(TrainError::Occupied(_))));
    let latest = list_checkpoints(out.path()).unwrap().pop().unwrap();
    std::fs::write(&latest, b"no checkpoint").unwrap();
    assert!(matches!(
        attempt(&options(out.path(), 10)),
        Err(TrainError::Damaged { .. })
    ));
    assert!(AcousticModel::load(b"no weights", &Device::Cpu).is_err());
}
