//! Every stage that the fixture holds is that of the reference.

use std::collections::BTreeSet;

use candle_core::{D, DType, Device, Tensor};
use kiskadee_xtts::{
    Conditioning, ConditioningModel, ConditioningOptions, Dvae, LogMel, Trace, mel_scales,
};

use super::fixture;

/// The reference's conditioning was made of chunks of 1 s, and its codes of the first half of a second.
const CHUNK_SECONDS: usize = 1;
const CODED_SAMPLES: usize = 11_025;

fn options() -> ConditioningOptions {
    ConditioningOptions {
        gpt_cond_chunk_seconds: CHUNK_SECONDS,
        ..ConditioningOptions::of(&fixture::config())
    }
}

fn model() -> ConditioningModel {
    ConditioningModel::load(&fixture::weights("model.safetensors"), &fixture::config()).unwrap()
}

fn log_mel(make: fn(&[f32]) -> kiskadee_xtts::Result<LogMel>) -> LogMel {
    make(&mel_scales(&fixture::weights("model.safetensors")).unwrap()).unwrap()
}

#[test]
fn a_voice_is_made_as_the_reference_makes_it() {
    let golden = fixture::golden();
    let mut seen = BTreeSet::new();
    let mut compare = |stage: &str, found: &Tensor| {
        let Some(wanted) = golden.get(stage) else {
            return;
        };
        // Of long sounds the fixture holds the beginning.
        let length = wanted.dim(D::Minus1).unwrap();
        let found = found.narrow(D::Minus1, 0, length).unwrap();
        let tolerance = if stage.starts_with("spk.") {
            1e-4
        } else {
            1e-5
        };
        fixture::assert_near(stage, &found, wanted, tolerance);
        seen.insert(stage.to_owned());
    };
    let recordings = [fixture::recording()];
    let voice = model()
        .condition_traced(&recordings, options(), &mut Trace::to(&mut compare))
        .unwrap();
    let held = |name: &&String| ["mel", "cond", "spk"].contains(&name.split('.').next().unwrap());
    assert_eq!(seen, golden.keys().filter(held).cloned().collect());
    assert!(seen.len() >= 5);
    voice.check(&fixture::config()).unwrap();
    let latents = voice.latents_tensor(&Device::Cpu).unwrap();
    fixture::assert_near("latents", &latents, &golden["cond.gpt_cond_latent"], 1e-5);
    let embedding = voice.embedding_tensor(&Device::Cpu).unwrap();
    fixture::assert_near("embedding", &embedding, &golden["spk.embedding"], 1e-4);
}

#[test]
fn the_codes_of_a_sound_are_those_of_the_reference() {
    let golden = fixture::golden();
    let recording = fixture::recording();
    let mel = log_mel(LogMel::dvae)
        .compute_batch(&[&recording[..CODED_SAMPLES]])
        .unwrap();
    fixture::assert_near("dvae_mel", &mel, &golden["dvae_mel"], 1e-5);

    let sizes = fixture::config().sizes.dvae;
    let dvae = Dvae::load(&fixture::weights("dvae.safetensors"), &sizes).unwrap();
    let mut seen = 0;
    let mut compare = |stage: &str, found: &Tensor| {
        fixture::assert_near(stage, found, &golden[stage], 1e-5);
        seen += 1;
    };
    let codes = dvae.codes(&mel, &mut Trace::to(&mut compare)).unwrap();
    assert_eq!(seen, 6);
    let codes = codes
        .to_dtype(DType::I64)
        .unwrap()
        .to_vec2::<i64>()
        .unwrap();
    assert_eq!(codes, golden["dvae.codes"].to_vec2::<i64>().unwrap());
}

#[test]
fn several_recordings_make_one_voice() {
    let model = model();
    let make = |recordings: &[Vec<f32>]| -> Conditioning {
        model
            .condition_traced(recordings, options(), &mut Trace::none())
            .unwrap()
    };
    let whole = fixture::recording();
    let (first, second) = whole.split_at(15_000);
    let (first, second) = (first.to_vec(), second.to_vec());
    let both = make(&[first.clone(), second.clone()]);
    // The latents are those of the recordings in a row, the embedding is the mean of those of each.
    assert_eq!(both.latents(), make(&[whole]).latents());
    let (first, second) = (make(&[first]), make(&[second]));
    let pairs = first.embedding().iter().zip(second.embedding());
    for (mean, (first, second)) in both.embedding().iter().zip(pairs) {
        assert!((mean - f32::midpoint(*first, *second)).abs() < 1e-6);
    }
}

#[test]
fn a_voice_of_another_model_is_refused() {
    let mut config = fixture::config();
    let voice = model().condition(&[fixture::recording()]).unwrap();
    voice.check(&config).unwrap();
    config.model_args.d_vector_dim += 1;
    let error = voice.check(&config).unwrap_err().to_string();
    assert!(error.contains("another model"), "{error}");
}
