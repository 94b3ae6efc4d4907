//! One utterance on its way through the vocoder.

use std::sync::Arc;

use candle_core::Tensor;
use kiskadee_nn::{
    Extras,
    stream::{Delay, ResidualStream, UpsamplingStream},
};

use super::{Interpolation, LAST_SLOPE, Rates, Stage, Vocoder, VocoderVoice};
use crate::{error::Result, parameters::Trace};

/// Codes whose hidden states go through the network together: what belongs to them stays in a core's cache.
const CODES_AT_ONCE: usize = 16;

/// The state of an utterance. Give it all hidden states in pieces of any size; the samples do not depend on how they are cut.
pub(crate) struct VocoderStream {
    vocoder: Arc<Vocoder>,
    voice: VocoderVoice,
    interpolations: Vec<Interpolation>,
    before: Delay,
    stages: Vec<StageStream>,
    after: Delay,
}

struct StageStream {
    upsampling: UpsamplingStream,
    blocks: Vec<ResidualStream>,
    /// What blocks with a shorter reach have made before the others.
    made: Vec<Delay>,
}

impl VocoderStream {
    /// `speed` is 1.0 for the voice's own pace, 2.0 for twice as fast.
    pub(crate) fn new(vocoder: &Arc<Vocoder>, voice: &VocoderVoice, speed: f64) -> Self {
        let stages = vocoder.stages.iter().map(|stage| StageStream {
            upsampling: UpsamplingStream::default(),
            blocks: stage.blocks.iter().map(ResidualStream::new).collect(),
            made: stage.blocks.iter().map(|_| Delay::default()).collect(),
        });
        Self {
            voice: voice.clone(),
            interpolations: interpolations(vocoder.rates, speed),
            before: Delay::padded(vocoder.before.reach() / 2),
            stages: stages.collect(),
            after: Delay::padded(vocoder.after.reach() / 2),
            vocoder: Arc::clone(vocoder),
        }
    }

    /// The samples that are ready with the next hidden states `[codes, channels]`. `last` ends the utterance.
    pub(crate) fn push(&mut self, states: &Tensor, last: bool) -> Result<Vec<f32>> {
        self.push_traced(states, last, &mut Trace::none())
    }

    /// The same, with the pieces of each stage shown.
    pub(crate) fn push_traced(
        &mut self,
        states: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let states = states.to_dtype(self.vocoder.dtype)?;
        let codes = states.dim(0)?;
        let mut samples = Vec::new();
        let mut first = 0;
        loop {
            let count = CODES_AT_ONCE.min(codes - first);
            let part = states.narrow(0, first, count)?;
            first += count;
            let done = first == codes;
            if let Some(part) = self.frames(part, last && done, trace)? {
                samples.extend(self.decode(&part, last && done, trace)?);
            }
            if done {
                return Ok(samples);
            }
        }
    }

    /// Hidden states at the rate of the network's frames.
    fn frames(
        &mut self,
        states: Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let mut rows = states;
        for (number, interpolation) in self.interpolations.iter_mut().enumerate() {
            rows = interpolation.push(&rows, last)?;
            trace.show(format!("dec.interp{number}"), || channels_first(&rows))?;
        }
        Ok((last || rows.dim(0)? > 0).then_some(rows))
    }

    fn decode(&mut self, frames: &Tensor, last: bool, trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let Self { vocoder, voice, .. } = self;
        let input = self.before.take_padded(frames, &vocoder.before, last)?;
        let Some(input) = input else {
            return Ok(Vec::new());
        };
        let mut rows = vocoder
            .before
            .forward(&input, &voice.before, Extras::default())?;
        trace.show("dec.conv_pre", || {
            rows.broadcast_sub(&(&voice.before - &vocoder.before_bias)?)?
                .t()
        })?;
        let stages = vocoder.stages.iter().zip(&mut self.stages).enumerate();
        for ((number, (stage, stream)), bias) in stages.zip(&voice.stages) {
            let raised = stream
                .upsampling
                .push(&stage.upsampling, &rows, bias, last)?;
            let Some(raised) = raised else {
                return Ok(Vec::new());
            };
            trace.show(format!("dec.ups{number}"), || {
                channels_first(&raised.broadcast_sub(&(bias - stage.upsampling.bias())?)?)
            })?;
            let Some(mean) = stream.blocks(stage, number, &raised, last, trace)? else {
                return Ok(Vec::new());
            };
            rows = mean;
        }
        let input = self.after.take_padded(&rows, &vocoder.after, last)?;
        let Some(input) = input else {
            return Ok(Vec::new());
        };
        let silence = Tensor::zeros(1, vocoder.dtype, input.device())?;
        let extras = Extras {
            slope: Some(LAST_SLOPE),
            residual: None,
        };
        let samples = vocoder.after.forward(&input, &silence, extras)?.tanh()?;
        let samples = samples.flatten_all()?.to_dtype(candle_core::DType::F32)?;
        Ok(samples.to_vec1()?)
    }
}

impl StageStream {
    /// The mean of all blocks, as far as all have come.
    fn blocks(
        &mut self,
        stage: &Stage,
        number: usize,
        rows: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let streams = self.blocks.iter_mut().zip(&mut self.made);
        for (place, (block, (stream, made))) in stage.blocks.iter().zip(streams).enumerate() {
            if let Some(rows) = stream.push(block, rows, last)? {
                let block = number * stage.blocks.len() + place;
                trace.show(format!("dec.res{block}"), || channels_first(&rows))?;
                made.append(&rows)?;
            }
        }
        let ready = self.made.iter().map(Delay::len).min().unwrap_or(0);
        let mut sum: Option<Tensor> = None;
        for made in &mut self.made {
            let Some(rows) = made.take(ready)? else {
                return Ok(None);
            };
            sum = Some(match sum {
                Some(sum) => (sum + rows)?,
                None => rows,
            });
        }
        let count = stage.blocks.len() as f64;
        sum.map(|sum| Ok((sum / count)?)).transpose()
    }
}

/// `[time, channel]` as the reference has it, `[1, channel, time]`.
fn channels_first(rows: &Tensor) -> candle_core::Result<Tensor> {
    rows.t()?.unsqueeze(0)
}

/// To the voice's pace, to the frames of the input rate, to those of the output rate.
fn interpolations(Rates { frames, resampling }: Rates, speed: f64) -> Vec<Interpolation> {
    let pace = ((speed - 1.0).abs() > 1e-3).then(|| Interpolation::new(1.0 / speed.max(0.05)));
    let to_frames = [Interpolation::new(frames), Interpolation::new(resampling)];
    pace.into_iter().chain(to_frames).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use candle_core::{DType, Device};
    use kiskadee_checkpoint::Weights;

    use super::*;
    use crate::config::Config;

    #[test]
    fn samples_do_not_depend_on_how_the_states_are_cut() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let config = Config::read(&golden.join("config.json")).unwrap();
        let weights = Weights::open(&golden.join("model.safetensors"), &Device::Cpu).unwrap();
        let vocoder = Arc::new(Vocoder::load(&weights, &config, DType::F32).unwrap());
        let random = |shape: &[usize]| Tensor::randn(0.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        let voice = vocoder.voice(&random(&[config.model_args.d_vector_dim]));
        let voice = voice.unwrap();
        let codes = 37;
        let states = random(&[codes, config.model_args.decoder_input_dim]);
        for speed in [1.0, 1.3, 0.6] {
            let whole = VocoderStream::new(&vocoder, &voice, speed).push(&states, true);
            let whole = whole.unwrap();
            assert!(whole.len() > 20_000);
            for size in [1, 2, 3, 7, 36] {
                let mut stream = VocoderStream::new(&vocoder, &voice, speed);
                let mut samples = Vec::new();
                for first in (0..codes).step_by(size) {
                    let count = size.min(codes - first);
                    let piece = states.narrow(0, first, count).unwrap();
                    samples.extend(stream.push(&piece, first + count == codes).unwrap());
                }
                assert!(samples == whole, "pieces of {size} at speed {speed}");
            }
        }
    }
}
