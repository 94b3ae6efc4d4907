//! Utterances that share a batch, join and leave it, against the same ones alone.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{collections::BTreeMap, ops::ControlFlow, path::Path, sync::Arc};

use kiskadee_xtts::{
    Batch, Conditioning, DeviceChoice, End, Event, LoadOptions, Order, Precision, Sampling, Xtts,
    folder::{Acceptance, Import, Source, import},
};
use tempfile::TempDir;
use time::OffsetDateTime;

/// The small model of `tests/golden`, imported.
fn model(precision: Precision, threads: usize) -> (TempDir, Arc<Xtts>) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("xtts");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let request = Import {
        source: &Source::find(&golden).unwrap(),
        target: &target,
        origin: "tests/golden".to_owned(),
        acceptance: Acceptance {
            by: "a test".to_owned(),
            at: OffsetDateTime::now_utc(),
            how: "a call".to_owned(),
        },
    };
    import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision,
        threads,
    };
    let model = Xtts::load(&target, &options).unwrap();
    (folder, Arc::new(model))
}

/// A sound with a pitch, so that different pitches are different voices.
fn voice(model: &Xtts, pitch: f32) -> Conditioning {
    let sample = |place: usize| {
        let time = place as f32 / 22_050.0;
        (time * pitch * std::f32::consts::TAU).sin() * 0.3 + (time * 911.0).sin() * 0.05
    };
    model
        .condition(&[(0..22_050).map(sample).collect()])
        .unwrap()
}

fn order(model: &Xtts, number: u64, stream: bool) -> Order {
    let texts = [
        "hello there.",
        "and the thing is on, and on.",
        "an other",
        "the end!",
    ];
    let text = texts[number as usize % texts.len()];
    let voice = voice(model, 110.0 + 40.0 * number as f32);
    Order {
        tokens: model.tokenize(text, "en").unwrap(),
        voice: model.prepare(&voice).unwrap(),
        sampling: Sampling {
            seed: number,
            max_codes: 20 + 9 * number as usize,
            ..Sampling::of(model.config())
        },
        speed: if number == 2 { 1.3 } else { 1.0 },
        stream,
    }
}

#[derive(Debug, Default, PartialEq)]
struct Spoken {
    samples: Vec<f32>,
    pieces: usize,
    codes: Vec<u32>,
}

/// Steps until the batch is empty or `until` says so.
fn run(batch: &mut Batch, spoken: &mut BTreeMap<u64, Spoken>, until: impl Fn(usize) -> bool) {
    let mut steps = 0;
    while !batch.is_empty() && !until(steps) {
        for (id, event) in batch.step().unwrap() {
            let spoken = spoken.entry(id).or_default();
            match event {
                Event::Audio(samples) => {
                    spoken.samples.extend(samples);
                    spoken.pieces += 1;
                }
                Event::Finished(outcome) => spoken.codes = outcome.codes,
            }
        }
        steps += 1;
    }
}

fn alone(model: &Arc<Xtts>, number: u64, stream: bool) -> Spoken {
    let mut batch = Batch::new(Arc::clone(model), 1).unwrap();
    batch.join(number, order(model, number, stream)).unwrap();
    let mut spoken = BTreeMap::new();
    run(&mut batch, &mut spoken, |_| false);
    spoken.remove(&number).unwrap()
}

#[test]
fn an_utterance_is_the_same_alone_and_among_others() {
    for (precision, threads) in [(Precision::F32, 1), (Precision::Q8, 2)] {
        let (_folder, model) = model(precision, threads);
        let mut batch = Batch::new(Arc::clone(&model), 3).unwrap();
        let mut spoken = BTreeMap::new();
        // The shortest joins late, another one takes the place of the first to end, and one leaves.
        batch.join(3, order(&model, 3, true)).unwrap();
        run(&mut batch, &mut spoken, |steps| steps == 7);
        batch.join(0, order(&model, 0, true)).unwrap();
        batch.join(9, order(&model, 1, true)).unwrap();
        run(&mut batch, &mut spoken, |steps| steps == 5);
        batch.leave(9).unwrap();
        batch.join(2, order(&model, 2, true)).unwrap();
        run(&mut batch, &mut spoken, |steps| steps == 20);
        batch.join(1, order(&model, 1, true)).unwrap();
        run(&mut batch, &mut spoken, |_| false);
        for number in 0..4 {
            assert_eq!(
                spoken[&number],
                alone(&model, number, true),
                "{number} at {precision:?}"
            );
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let ((_first, one), (_second, two)) = (model(Precision::F32, 1), model(Precision::F32, 2));
    let voice = voice(&one, 150.0);
    let spoken = [&one, &two].map(|model| {
        let order = Order {
            voice: model.prepare(&voice).unwrap(),
            ..order(model, 1, false)
        };
        let mut batch = Batch::new(Arc::clone(model), 1).unwrap();
        batch.join(0, order).unwrap();
        let mut spoken = BTreeMap::new();
        run(&mut batch, &mut spoken, |_| false);
        spoken.remove(&0).unwrap()
    });
    assert_eq!(spoken[0], spoken[1]);
    assert!(spoken[0].samples.len() > 1000);
}

#[test]
fn a_stream_has_the_samples_of_the_whole_and_the_expected_length() {
    let (_folder, model) = model(Precision::F32, 1);
    for number in 0..4 {
        let (whole, stream) = (alone(&model, number, false), alone(&model, number, true));
        assert_eq!(whole.codes, stream.codes);
        assert_eq!(whole.samples, stream.samples);
        assert_eq!(whole.pieces, 1);
        assert!(
            stream.pieces > 1 || stream.codes.len() < 20,
            "{}",
            stream.pieces
        );
        let speed = if number == 2 { 1.3 } else { 1.0 };
        let states = (whole.codes.len() as f64 / speed).floor();
        let frames = ((states * 4.0).floor() * 24_000.0 / 22_050.0).floor();
        assert_eq!(whole.samples.len(), frames as usize * 256);
    }
}

#[test]
fn seeds_decide_and_limits_end() {
    let (_folder, model) = model(Precision::F32, 1);
    let codes = |seed, max_codes| {
        let mut order = order(&model, 0, false);
        order.sampling = Sampling {
            seed,
            max_codes,
            ignore_stop: true,
            ..order.sampling
        };
        let mut batch = Batch::of_codes(Arc::clone(&model), 1).unwrap();
        batch.join(0, order).unwrap();
        loop {
            if let Some((_, Event::Finished(outcome))) = batch.step().unwrap().pop() {
                return outcome;
            }
        }
    };
    assert_eq!(codes(1, 30).codes, codes(1, 30).codes);
    assert_ne!(codes(1, 30).codes, codes(2, 30).codes);
    assert_eq!(
        (codes(1, 30).codes.len(), codes(1, 30).end),
        (30, End::LengthLimit)
    );
    // The model's own limit.
    assert_eq!(codes(1, 10_000).codes.len(), model.config().max_codes());
}

#[test]
fn what_cannot_be_spoken_is_refused_and_harms_nobody() {
    let (_folder, model) = model(Precision::F32, 1);
    let mut batch = Batch::new(Arc::clone(&model), 2).unwrap();
    batch.join(0, order(&model, 0, false)).unwrap();
    let long = Order {
        tokens: vec![5; 500],
        ..order(&model, 1, false)
    };
    let unknown = Order {
        tokens: vec![60_000],
        ..order(&model, 1, false)
    };
    assert!(
        batch
            .join(1, long)
            .unwrap_err()
            .to_string()
            .contains("500 tokens")
    );
    assert!(
        batch
            .join(1, unknown)
            .unwrap_err()
            .to_string()
            .contains("60000")
    );
    assert!(
        model
            .tokenize("hello", "xx")
            .unwrap_err()
            .to_string()
            .contains("`xx`")
    );
    batch.join(1, order(&model, 1, false)).unwrap();
    assert!(
        batch
            .join(2, order(&model, 2, false))
            .unwrap_err()
            .to_string()
            .contains("no row")
    );
    batch.leave(7).unwrap();
    let mut spoken = BTreeMap::new();
    run(&mut batch, &mut spoken, |_| false);
    assert_eq!(spoken[&0], alone(&model, 0, false));
    assert_eq!(spoken[&1], alone(&model, 1, false));
}
