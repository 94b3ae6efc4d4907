//! Every stage beside what the reference made of it: `reference/golden.py`.

use std::{collections::HashMap, ops::ControlFlow, path::Path};

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::parity::Comparisons;

pub use kiskadee_nn::parity::Comparison;

use crate::convert::{OpenVoice, Options};
use crate::embedding::Embedding;
use crate::error::{OpenVoiceError, Result};

/// Of layers, and of the waveform.
const LAYERS: f64 = 2e-5;
const WAVEFORM: f64 = 5e-5;

/// Compares all stages of the model in `folder`, where the reference's script wrote, and shows each.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = read(&folder.join("golden.safetensors"))?;
    let model = OpenVoice::open(folder, device)?;
    let given = |name: &str| -> Result<Tensor> {
        let found = golden.get(name).cloned();
        let found =
            found.ok_or_else(|| OpenVoiceError::file(folder, format!("there is no `{name}`")))?;
        Ok(found.to_device(device)?)
    };
    let samples = given("samples")?.to_vec1::<f32>()?;
    let mut stages = Comparisons::new(&golden, show);
    let spectra = model.spectra(&samples)?;
    stages.tensor("spectra", &spectra, LAYERS)?;
    let mut timbre = |name: &str, of: &str| -> Result<Tensor> {
        let embedding = model.embed(&given(of)?.to_vec1::<f32>()?)?;
        let found = model.timbre(&embedding)?;
        stages.tensor(name, &found, LAYERS)?;
        Ok(found)
    };
    let source = timbre("source", "samples")?;
    let target = timbre("target", "reference")?;
    let network = model.network();
    let (mean, deviation) = network.encoder.forward(&spectra, network.shown(&source))?;
    stages.tensor("mean", &mean, LAYERS)?;
    stages.tensor("log_deviation", &deviation, LAYERS)?;
    let tau = given("tau")?.to_vec1::<f32>()?;
    let tau = tau.first().copied().unwrap_or_default();
    let latents = model.latents(&spectra, &source, &given("noise")?, tau)?;
    stages.tensor("latents", &latents, LAYERS)?;
    let without = network.flow.forward(&latents, &source)?;
    stages.tensor("without timbre", &without, LAYERS)?;
    let moved = network.flow.backward(&without, &target)?;
    stages.tensor("with timbre", &moved, LAYERS)?;
    let waveform = network.decoder.forward(&moved, network.shown(&target))?;
    stages.tensor("waveform", &waveform, WAVEFORM)?;
    Ok(())
}

/// The largest difference between a conversion in windows of `length` frames and one at once.
pub fn windows(
    model: &OpenVoice,
    length: usize,
    samples: &[f32],
    timbres: [&Embedding; 2],
) -> Result<f32> {
    let options = Options::default();
    let converted = |length| {
        model.convert_by(length, samples, timbres, &options, |_| {
            ControlFlow::Continue(())
        })
    };
    let (parts, whole) = (converted(length.max(1))?, converted(samples.len().max(1))?);
    let differences = parts.iter().zip(&whole).map(|(a, b)| (a - b).abs());
    Ok(differences.fold(0.0, f32::max))
}

fn read(path: &Path) -> Result<HashMap<String, Tensor>> {
    let weights = Weights::open(path, &Device::Cpu)?;
    let names = weights.names().into_iter();
    let tensors = names.map(|name| {
        let shape = weights.shape(&name)?;
        let tensor = weights.get(&name, shape)?;
        Ok((name, tensor))
    });
    tensors.collect()
}
