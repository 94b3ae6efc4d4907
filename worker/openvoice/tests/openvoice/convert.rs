//! What a caller sees.

use std::{fs, ops::ControlFlow};

use candle_core::Device;
use kiskadee_openvoice::{Embedding, OpenVoice, OpenVoiceError, Options, import, parity};

use super::random;

fn model() -> OpenVoice {
    let folder = tempfile::tempdir().unwrap();
    random::write(folder.path(), &[]);
    let target = folder.path().join("model");
    import(&folder.path().join("checkpoint.safetensors"), &target).unwrap();
    OpenVoice::open(&target, &Device::Cpu).unwrap()
}

fn sound(count: usize, hertz: f32) -> Vec<f32> {
    let turn = std::f32::consts::TAU * hertz / 22_050.0;
    (0..count)
        .map(|n| 0.3 * (turn * n as f32).sin() * (turn * 0.013 * n as f32).cos())
        .collect()
}

fn convert(model: &OpenVoice, samples: &[f32], seed: u64) -> Vec<f32> {
    let [from, to] = [130.0, 310.0].map(|hertz| model.embed(&sound(9_000, hertz)).unwrap());
    let options = Options {
        seed,
        ..Options::default()
    };
    model
        .convert(samples, &from, &to, &options, |_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn as_many_samples_come_out_and_the_same_ones_for_the_same_seed() {
    let model = model();
    let samples = sound(10_007, 130.0);
    let made = convert(&model, &samples, 3);
    assert_eq!(made.len(), samples.len());
    assert!(made.iter().all(|v| v.is_finite() && v.abs() <= 1.0));
    assert!(made == convert(&model, &samples, 3));
    assert!(made != convert(&model, &samples, 4));
}

#[test]
fn windows_give_what_the_whole_gives() {
    let model = model();
    let [from, to] = [130.0, 310.0].map(|hertz| model.embed(&sound(9_000, hertz)).unwrap());
    let samples = sound(16 * 900 + 5, 130.0);
    let difference = parity::windows(&model, 64, &samples, [&from, &to]).unwrap();
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn any_samples_give_finite_ones_or_a_reason() {
    let model = model();
    for samples in [
        vec![],
        vec![0.5],
        vec![0.1; 3],
        vec![f32::NAN; 2_000],
        vec![0.0; 5_000],
        vec![1e30; 300],
    ] {
        let made = convert(&model, &samples, 0);
        assert_eq!(made.len(), samples.len());
        assert!(made.iter().all(|v| v.is_finite()));
    }
    assert!(matches!(
        model.embed(&[0.1; 3]),
        Err(OpenVoiceError::Input(_))
    ));
}

#[test]
fn what_does_not_fit_is_refused_and_cancelling_stops() {
    let model = model();
    let own = model.embed(&sound(9_000, 130.0)).unwrap();
    let other = Embedding::new(vec![0.0; 5]).unwrap();
    let samples = sound(10_000, 130.0);
    let go_on = |_| ControlFlow::Continue(());
    let refused = model
        .convert(&samples, &own, &other, &Options::default(), go_on)
        .unwrap_err();
    assert!(refused.to_string().contains("6 values, not 5"), "{refused}");
    let wild = Options {
        tau: f32::NAN,
        seed: 0,
    };
    assert!(model.convert(&samples, &own, &own, &wild, go_on).is_err());
    let stop = |_| ControlFlow::Break(());
    let stopped = model.convert(&samples, &own, &own, &Options::default(), stop);
    assert!(matches!(stopped, Err(OpenVoiceError::Cancelled)));
    assert!(Embedding::new(vec![f32::INFINITY]).is_err());
}

#[test]
fn a_checkpoint_that_lacks_something_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    random::write(folder.path(), &["dec.ups.1.weight"]);
    let (checkpoint, target) = (
        folder.path().join("checkpoint.safetensors"),
        folder.path().join("model"),
    );
    let refused = import(&checkpoint, &target).unwrap_err().to_string();
    assert!(refused.contains("dec.ups.1.weight"), "{refused}");
    assert!(!target.exists());
    let huge = random::CONFIG.replace("\"inter_channels\": 8", "\"inter_channels\": 1000000000");
    fs::write(folder.path().join("config.json"), huge).unwrap();
    let refused = import(&checkpoint, &target).unwrap_err().to_string();
    assert!(refused.contains("channels"), "{refused}");
}
