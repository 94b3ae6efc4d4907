//! Compares every stage of a voice with golden vectors of the reference.
//!
//! A golden folder is what `reference/golden.py` writes: a published voice (`voice.onnx`, `voice.onnx.json`), and what its graph made of
//! some ids and of given noise (`golden.safetensors`). Thresholds are relative to the largest value of a stage.

mod golden;

use std::{collections::BTreeMap, path::Path};

use candle_core::{D, Device, Tensor};

use kiskadee_nn::parity::Comparisons;
pub use kiskadee_nn::parity::{Comparison, Difference};

use self::golden::{Golden, compact};
use crate::{
    config::Scales,
    error::Result,
    model::{Utterance, frames_of},
    trace::Trace,
};

const THRESHOLD: f64 = 1e-4;
/// Splines are steep in places.
const DURATION_THRESHOLD: f64 = 1e-3;
const WAVE_THRESHOLD: f64 = 2e-4;
/// Frames of a piece, of which the stages must not depend.
const PIECE: usize = 7;

/// Runs all stages, and shows each comparison as it is made. Fails only where the folder cannot be used.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = Golden::open(folder, device)?;
    let mut comparisons = Comparisons::new(&golden.stages, show);
    let ids = golden.whole("ids")?;
    let voice = &golden.voice;
    let speaker = match golden.whole("sid")?.first() {
        Some(number) if voice.config().sizes.speakers > 0 => {
            voice.speaker(&[(*number as usize, 1.0)])?
        }
        _ => voice.default_speaker()?,
    };
    let scales = golden.scales()?;
    let utterance = Utterance {
        scales: Some(scales),
        ..Utterance::new(&ids, &speaker, 0)
    };
    compare_frames(&golden, &utterance, scales, &mut comparisons)?;

    let mut pieces: BTreeMap<String, Vec<Tensor>> = BTreeMap::new();
    let mut keep = |name: &str, piece: &Tensor| {
        pieces
            .entry(name.to_owned())
            .or_default()
            .push(piece.clone());
    };
    let mut trace = Trace::to(&mut keep);
    let frames = golden.whole("w_ceil")?;
    let mut speech = voice.speak_traced(&utterance, &golden.noise()?, Some(frames), &mut trace)?;
    let mut wave = Vec::new();
    while !speech.is_done() {
        wave.extend(speech.advance(PIECE, &mut trace)?);
    }
    for (name, pieces) in pieces {
        let stage = channels_first(&name, &pieces)?;
        let durations = name.starts_with("dp.flows") || name.starts_with("logw");
        let threshold = if durations {
            DURATION_THRESHOLD
        } else {
            THRESHOLD
        };
        comparisons.tensor(&name, &compact(&stage)?, threshold)?;
    }
    comparisons.values("output", &wave, WAVE_THRESHOLD)?;
    Ok(())
}

/// How long ids last, from the golden logarithms: near whole numbers the last bit decides.
fn compare_frames(
    golden: &Golden,
    utterance: &Utterance<'_>,
    scales: Scales,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    let logarithms: Vec<f32> = golden.tensor("logw")?.flatten_all()?.to_vec1()?;
    let frames = frames_of(&logarithms, utterance, scales.length_scale)?;
    comparisons.exact("w_ceil", &frames, &golden.whole("w_ceil")?);
    Ok(())
}

/// The pieces of a stage, `[time, channel]`, as the reference has them. Shares of attention stay as they are.
fn channels_first(name: &str, pieces: &[Tensor]) -> Result<Tensor> {
    if name.ends_with(".softmax") {
        return Ok(Tensor::cat(pieces, 0)?);
    }
    Ok(Tensor::cat(pieces, 0)?
        .transpose(0, D::Minus1)?
        .contiguous()?)
}
