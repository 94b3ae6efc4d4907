//! What the model learns of a voice: spectrograms, the conditioning encoder, the speaker encoder; and the codes of the DVAE.

use std::path::Path;

use candle_core::{Device, Tensor};

use super::{Comparisons, Golden};
use crate::{
    conditioning::ConditioningOptions,
    dvae::Dvae,
    error::Result,
    mel::{LogMel, mel_scales},
    parameters::Trace,
    weights::Weights,
};

const THRESHOLD: f64 = 1e-5;
/// Rounding in the resampler and the logarithms of small values.
const SPEAKER_THRESHOLD: f64 = 1e-4;
/// Seconds of a chunk in the golden recording.
const CHUNK: usize = 2;

pub(super) fn compare(golden: &Golden, comparisons: &mut Comparisons<'_>) -> Result<()> {
    let recording = golden.floats("in.ref_wav_22050")?;
    let conditioning = golden.model.conditioning();
    let options = ConditioningOptions {
        gpt_cond_chunk_seconds: CHUNK,
        ..ConditioningOptions::of(golden.model.config())
    };
    let mut stages: Vec<(String, Tensor)> = Vec::new();
    let mut keep = |name: &str, stage: &Tensor| stages.push((name.to_owned(), stage.clone()));
    conditioning.condition_traced(&[recording], options, &mut Trace::to(&mut keep))?;
    for (name, stage) in stages {
        let threshold = if name.starts_with("spk.") {
            SPEAKER_THRESHOLD
        } else {
            THRESHOLD
        };
        comparisons.tensor(&name, &stage, threshold)?;
    }
    Ok(())
}

/// The codes that training learns from.
pub(super) fn compare_codes(
    folder: &Path,
    golden: &Golden,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    let path = folder.join("dvae.safetensors");
    if !path.exists() || !golden.has("dvae_mel") {
        return Ok(());
    }
    let mel = golden.tensor("dvae_mel")?;
    if golden.has("in.wavs") {
        let scales = mel_scales(&golden.weights)?;
        let recordings = golden.tensor("in.wavs")?.squeeze(1)?.to_vec2::<f32>()?;
        let recordings: Vec<&[f32]> = recordings.iter().map(Vec::as_slice).collect();
        let found = LogMel::dvae(&scales)?.compute_batch(&recordings)?;
        comparisons.tensor("dvae_mel", &found, THRESHOLD)?;
    }
    let sizes = &golden.model.config().sizes.dvae;
    let dvae = Dvae::load(&Weights::open(&path, &Device::Cpu)?, sizes)?;
    let mut stages: Vec<(String, Tensor)> = Vec::new();
    let mut keep = |name: &str, stage: &Tensor| stages.push((name.to_owned(), stage.clone()));
    let codes = dvae.codes(&mel, &mut Trace::to(&mut keep))?;
    for (name, stage) in stages.iter().filter(|(name, _)| name != "dvae.codes") {
        comparisons.tensor(name, stage, THRESHOLD)?;
    }
    let codes: Vec<u32> = codes.flatten_all()?.to_vec1()?;
    comparisons.ids("dvae.codes", &codes, &golden.ids("dvae.codes")?);
    Ok(())
}
