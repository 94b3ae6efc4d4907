//! The net: a spectrum, four convolutions, an LSTM and a sigmoid.

use candle_core::{DType, Device, IndexOp as _, Tensor};
use kiskadee_nn::{Linear, LstmMemory, LstmWeights, StreamedLstm};
use rayon::prelude::*;
use safetensors::SafeTensors;

use super::{CHUNK, stream::SpeechStream};
use crate::DatasetError;

/// Samples of the chunk before that are heard again.
pub(super) const CONTEXT: usize = 64;
/// Mirrored samples behind the chunk.
const MIRRORED: usize = 64;
/// Of the Fourier transform, in samples.
const WINDOW: usize = 256;
const HOP: usize = 128;
/// Spectra of a chunk.
const FRAMES: usize = 4;
const BANDS: usize = WINDOW / 2 + 1;
const UNITS: usize = 128;
/// Kernels of three frames, with one of zeros at either end.
const TAPS: usize = 3;
/// Channels in and out, and the stride.
const CONVOLUTIONS: [(usize, usize, usize); 4] =
    [(BANDS, 128, 1), (128, 64, 2), (64, 64, 2), (64, UNITS, 1)];

/// Hears speech. Built once, shared by all streams; cheap to clone.
#[derive(Clone)]
pub struct SpeechDetector {
    /// `[WINDOW, 2 * BANDS]`: windowed cosines, then sines.
    spectrum: Linear,
    convolutions: Vec<Linear>,
    lstm: StreamedLstm,
    /// `[UNITS, 1]`
    output: Linear,
    device: Device,
}

impl SpeechDetector {
    /// With the weights that come with this crate.
    pub fn built_in(device: &Device) -> Result<Self, DatasetError> {
        Self::load(
            include_bytes!("../../weights/silero_vad.safetensors"),
            device,
        )
    }

    fn load(bytes: &[u8], device: &Device) -> Result<Self, DatasetError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|why| DatasetError::Weights(why.to_string()))?;
        let get = |name: &str, shape: &[usize]| tensor(&file, name, shape, device);
        let gates = 4 * UNITS;
        let spectrum = get("stft.weight", &[2 * BANDS, 1, WINDOW])?
            .squeeze(1)?
            .t()?;
        let nothing = Tensor::zeros(2 * BANDS, DType::F32, device)?;
        let lstm = LstmWeights {
            input: &get("lstm.weight_ih", &[gates, UNITS])?,
            recurrent: &get("lstm.weight_hh", &[gates, UNITS])?,
            bias: &(get("lstm.bias_ih", &[gates])? + get("lstm.bias_hh", &[gates])?)?,
        };
        let output = get("out.weight", &[1, UNITS, 1])?.squeeze(2)?.t()?;
        let convolutions = CONVOLUTIONS
            .iter()
            .enumerate()
            .map(|(i, &(input, output, _))| {
                let weight = get(&format!("conv{i}.weight"), &[output, input, TAPS])?;
                let bias = get(&format!("conv{i}.bias"), &[output])?;
                // Rows are taps with their channels, as `windows` lays them out.
                let rows = weight.permute((2, 1, 0))?.reshape((TAPS * input, output))?;
                Ok(Linear::new(&rows, &bias, DType::F32)?)
            });
        Ok(Self {
            spectrum: Linear::new(&spectrum, &nothing, DType::F32)?,
            convolutions: convolutions.collect::<Result<_, DatasetError>>()?,
            lstm: StreamedLstm::new(&lstm, DType::F32)?,
            output: Linear::new(&output, &get("out.bias", &[1])?, DType::F32)?,
            device: device.clone(),
        })
    }

    /// The probability of speech in each [`CHUNK`] of mono samples at 16 kHz within ±1; the last chunk is filled up with silence.
    pub fn probabilities(&self, samples: &[f32]) -> Result<Vec<f32>, DatasetError> {
        let mut stream = self.stream();
        let mut probabilities = stream.hear(samples)?;
        probabilities.extend(stream.finish()?);
        Ok(probabilities)
    }

    /// The same of several recordings side by side.
    pub fn probabilities_of(&self, recordings: &[&[f32]]) -> Result<Vec<Vec<f32>>, DatasetError> {
        let recordings = recordings.par_iter();
        recordings
            .map(|samples| self.probabilities(samples))
            .collect()
    }

    /// For a recording that comes piece by piece.
    pub fn stream(&self) -> SpeechStream<'_> {
        SpeechStream::new(self)
    }

    pub(super) fn memory(&self) -> LstmMemory {
        self.lstm.memory()
    }

    /// Of whole chunks behind their [`CONTEXT`].
    pub(super) fn read(
        &self,
        samples: &[f32],
        memory: &mut LstmMemory,
    ) -> Result<Vec<f32>, DatasetError> {
        let chunks = (samples.len() - CONTEXT) / CHUNK;
        let mut features = self.magnitudes(samples, chunks)?;
        for (layer, &(_, _, stride)) in self.convolutions.iter().zip(&CONVOLUTIONS) {
            features = convolve(layer, &features, stride)?;
        }
        let states = self.lstm.forward(&features.i((.., 0))?, memory)?;
        let logits = self.output.forward(&states.relu()?)?.flatten_all()?;
        let probabilities = (logits.neg()?.exp()? + 1.0)?.recip()?;
        Ok(probabilities.to_vec1()?)
    }

    /// `[chunk, frame, band]`
    fn magnitudes(&self, samples: &[f32], chunks: usize) -> Result<Tensor, DatasetError> {
        let mut windows = Vec::with_capacity(chunks * FRAMES * WINDOW);
        for chunk in 0..chunks {
            let heard = &samples[chunk * CHUNK..][..CONTEXT + CHUNK];
            let mirrored = heard.iter().rev().skip(1).take(MIRRORED);
            let padded: Vec<f32> = heard.iter().chain(mirrored).copied().collect();
            for frame in 0..FRAMES {
                windows.extend_from_slice(&padded[frame * HOP..][..WINDOW]);
            }
        }
        let windows = Tensor::from_vec(windows, (chunks * FRAMES, WINDOW), &self.device)?;
        let parts = self.spectrum.forward(&windows)?.sqr()?;
        let power = (parts.narrow(1, 0, BANDS)? + parts.narrow(1, BANDS, BANDS)?)?;
        Ok(power.sqrt()?.reshape((chunks, FRAMES, BANDS))?)
    }
}

/// `[chunk, time, channel]` to the same of the next layer. No chunk sees another: between them stand zeros.
fn convolve(layer: &Linear, input: &Tensor, stride: usize) -> Result<Tensor, DatasetError> {
    let (chunks, times, channels) = input.dims3()?;
    let framed = input.pad_with_zeros(1, 1, 1)?;
    let output_times = times.div_ceil(stride);
    let taps = (0..TAPS).map(|tap| {
        let times: Vec<u32> = (0..output_times)
            .map(|t| (t * stride + tap) as u32)
            .collect();
        framed.index_select(&Tensor::new(times, input.device())?, 1)
    });
    let windows = Tensor::cat(&taps.collect::<Result<Vec<_>, _>>()?, 2)?;
    let windows = windows.reshape((chunks * output_times, TAPS * channels))?;
    let output = layer.forward(&windows)?.relu()?;
    let width = output.dim(1)?;
    Ok(output.reshape((chunks, output_times, width))?)
}

fn tensor(
    file: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
    device: &Device,
) -> Result<Tensor, DatasetError> {
    let damaged = |why: String| DatasetError::Weights(format!("{name}: {why}"));
    let view = file.tensor(name).map_err(|why| damaged(why.to_string()))?;
    if view.shape() != shape {
        return Err(damaged(format!("its shape is {:?}", view.shape())));
    }
    let tensor = Tensor::from_raw_buffer(view.data(), DType::F32, shape, &Device::Cpu)?;
    Ok(tensor.to_device(device)?)
}
