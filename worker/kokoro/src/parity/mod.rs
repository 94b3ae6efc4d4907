//! Compares every stage of the model with golden vectors of the reference implementation.
//!
//! A golden folder is what `reference/golden.py` writes: the tensors that the reference made of a model, random or real, and of chance
//! that was drawn there. Thresholds are relative to the largest value of a stage. What an error would be carried into without end, as from
//! a pitch into the phases of its sines, is taken from the folder for the stages behind.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;

use kiskadee_nn::parity::Comparisons;
pub use kiskadee_nn::parity::{Comparison, Difference};

use crate::config::Config;
use crate::error::{KokoroError, Result};
use crate::model::{Kokoro, Read, Style, Trace, frames, tokens};

const THRESHOLD: f64 = 1e-5;
/// Of recurrent stages, of what is normed over time, and of everything behind them.
const NORMED_THRESHOLD: f64 = 1e-4;
/// At least; the reference runs its phases in f32, whose steps grow with them, while ours are exact.
const SINES_THRESHOLD: f64 = 3e-3;
const WAVE_THRESHOLD: f64 = 1e-4;
/// Magnitude below which a spectrum's phase means nothing, and the phase's threshold in radians.
const LEAST_MAGNITUDE: f32 = 1e-4;
const PHASE_THRESHOLD: f32 = 1e-2;

/// A golden folder in memory.
struct Golden {
    tensors: HashMap<String, Tensor>,
    model: Kokoro,
}

/// Runs all stages, and shows each comparison as it is made. Fails only where the folder cannot be used.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = Golden::open(folder, device)?;
    let mut comparisons = Comparisons::new(&golden.tensors, show);
    let style = golden.model.style(&golden.floats("style")?)?;
    let (read, tokens) = golden.compare_reading(&style, &mut comparisons)?;
    let hidden = golden.compare_decoding(&read, &tokens, &style, &mut comparisons)?;
    let source = golden.compare_source(&mut comparisons)?;
    let model = &golden.model;
    let samples = traced(&mut comparisons, |trace| {
        model.generate(&hidden, source, &style, trace)
    })?;
    comparisons.values("audio", &samples, WAVE_THRESHOLD)?;
    Ok(())
}

impl Golden {
    fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join("golden.safetensors");
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
        let tensors = tensors.into_iter().map(|(name, tensor)| {
            Ok(match tensor.dims() {
                // A batch of one, which our stages do without.
                [1, _, _] => (name, tensor.squeeze(0)?),
                _ => (name, tensor),
            })
        });
        let config = Config::read(&folder.join("config.json"))?;
        let weights = Weights::open(&folder.join("weights.safetensors"), device)?;
        Ok(Self {
            tensors: tensors.collect::<Result<_>>()?,
            model: Kokoro::new(config, &weights)?,
        })
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.tensors.get(name);
        let missing = || KokoroError::tensor(name, "is not in the golden folder");
        let tensor = tensor.ok_or_else(missing)?.to_dtype(DType::F32)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    }

    fn whole_numbers(&self, name: &str) -> Result<Vec<u32>> {
        let numbers = self.floats(name)?;
        Ok(numbers.into_iter().map(|number| number as u32).collect())
    }

    /// From ids to durations.
    fn compare_reading(
        &self,
        style: &Style,
        comparisons: &mut Comparisons<'_>,
    ) -> Result<(Read, Vec<u32>)> {
        let ids = self.whole_numbers("ids")?;
        let read = traced(comparisons, |trace| self.model.read(&ids, style, trace))?;
        let speed = self.floats("speed")?.into_iter().sum();
        let expected = self.whole_numbers("pred_dur")?;
        comparisons.exact("pred_dur", &frames(&read.durations, speed, &[]), &expected);
        Ok((read, tokens(&expected)))
    }

    /// From durations to the decoder's output.
    fn compare_decoding(
        &self,
        read: &Read,
        tokens: &[u32],
        style: &Style,
        comparisons: &mut Comparisons<'_>,
    ) -> Result<Tensor> {
        traced(comparisons, |trace| {
            let (pitch, loudness) = self.model.curves(read, tokens, style, trace)?;
            let curves = (&pitch, &loudness);
            self.model.decode(read, tokens, curves, style, trace)
        })
    }

    /// The source from the folder's pitch; its spectra, which the generator goes on with, are the folder's.
    fn compare_source(&self, comparisons: &mut Comparisons<'_>) -> Result<Vec<f32>> {
        let (source, transform) = (&self.model.source, &self.model.transform);
        let pitch = self.floats("predictor.F0_proj")?;
        let sines = source.sines(&pitch, &self.floats("chance.noise")?);
        let threshold = SINES_THRESHOLD.max(source.rounding_in_f32(&pitch));
        comparisons.values("sines", &sines, threshold)?;
        let samples = source.heard(&self.floats("sines")?);
        comparisons.values("source", &samples, THRESHOLD)?;
        let bins = transform.bins();
        let spectra = transform.forward(&samples);
        let part = |place: usize| -> Vec<f32> {
            let rows = (place..place + bins)
                .map(|bin| spectra.iter().skip(bin).step_by(2 * bins).copied());
            rows.flatten().collect()
        };
        comparisons.values("har.magnitude", &part(0), THRESHOLD)?;
        let (magnitudes, phases) = (self.floats("har.magnitude")?, self.floats("har.phase")?);
        compare_phases(comparisons, &part(bins), &phases, &magnitudes);
        let steps = magnitudes.len() / bins;
        let spectrum = |step: usize| {
            let column = move |values: &[f32]| -> Vec<f32> {
                (0..bins).map(|bin| values[bin * steps + step]).collect()
            };
            [column(&magnitudes), column(&phases)].concat()
        };
        Ok((0..steps).flat_map(spectrum).collect())
    }
}

/// Phases are compared on the circle, where there is a magnitude.
fn compare_phases(
    comparisons: &mut Comparisons<'_>,
    found: &[f32],
    expected: &[f32],
    magnitudes: &[f32],
) {
    let off = |((found, expected), magnitude): ((&f32, &f32), &f32)| {
        let turns = (found - expected) / std::f32::consts::TAU;
        let off = (turns - turns.round()).abs() * std::f32::consts::TAU;
        // An energy that is hardly there has a phase that is as uncertain.
        *magnitude > LEAST_MAGNITUDE && off > PHASE_THRESHOLD
    };
    let off = found.iter().zip(expected).zip(magnitudes).map(off);
    let off: Vec<u32> = off.map(u32::from).collect();
    comparisons.exact("har.phase", &off, &vec![0; expected.len()]);
}

/// Runs some stages, and compares what they show.
fn traced<T>(
    comparisons: &mut Comparisons<'_>,
    run: impl FnOnce(&mut Trace<'_>) -> Result<T>,
) -> Result<T> {
    let mut stages: Vec<(String, Tensor)> = Vec::new();
    let mut keep = |name: &str, stage: &Tensor| stages.push((name.to_owned(), stage.clone()));
    let result = run(&mut Trace::to(&mut keep))?;
    for (name, stage) in stages {
        let plain = ["bert", "text_encoder.cnn"];
        let plain = plain.iter().any(|prefix| name.starts_with(prefix));
        let threshold = if plain { THRESHOLD } else { NORMED_THRESHOLD };
        comparisons.tensor(&name, &stage, threshold)?;
    }
    Ok(result)
}
