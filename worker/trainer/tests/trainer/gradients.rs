//! Every gradient, compared with what the loss does when the parameter moves.

use crate::synthetic;
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use kiskadee_trainer::training::{
    CRITIC, CriticRecipe, JUDGED, Normalization, Parameters, Recipe, Sampler, losses,
};
use kiskadee_voice::acoustic::{Config, Segments};

const STEP: f64 = 2e-3;

fn recipe(critic: Option<CriticRecipe>) -> Recipe {
    Recipe {
        config: Config::tiny(),
        seed: 3,
        critic,
        ..Recipe::default()
    }
}

#[test]
fn gradients_agree_with_differences() {
    let device = Device::Cpu;
    let speakers = synthetic::speakers();
    let normalization = Normalization::measure(&speakers);
    let weights = normalization.loss_weights(&device).unwrap();
    let batch = Sampler::new(&speakers, &normalization, 5, 4)
        .draw(0, &device)
        .unwrap();
    let (parameters, networks) = Parameters::create(&recipe(None), &device).unwrap();
    let network = networks.model;
    let loss = || losses(&network, &batch, &weights).unwrap().total;
    let gradients = loss().backward().unwrap();
    for (name, var) in parameters.iter() {
        agrees(name, var, &gradients, &loss);
    }
}

/// That the gradient is what `loss` does when the parameter moves.
fn agrees(name: &str, var: &Var, gradients: &GradStore, loss: &dyn Fn() -> Tensor) {
    let gradient = gradients
        .get(var)
        .unwrap_or_else(|| panic!("{name} has no gradient"));
    // Along the gradient itself, where the slope is steepest and rounding matters least.
    let norm = gradient.sqr().unwrap().sum_all().unwrap();
    let norm = norm.sqrt().unwrap().to_scalar::<f32>().unwrap();
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

#[test]
fn the_critic_and_the_model_each_learn_from_their_own_loss() {
    let device = Device::Cpu;
    let critic = CriticRecipe {
        from: 0,
        width: 5,
        realism: 1.0,
        likeness: 0.5,
    };
    let (parameters, networks) =
        Parameters::create(&recipe(Some(critic.clone())), &device).unwrap();
    let network = networks.critic.unwrap();
    let frames = |seed: f32| {
        let values = (0..24 * JUDGED).map(|i| (i as f32 * 0.37 + seed).sin());
        Tensor::from_iter(values, &device)
            .unwrap()
            .reshape((24, JUDGED))
            .unwrap()
    };
    let said = frames(0.3);
    let made = Var::from_tensor(&frames(2.0)).unwrap();
    let sentences = Segments::from_lengths([10, 14]);
    let judge = || network.judge(&made, &said, &sentences, &critic).unwrap();
    let gradients = judge().critic.backward().unwrap();
    assert!(
        gradients.get(&made).is_none(),
        "the model learns from the critic's loss"
    );
    for (name, var) in parameters
        .iter()
        .filter(|(name, _)| name.starts_with(CRITIC))
    {
        agrees(name, var, &gradients, &|| judge().critic);
    }
    let gradients = judge().model.backward().unwrap();
    agrees("what was made", &made, &gradients, &|| judge().model);
}

#[test]
fn the_encoder_of_speakers_is_trained_too() {
    let (parameters, networks) = Parameters::create(&recipe(None), &Device::Cpu).unwrap();
    let network = networks.model;
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
