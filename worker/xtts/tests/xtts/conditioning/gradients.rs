//! A training reaches every parameter of what makes the latents of a voice, with the slopes that are there.

use std::collections::HashMap;
use std::sync::Mutex;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use kiskadee_xtts::{ParameterSource, Result, StyleEncoder, Trace, Weights};

use super::fixture;

/// Parameters of a checkpoint as variables.
struct Variables {
    weights: Weights,
    made: Mutex<HashMap<String, Var>>,
}

impl ParameterSource for Variables {
    fn parameter(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let variable = Var::from_tensor(&self.weights.get(name, shape)?)?;
        let tensor = variable.as_tensor().clone();
        self.made.lock().unwrap().insert(name.to_owned(), variable);
        Ok(tensor)
    }
}

/// A number that all latents have a part in.
fn score(style: &StyleEncoder, mel: &Tensor) -> Tensor {
    let latents = style.forward(mel, &mut Trace::none()).unwrap();
    let weights: Vec<f32> = (0..latents.elem_count())
        .map(|i| (i as f32 * 0.7).sin())
        .collect();
    let weights = Tensor::from_vec(weights, latents.shape(), &Device::Cpu).unwrap();
    (latents * weights).unwrap().sum_all().unwrap()
}

/// How much the score changes along a variable's gradient, and how much it should.
fn slopes(style: &StyleEncoder, mel: &Tensor, variable: &Var, gradients: &GradStore) -> (f64, f64) {
    let gradient = gradients.get(variable.as_tensor()).unwrap();
    let length = f64::from(
        gradient
            .sqr()
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap()
            .sqrt(),
    );
    let start = variable.as_tensor().copy().unwrap();
    let at = |step: f64| {
        let moved = (&start + (gradient * (step / length)).unwrap()).unwrap();
        variable.set(&moved).unwrap();
        f64::from(score(style, mel).to_scalar::<f32>().unwrap())
    };
    // Steps that change the score enough to be told from rounding, and too little for the slope to change.
    let step = (0.1 / length).min(1e-2);
    let found = (at(step) - at(-step)) / (2.0 * step);
    variable.set(&start).unwrap();
    (found, length)
}

#[test]
fn gradients_reach_every_parameter_and_are_right() {
    let source = Variables {
        weights: fixture::weights("model.safetensors"),
        made: Mutex::default(),
    };
    let style = StyleEncoder::load(&source, &fixture::config()).unwrap();
    let mel = fixture::golden()["mel.chunk0"].narrow(2, 0, 60).unwrap();
    let gradients = score(&style, &mel).backward().unwrap();
    let variables = source.made.into_inner().unwrap();
    assert_eq!(variables.len(), 54);
    for (name, variable) in &variables {
        let (found, wanted) = slopes(&style, &mel, variable, &gradients);
        assert!(
            (found - wanted).abs() <= 0.05 * wanted + 0.02,
            "{name}: {found} for {wanted}"
        );
    }
}
