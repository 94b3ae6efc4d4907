//! The source that the decoder filters: a sine at the pitch, and noise (Wang et al., "Neural source-filter waveform models", 2019).

use std::f64::consts::TAU;

use candle_core::{DType, Device, Tensor};
use kiskadee_nn::StridedConvolution;

use crate::error::Result;
use crate::tensors::Tensors;
use crate::voice::VoiceConfig;

const SINE_AMPLITUDE: f32 = 0.1;
/// Standard deviations of the noise beside sines and without them.
const VOICED_NOISE: f32 = 0.003;
const UNVOICED_NOISE: f32 = SINE_AMPLITUDE / 3.0;

/// What makes samples of the source of sines, and what each stage of the decoder takes of them.
pub(super) struct Source {
    weight: f32,
    bias: f32,
    sample_rate: f32,
    pub(super) hop: usize,
    stages: Vec<Tap>,
    device: Device,
}

/// A stage's convolution over the source.
struct Tap {
    convolution: StridedConvolution,
    /// Samples of a row of the stage; samples that a row looks at, and how many of them lie before its own.
    stride: usize,
    taps: usize,
    before: usize,
}

impl Source {
    pub(super) fn load(tensors: &Tensors, config: &VoiceConfig) -> Result<Self> {
        let name = "m_source.l_linear";
        let value = |part: &str, shape: &[usize]| -> Result<f32> {
            let tensor = tensors.get(&format!("{name}.{part}"), shape)?;
            Ok(tensor.flatten_all()?.to_vec1::<f32>()?.iter().sum())
        };
        let stages = (0..config.rates.len()).map(|number| Tap::load(tensors, number, config));
        Ok(Self {
            weight: value("weight", &[1, 1])?,
            bias: value("bias", &[1])?,
            sample_rate: config.sample_rate as f32,
            hop: config.hop(),
            stages: stages.collect::<Result<_>>()?,
            device: tensors.device().clone(),
        })
    }
}

impl Tap {
    fn load(tensors: &Tensors, number: usize, config: &VoiceConfig) -> Result<Self> {
        let stride: usize = config.rates[number + 1..].iter().product();
        let (taps, before) = if stride > 1 {
            (2 * stride, stride / 2)
        } else {
            (1, 0)
        };
        let output = config.channels >> (number + 1);
        let name = format!("noise_convs.{number}");
        let (weight, bias) = tensors.taps(&name, (1, output), taps)?;
        Ok(Self {
            convolution: StridedConvolution::new(&weight, &bias, (stride, 0), DType::F32)?,
            stride,
            taps,
            before,
        })
    }
}

/// The source of a stream: the running phase, and the samples that stages still look at.
pub(super) struct SourceStream {
    /// In turns, wrapped: a sum in f32 would be whole turns off after a minute.
    phase: f64,
    samples: Vec<f32>,
    /// The number of the first of these samples.
    first: usize,
    /// Rows that each stage has taken.
    taken: Vec<usize>,
}

impl SourceStream {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            phase: 0.0,
            samples: Vec::new(),
            first: 0,
            taken: vec![0; source.stages.len()],
        }
    }

    /// Goes on with frames of these pitches in Hz and with noise of variance 1, one value for each sample. Gives the sines, and keeps the
    /// samples.
    pub(super) fn push(&mut self, source: &Source, pitch: &[f32], noise: &[f32]) -> Vec<f32> {
        let mut sines = Vec::with_capacity(noise.len());
        for (hz, noise) in pitch.iter().zip(noise.chunks_exact(source.hop)) {
            let voiced = *hz > 0.0;
            let step = f64::from(hz / source.sample_rate);
            for noise in noise {
                self.phase = (self.phase + step).fract();
                sines.push(if voiced {
                    SINE_AMPLITUDE * (TAU * self.phase).sin() as f32 + VOICED_NOISE * noise
                } else {
                    UNVOICED_NOISE * noise
                });
            }
        }
        let samples = sines.iter();
        let samples = samples.map(|sine| (sine * source.weight + source.bias).tanh());
        self.samples.extend(samples);
        sines
    }

    /// The next `count` rows `[row, channel]` for a stage. Beyond both ends of what came there is silence.
    pub(super) fn rows(&mut self, source: &Source, stage: usize, count: usize) -> Result<Tensor> {
        let tap = &source.stages[stage];
        let begin = (self.taken[stage] * tap.stride).cast_signed() - tap.before.cast_signed();
        self.taken[stage] += count;
        let length = (count - 1) * tap.stride + tap.taps;
        let mut input = vec![0.0; length];
        let skipped = (self.first.cast_signed() - begin).max(0).cast_unsigned();
        let from = (begin - self.first.cast_signed()).max(0).cast_unsigned();
        let known = self.samples.get(from..).unwrap_or_default();
        for (place, sample) in input.iter_mut().skip(skipped).zip(known) {
            *place = *sample;
        }
        self.forget(source);
        let input = Tensor::from_vec(input, (length, 1), &source.device)?;
        Ok(tap.convolution.forward(&input)?)
    }

    /// Drops what no stage will look at again.
    fn forget(&mut self, source: &Source) {
        let needed = self.taken.iter().zip(&source.stages);
        let needed = needed.map(|(rows, tap)| (rows * tap.stride).saturating_sub(tap.before));
        let needed = needed.min().unwrap_or(0).saturating_sub(self.first);
        let needed = needed.min(self.samples.len());
        // Moving what is left costs more than keeping a little.
        if needed > 16 * source.hop {
            self.samples.drain(..needed);
            self.first += needed;
        }
    }
}
