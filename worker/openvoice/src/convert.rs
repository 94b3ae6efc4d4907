//! The whole way: samples in, samples out, in windows.

use std::{ops::ControlFlow, path::Path};

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_dsp::{PowerSpectrum, Window};

use crate::config::Config;
use crate::embedding::Embedding;
use crate::error::{OpenVoiceError, Result};
use crate::model::Network;
use crate::noise::normal;

/// Frames of a window.
const WINDOW: usize = 256;
/// Frames on either side that encoder and flow see: 32 in each of three passes.
const CONTEXT: usize = 96;
/// Seconds of a recording that its timbre is taken from at the most.
const REFERENCE_SECONDS: usize = 30;
/// Added to the power before the root.
const FLOOR: f32 = 1e-6;

/// A loaded model; safe to share.
pub struct OpenVoice {
    config: Config,
    network: Network,
    device: Device,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How much chance is in the latents, 0 to 1.
    pub tau: f32,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { tau: 0.3, seed: 0 }
    }
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Samples that were made.
    pub done: usize,
    pub all: usize,
}

impl OpenVoice {
    /// The model in a folder that [`import`](crate::import) made.
    pub fn open(folder: &Path, device: &Device) -> Result<Self> {
        let config = Config::read(&folder.join("config.json"))?;
        let weights = Weights::open(&folder.join("model.safetensors"), device)?;
        Ok(Self {
            network: Network::load(&weights, &config)?,
            config,
            device: device.clone(),
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Hz, of what goes in and what comes out.
    pub fn sample_rate(&self) -> u32 {
        self.config.data.sampling_rate
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The timbre of a recording, by its first 30 s. Errors: fewer samples than a transform has.
    pub fn embed(&self, samples: &[f32]) -> Result<Embedding> {
        let longest = REFERENCE_SECONDS * self.sample_rate() as usize;
        let spectra = self.spectra(&samples[..samples.len().min(longest)])?;
        Embedding::new(self.network.reference.forward(&spectra)?.to_vec1()?)
    }

    /// `samples`, whose timbre is `source`, with the timbre `target`: as many samples. `progress` is asked before each window of 3 s;
    /// [`ControlFlow::Break`] gives [`OpenVoiceError::Cancelled`].
    pub fn convert(
        &self,
        samples: &[f32],
        source: &Embedding,
        target: &Embedding,
        options: &Options,
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        self.convert_by(WINDOW, samples, [source, target], options, progress)
    }

    /// In windows of so many frames.
    pub(crate) fn convert_by(
        &self,
        length: usize,
        samples: &[f32],
        [source, target]: [&Embedding; 2],
        options: &Options,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        let timbres = [self.timbre(source)?, self.timbre(target)?];
        if !(0.0..=1.0).contains(&options.tau) {
            return Err(OpenVoiceError::Input(format!(
                "tau must be from 0 to 1, not {}",
                options.tau
            )));
        }
        let hop = self.config.data.hop_length;
        let frames = samples.len().div_ceil(hop);
        let mut made = Vec::with_capacity(frames * hop);
        for start in (0..frames).step_by(length) {
            let now = Progress {
                done: made.len(),
                all: samples.len(),
            };
            if progress(now).is_break() {
                return Err(OpenVoiceError::Cancelled);
            }
            let window = start..(start + length).min(frames);
            made.extend(self.window(samples, window, frames, &timbres, options)?);
        }
        made.truncate(samples.len());
        Ok(made)
    }

    /// The samples of a window's frames.
    fn window(
        &self,
        samples: &[f32],
        window: std::ops::Range<usize>,
        frames: usize,
        timbres: &[Tensor; 2],
        options: &Options,
    ) -> Result<Vec<f32>> {
        let hop = self.config.data.hop_length;
        let reach = self.config.decoder_reach();
        let decoded = window.start.saturating_sub(reach)..(window.end + reach).min(frames);
        let from = decoded.start.saturating_sub(CONTEXT);
        let to = (decoded.end + CONTEXT).min(frames);
        let spectra = self.spectra_of(samples, from..to)?;
        let noise = normal(
            options.seed,
            from,
            (to - from, self.config.model.inter_channels),
            &self.device,
        )?;
        let latents = self.latents(&spectra, &timbres[0], &noise, options.tau)?;
        let flow = &self.network.flow;
        let moved = flow.backward(&flow.forward(&latents, &timbres[0])?, &timbres[1])?;
        let moved = moved.narrow(0, decoded.start - from, decoded.len())?;
        let shown = self.network.shown(&timbres[1]);
        let made = self.network.decoder.forward(&moved, shown)?;
        let made = made.to_vec1::<f32>()?;
        let start = (window.start - decoded.start) * hop;
        Ok(made[start..start + window.len() * hop].to_vec())
    }

    pub(crate) fn latents(
        &self,
        spectra: &Tensor,
        timbre: &Tensor,
        noise: &Tensor,
        tau: f32,
    ) -> Result<Tensor> {
        let timbre = self.network.shown(timbre);
        let (mean, log_deviation) = self.network.encoder.forward(spectra, timbre)?;
        Ok((mean + (noise * log_deviation.exp()?)?.affine(f64::from(tau), 0.0)?)?)
    }

    pub(crate) fn timbre(&self, embedding: &Embedding) -> Result<Tensor> {
        let (found, wanted) = (embedding.values().len(), self.config.model.gin_channels);
        if found != wanted {
            return Err(OpenVoiceError::Input(format!(
                "a timbre of this model has {wanted} values, not {found}"
            )));
        }
        embedding.tensor(&self.device)
    }

    /// Magnitudes `[time, bins]` of the whole, whose ends are mirrored; a frame for each whole hop.
    pub(crate) fn spectra(&self, samples: &[f32]) -> Result<Tensor> {
        let audio = &self.config.data;
        let margin = (audio.filter_length - audio.hop_length) / 2;
        let spectrum = PowerSpectrum::new(
            audio.filter_length,
            Window::Hann,
            audio.win_length,
            audio.hop_length,
        )
        .with_margin(margin);
        let mut magnitudes = Vec::new();
        let clean: Vec<f32> = samples
            .iter()
            .map(|v| {
                if v.is_finite() {
                    v.clamp(-1.0, 1.0)
                } else {
                    0.0
                }
            })
            .collect();
        spectrum.each_frame(&clean, |_, power| {
            magnitudes.extend(power.iter().map(|power| (power + FLOOR).sqrt()));
        })?;
        let bins = self.config.bins();
        Ok(Tensor::from_vec(magnitudes, ((), bins), &Device::Cpu)?.to_device(&self.device)?)
    }

    /// The same of some frames. What is missing behind the last sample is silence; ends inside the recording are real ones.
    fn spectra_of(&self, samples: &[f32], frames: std::ops::Range<usize>) -> Result<Tensor> {
        let (hop, size) = (self.config.data.hop_length, self.config.data.filter_length);
        // Frames that are looked at beside: their transforms reach over the ends of the piece.
        let beside = size.div_ceil(hop);
        let first = frames.start.saturating_sub(beside);
        let last = (frames.end + beside).min(samples.len().div_ceil(hop));
        let end = (last * hop).min(samples.len());
        let mut piece = samples[first * hop..end].to_vec();
        piece.resize(((last - first) * hop).max(size), 0.0);
        let spectra = self.spectra(&piece)?;
        Ok(spectra.narrow(0, frames.start - first, frames.len())?)
    }
}
