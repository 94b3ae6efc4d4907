//! The vocoder: hidden states of the GPT to a waveform, a HiFi-GAN generator conditioned on a speaker embedding
//! (Kong et al., "HiFi-GAN", 2020).
//!
//! It works on streams: every layer keeps the rows that its next outputs look back at, so that the samples are the same however the
//! input was cut, and nothing is computed twice. Tensors are `[time, channel]`.

mod interpolation;
mod stream;
mod weights;

use candle_core::{DType, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{
    Convolution, Linear,
    stream::{ResidualBlock, Upsampling},
};

pub(crate) use self::interpolation::Interpolation;
pub(crate) use self::stream::VocoderStream;
use self::weights::Loader;
use crate::{config::Config, error::Result};

/// `(stride, kernel)` of the up-samplings.
const UPSAMPLINGS: [(usize, usize); 4] = [(8, 16), (8, 16), (2, 4), (2, 4)];
const KERNELS: [usize; 3] = [3, 7, 11];
const DILATIONS: [usize; 3] = [1, 3, 5];
/// Slope of the leaky ReLUs but the last, and of the last, which the reference leaves at its library's default.
const SLOPE: f32 = 0.1;
const LAST_SLOPE: f32 = 0.01;

/// The network; cheap to clone its streams from.
pub(crate) struct Vocoder {
    before: Convolution,
    before_bias: Tensor,
    before_conditioning: Linear,
    stages: Vec<Stage>,
    after: Convolution,
    rates: Rates,
    dtype: DType,
}

/// One up-sampling and the residual blocks behind it.
struct Stage {
    upsampling: Upsampling,
    conditioning: Linear,
    blocks: Vec<ResidualBlock>,
}

/// How many frames come of a code, and what is made of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    /// Frames at the input rate for each code.
    frames: f64,
    /// From frames of the input rate to those of the output rate.
    resampling: f64,
}

/// What the network needs to know of a speaker: the biases with the speaker's part in them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct VocoderVoice {
    before: Tensor,
    stages: Vec<Tensor>,
}

impl Vocoder {
    pub(crate) fn load(weights: &Weights, config: &Config, dtype: DType) -> Result<Self> {
        let args = &config.model_args;
        let initial = config.sizes.hifigan.upsample_initial_channel_decoder;
        let loader = Loader {
            weights,
            dtype,
            embedding: args.d_vector_dim,
        };
        let stage = |(number, sizes): (usize, &(usize, usize))| -> Result<Stage> {
            loader.stage(number, *sizes, initial >> number)
        };
        Ok(Self {
            before: loader.convolution("conv_pre", args.decoder_input_dim, initial, 7, 1)?,
            before_bias: loader.vector("conv_pre.bias", initial)?,
            before_conditioning: loader.conditioning("cond_layer", initial)?,
            stages: UPSAMPLINGS
                .iter()
                .enumerate()
                .map(stage)
                .collect::<Result<_>>()?,
            after: loader.convolution("conv_post", initial >> UPSAMPLINGS.len(), 1, 7, 1)?,
            rates: Rates {
                frames: args.gpt_code_stride_len as f64 / args.output_hop_length as f64,
                resampling: f64::from(args.output_sample_rate) / f64::from(args.input_sample_rate),
            },
            dtype,
        })
    }

    /// Puts a speaker's embedding `[embedding]` into the biases.
    pub(crate) fn voice(&self, embedding: &Tensor) -> Result<VocoderVoice> {
        let embedding = embedding.to_dtype(self.dtype)?.reshape((1, ()))?;
        let with = |conditioning: &Linear, bias: &Tensor| -> Result<Tensor> {
            Ok((conditioning.forward(&embedding)?.squeeze(0)? + bias)?)
        };
        let stages = self.stages.iter();
        Ok(VocoderVoice {
            before: with(&self.before_conditioning, &self.before_bias)?,
            stages: stages
                .map(|stage| with(&stage.conditioning, stage.upsampling.bias()))
                .collect::<Result<_>>()?,
        })
    }
}
