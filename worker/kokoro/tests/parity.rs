//! Every stage beside the reference's, on the small model in `tests/golden`, and what the model's public face promises.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its files are not there"
)]

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_kokoro::parity::{Comparison, compare};
use kiskadee_kokoro::{Config, Kokoro, KokoroError, Speech, TokenFactors, Utterance};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn model() -> Kokoro {
    let config = Config::read(&golden().join("config.json")).unwrap();
    let weights = Weights::open(&golden().join("weights.safetensors"), &Device::Cpu).unwrap();
    Kokoro::new(config, &weights).unwrap()
}

fn style() -> Vec<f32> {
    let tensors = candle_core::safetensors::load(golden().join("golden.safetensors"), &Device::Cpu);
    let style: &Tensor = &tensors.unwrap()["style"];
    style.flatten_all().unwrap().to_vec1().unwrap()
}

const IDS: [u32; 7] = [50, 83, 54, 156, 31, 16, 65];

fn speech_of(seed: u64, pace: f32, factors: &[TokenFactors]) -> Result<Speech, KokoroError> {
    model().speak(&Utterance {
        ids: &IDS,
        style: &style(),
        speed: pace,
        factors,
        seed,
    })
}

#[test]
fn every_stage_matches_the_reference() {
    let mut comparisons: Vec<Comparison> = Vec::new();
    compare(&golden(), &Device::Cpu, &mut |comparison| {
        comparisons.push(comparison.clone());
    })
    .unwrap();
    let failed: Vec<_> = comparisons.iter().filter(|stage| !stage.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let compared = |stage: &str| comparisons.iter().any(|found| found.stage == stage);
    for stage in [
        "bert.layer.2",
        "bert_encoder",
        "predictor.text_encoder.lstms.5",
        "pred_dur",
        "predictor.F0_proj",
        "predictor.N_proj",
        "text_encoder",
        "decoder.decode.3",
        "sines",
        "har.phase",
        "decoder.generator.noise_res.0",
        "decoder.generator.resblocks.5",
        "decoder.generator.conv_post",
        "audio",
    ] {
        assert!(compared(stage), "{stage} was not compared");
    }
}

#[test]
fn the_same_seed_gives_the_same_samples() {
    let speech = speech_of(7, 1.0, &[]).unwrap();
    assert_eq!(speech, speech_of(7, 1.0, &[]).unwrap());
    assert_ne!(speech.samples, speech_of(8, 1.0, &[]).unwrap().samples);
    let frames: u32 = speech.frames.iter().sum();
    assert_eq!(speech.frames.len(), IDS.len() + 2);
    assert_eq!(speech.samples.len(), frames as usize * 600);
}

#[test]
fn factors_change_their_own_tokens_only() {
    let plain = speech_of(7, 1.0, &[]).unwrap();
    let mut factors = [TokenFactors::default(); IDS.len()];
    assert_eq!(plain, speech_of(7, 1.0, &factors).unwrap());
    factors[3].speed = 0.25;
    let slow = speech_of(7, 1.0, &factors).unwrap();
    assert!(slow.frames[4] > 3 * plain.frames[4]);
    assert_eq!(slow.frames[5..], plain.frames[5..]);
    factors[3].pitch = 1.3;
    assert_ne!(slow.samples, speech_of(7, 1.0, &factors).unwrap().samples);
}

#[test]
fn what_cannot_be_spoken_is_refused() {
    let (model, style) = (model(), style());
    let utterance = |ids| Utterance {
        ids,
        style: &style,
        speed: 1.0,
        factors: &[],
        seed: 1,
    };
    let refused =
        |utterance: &Utterance<'_>| matches!(model.speak(utterance), Err(KokoroError::Input(_)));
    assert!(refused(&utterance(&[])));
    assert!(refused(&utterance(&[178])));
    assert!(
        refused(&utterance(&[1; 63])),
        "more than there are positions"
    );
    let ids = utterance(&IDS);
    assert!(refused(&Utterance { speed: 0.0, ..ids }));
    assert!(refused(&Utterance {
        speed: f32::NAN,
        ..ids
    }));
    assert!(refused(&Utterance {
        style: &style[1..],
        ..ids
    }));
    let factors = [TokenFactors::default()];
    assert!(refused(&Utterance {
        factors: &factors,
        ..ids
    }));
    let long = Utterance {
        speed: 0.1,
        ..utterance(&[50; 62])
    };
    assert!(refused(&long), "more than a minute");
}

#[test]
fn faults_of_a_configuration_are_named() {
    let text = std::fs::read_to_string(golden().join("config.json")).unwrap();
    let fault = |from: &str, to: &str| Config::parse(&text.replacen(from, to, 1)).unwrap_err();
    assert!(fault("\"n_token\"", "\"token\"").contains("n_token"));
    assert!(fault("\"n_layer\": 3", "\"n_layer\": 0").contains("n_layer"));
    assert!(fault("{", "{\"vocab\": {\"a\": 178},").contains("`a` has the id 178"));
    assert!(fault("{", "{\"vocab\": {\"ab\": 17},").contains("`ab`"));
}
