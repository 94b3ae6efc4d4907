//! Every gradient, compared with what the loss does when the parameter moves; dropout is on.

use candle_core::{Device, Tensor};
use kiskadee_xtts::Weights;
use kiskadee_xtts_trainer::{Batch, Compute, Dropout, Gpt, Gradients, Item, Parameter, Parameters};

use crate::fixture::{Model, model};

const DROPOUT: Dropout = Dropout {
    rate: 0.1,
    seed: 4,
    step: 2,
    micro_batch: 1,
};

fn parameters(model: &Model) -> Parameters {
    let weights = Weights::open(&model.folder.model(), &Device::Cpu).unwrap();
    let tokens = model.preparer.tokens().text_tokens;
    Parameters::load(&weights, model.preparer.config(), tokens).unwrap()
}

fn batch(model: &Model) -> Batch {
    let item = |tokens: &[u32], codes: &[u32]| Item {
        tokens: tokens.to_vec(),
        codes: codes.to_vec(),
        samples: codes.len() * 1024,
        hidden: 0..1,
    };
    let items = [
        item(&[5, 6, 7, 8], &[1, 9, 3]),
        item(&[20, 5], &[4, 30, 31, 2, 9]),
    ];
    let values: Vec<f32> = (0..2 * 80 * 20).map(|i| (i as f32 * 0.37).sin()).collect();
    let mel = Tensor::from_vec(values, (2, 80, 20), &Device::Cpu).unwrap();
    Batch::new(&items, mel, model.preparer.tokens()).unwrap()
}

fn learn(gpt: &Gpt, batch: &Batch, parameters: &Parameters) -> (f32, Gradients) {
    let mut sums = Gradients::new(parameters.iter().len());
    let losses = gpt.learn(batch, 1.0, Some(&DROPOUT), &mut sums).unwrap();
    (losses.total(), sums)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// How much the loss changes along a gradient, and how much it should.
fn slopes(
    gpt: &Gpt,
    batch: &Batch,
    all: &Parameters,
    one: &Parameter,
    gradient: &Tensor,
) -> (f64, f64) {
    let length = values(gradient)
        .iter()
        .map(|x| f64::from(*x).powi(2))
        .sum::<f64>()
        .sqrt();
    let start = one.var.as_detached_tensor().copy().unwrap();
    // Large enough to be told from rounding, and too small for the slope to change.
    let distance = (0.005 / length).min(0.02);
    let at = |distance: f64| {
        let step = (gradient * (distance / length)).unwrap();
        one.var.set(&(&start + step).unwrap()).unwrap();
        f64::from(learn(gpt, batch, all).0)
    };
    let found = (at(distance) - at(-distance)) / (2.0 * distance);
    one.var.set(&start).unwrap();
    (found, length)
}

#[test]
fn gradients_agree_with_differences() {
    let model = model();
    let (parameters, batch) = (parameters(&model), batch(&model));
    let gpt = Gpt::new(&parameters, model.preparer.config(), &Compute::default()).unwrap();
    let sums = learn(&gpt, &batch, &parameters).1;
    for (place, one) in parameters.iter().enumerate() {
        let gradient = sums.get(place).unwrap();
        assert_eq!(gradient.dims(), one.var.dims(), "{}", one.name);
        let (found, expected) = slopes(&gpt, &batch, &parameters, one, gradient);
        let error = (found - expected).abs();
        assert!(
            error < 0.03 * expected + 1e-3,
            "{}: {found} for {expected}",
            one.name
        );
    }
}

#[test]
fn recomputing_gives_the_same_bits_and_micro_batches_add_up() {
    let model = model();
    let (parameters, batch) = (parameters(&model), batch(&model));
    let gpt = |recompute| {
        let compute = Compute {
            recompute,
            ..Compute::default()
        };
        Gpt::new(&parameters, model.preparer.config(), &compute).unwrap()
    };
    let (kept, again) = (gpt(false), gpt(true));
    let (loss, first) = learn(&kept, &batch, &parameters);
    let (same, second) = learn(&again, &batch, &parameters);
    assert_eq!(loss.to_bits(), same.to_bits());
    let mut twice = Gradients::new(parameters.iter().len());
    for _ in 0..2 {
        kept.learn(&batch, 0.5, Some(&DROPOUT), &mut twice).unwrap();
    }
    for place in 0..parameters.iter().len() {
        let of = |sums: &Gradients| values(sums.get(place).unwrap());
        assert!(of(&first) == of(&second));
        let (once, twice) = (of(&first), of(&twice));
        assert!(
            once.iter()
                .zip(&twice)
                .all(|(a, b)| (a - b).abs() <= 1e-5 * a.abs().max(1e-3))
        );
    }
}

#[test]
fn dropout_is_off_where_it_is_measured() {
    let model = model();
    let (parameters, batch) = (parameters(&model), batch(&model));
    let gpt = Gpt::new(&parameters, model.preparer.config(), &Compute::default()).unwrap();
    let measured = gpt.losses(&batch).unwrap();
    let mut sums = Gradients::new(parameters.iter().len());
    let learned = gpt.learn(&batch, 1.0, None, &mut sums).unwrap();
    assert_eq!(measured, learned);
    assert_ne!(
        measured.total().to_bits(),
        learn(&gpt, &batch, &parameters).0.to_bits()
    );
}
