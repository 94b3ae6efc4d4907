//! The reduced model in `tests/golden`, and what the reference made with it.

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{Device, Tensor};
use kiskadee_xtts::{Config, Weights};

pub(crate) fn config() -> Config {
    Config::read(&path("config.json")).unwrap()
}

pub(crate) fn weights(name: &str) -> Weights {
    Weights::open(&path(name), &Device::Cpu).unwrap()
}

pub(crate) fn golden() -> HashMap<String, Tensor> {
    candle_core::safetensors::load(path("golden.safetensors"), &Device::Cpu).unwrap()
}

/// The recording of the voice: 16 bits, mono, 22,050 Hz.
pub(crate) fn recording() -> Vec<f32> {
    let file = std::fs::read(path("ref.wav")).unwrap();
    let data = file.windows(4).position(|tag| tag == b"data").unwrap();
    let samples = file[data + 8..].chunks_exact(2);
    samples
        .map(|bytes| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0)
        .collect()
}

/// Fails if a value is further away than `tolerance` times the largest one that is wanted.
#[track_caller]
pub(crate) fn assert_near(name: &str, found: &Tensor, wanted: &Tensor, tolerance: f32) {
    assert_eq!(found.dims(), wanted.dims(), "{name}");
    let (found, wanted) = (values(found), values(wanted));
    let largest = wanted.iter().fold(0.0f32, |a, b| a.max(b.abs()));
    let pairs = found.iter().zip(&wanted);
    let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let finite = found.iter().all(|value| value.is_finite());
    assert!(
        finite && error <= tolerance * largest,
        "{name} is off by {error:e}, where the largest value is {largest:e}"
    );
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}
