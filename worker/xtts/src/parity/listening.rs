//! What the model learns of a voice: spectrograms, the conditioning encoder, the speaker encoder; and the codes of the DVAE.

use std::path::Path;

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;

use super::{Comparisons, Golden};
use crate::{
    conditioning::ConditioningOptions,
    dvae::Dvae,
    error::{Result, XttsError},
    mel::{LogMel, mel_scales},
    parameters::Trace,
};

const THRESHOLD: f64 = 1e-5;
/// Rounding in the resampler and the logarithms of small values.
const SPEAKER_THRESHOLD: f64 = 1e-4;
/// Seconds of a chunk of the recording, where the folder does not say.
const CHUNK_SECONDS: usize = 2;

pub(super) fn compare(
    folder: &Path,
    golden: &Golden,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    let recording = recording(folder, golden)?;
    let conditioning = golden.model.conditioning();
    let options = ConditioningOptions {
        gpt_cond_chunk_seconds: golden.fact("chunk_seconds", CHUNK_SECONDS),
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
        // A small folder keeps no more than the beginning of the longest stage.
        let stage = match golden.tensors.get(&name) {
            Some(kept) if name == "spk.wav_16000" && kept.dim(1)? < stage.dim(1)? => {
                stage.narrow(1, 0, kept.dim(1)?)?
            }
            _ => stage,
        };
        comparisons.tensor(&name, &stage, threshold)?;
    }
    Ok(())
}

/// Mono at 22,050 Hz.
fn recording(folder: &Path, golden: &Golden) -> Result<Vec<f32>> {
    if golden.has("in.ref_wav_22050") {
        return golden.floats("in.ref_wav_22050");
    }
    let path = folder.join("ref.wav");
    let failed = |error: hound::Error| XttsError::file(&path, error);
    let mut reader = hound::WavReader::open(&path).map_err(failed)?;
    let samples: Result<Vec<f32>, _> = match reader.spec().sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect(),
        hound::SampleFormat::Int => {
            let scale = f32::from(i16::MAX) + 1.0;
            let samples = reader.samples::<i16>();
            samples
                .map(|sample| Ok(f32::from(sample?) / scale))
                .collect()
        }
    };
    samples.map_err(failed)
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
    comparisons.exact("dvae.codes", &codes, &golden.ids("dvae.codes")?);
    Ok(())
}
