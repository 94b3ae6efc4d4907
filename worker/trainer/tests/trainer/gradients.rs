//! Every gradient, compared with what the loss does when the parameter moves.

use crate::synthetic;
use candle_core::{Device, Tensor};
use kiskadee_trainer::training::{Normalization, Parameters, Sampler, losses};
use kiskadee_voice::acoustic::Config;

const STEP: f64 = 2e-3;

#[test]
fn gradients_agree_with_differences() {
    let device = Device::Cpu;
    let speakers = synthetic::speakers();
    let normalization = Normalization::measure(&speakers);
    let weights = normalization.loss_weights(&device).unwrap();
    let batch = Sampler::new(&speakers, &normalization, 5, 4)
        .draw(0, &device)
        .unwrap();
    let (parameters, network) = Parameters::create(&Config::tiny(), 3, &device).unwrap();
    let loss = || losses(&network, &batch, &weights).unwrap().total;
    let gradients = loss().backward().unwrap();
    for (name, var) in parameters.iter() {
        let gradient = gradients
            .get(var)
            .unwrap_or_else(|| panic!("{name} has no gradient"));
        // Along the gradient itself, where the slope is steepest and rounding matters least.
        let norm = gradient
            .sqr()
            .unwrap()
            .sum_all()
            .unwrap()
            .sqrt()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(norm > 1e-5, "{name} gets no gradient");
        let direction = (gradient / f64::from(norm)).unwrap();
        let start = var.as_tensor().copy().unwrap();
        let at = |distance: f64| {
            var.set(&(&start + (&direction * distance).unwrap()).unwrap())
                .unwrap();
            f64::from(loss().to_scalar::<f32>().unwrap())
        };
        let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        var.set(&start).unwrap();
        let error = (slope - f64::from(norm)).abs();
        assert!(
            error < 0.03 * f64::from(norm) + 1e-3,
            "{name}: slope {slope}, gradient {norm}"
        );
    }
}

#[test]
fn the_encoder_of_speakers_is_trained_too() {
    let (parameters, network) = Parameters::create(&Config::tiny(), 3, &Device::Cpu).unwrap();
    let statistics = Tensor::ones(
        (2, kiskadee_voice::speaker::STATISTICS),
        candle_core::DType::F32,
        &Device::Cpu,
    )
    .unwrap();
    let gradients = network
        .encode_speakers(&statistics)
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    let trained = parameters
        .iter()
        .filter(|(name, var)| name.starts_with("encoder.") && gradients.get(var).is_some());
    assert_eq!(trained.count(), 2);
}
