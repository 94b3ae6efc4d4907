//! The encoder: a spectrogram of 30 s to 1500 frames of what was heard.

use candle_core::{DType, Tensor};
use kiskadee_nn::{Linear, SameConvolution, StridedConvolution, frame_attention, gelu_erf};

use super::parameters::{LayerNorm, Parameters};
use super::{FeedForward, Trace};
use crate::config::Config;
use crate::error::Result;

/// The longest wavelength of the positions, in units of 2π frames.
const LONGEST: f32 = 10_000.0;

pub(crate) struct Encoder {
    first: SameConvolution,
    second: StridedConvolution,
    /// `[frames, channels]`
    positions: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

struct Block {
    norm: LayerNorm,
    /// To queries, keys and values side by side.
    inner: Linear,
    outer: Linear,
    feed_forward: FeedForward,
    heads: usize,
}

impl Encoder {
    pub(super) fn new(config: &Config, parameters: Parameters<'_>) -> Result<Self> {
        let (width, bands) = (config.d_model, config.num_mel_bins);
        let weight = |name: &str, input| {
            parameters.get(&format!("encoder.{name}.weight"), &[width, input, 3])
        };
        let bias = |name: &str| parameters.get(&format!("encoder.{name}.bias"), &[width]);
        let second = weight("conv2", width)?.permute((2, 1, 0))?.contiguous()?;
        let blocks = (0..config.encoder_layers).map(|block| Block::new(config, parameters, block));
        Ok(Self {
            first: SameConvolution::new(&weight("conv1", bands)?, &bias("conv1")?, 1, DType::F32)?,
            second: StridedConvolution::new(&second, &bias("conv2")?, (2, 1), DType::F32)?,
            positions: positions(config, parameters)?,
            blocks: blocks.collect::<Result<_>>()?,
            norm: parameters.norm("encoder.layer_norm", width)?,
        })
    }

    /// A window's spectrogram `[3000, bands]` to `[1500, channels]`.
    pub(crate) fn forward(&self, mel: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mel = mel.to_device(self.positions.device())?;
        let hidden = self
            .first
            .forward(&mel, kiskadee_nn::Activation::IDENTITY, None)?;
        let hidden = gelu_erf(&self.second.forward(&gelu_erf(&hidden)?)?)?;
        let mut rows = (hidden + &self.positions)?;
        for (number, block) in self.blocks.iter().enumerate() {
            rows = block.forward(&rows)?;
            trace.show(format!("enc.block{number}"), &rows);
        }
        let rows = self.norm.forward(&rows)?;
        trace.show("enc.out", &rows);
        Ok(rows)
    }
}

impl Block {
    fn new(config: &Config, parameters: Parameters<'_>, number: usize) -> Result<Self> {
        let (width, name) = (config.d_model, format!("encoder.layers.{number}"));
        let layers = ["q", "k", "v"].map(|part| format!("{name}.self_attn.{part}_proj"));
        Ok(Self {
            norm: parameters.norm(&format!("{name}.self_attn_layer_norm"), width)?,
            inner: parameters.side_by_side(&layers, (width, width))?,
            outer: parameters.linear(&format!("{name}.self_attn.out_proj"), (width, width))?,
            feed_forward: FeedForward::new(parameters, &name, width, config.encoder_ffn_dim)?,
            heads: config.encoder_attention_heads,
        })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let projected = self.inner.forward(&self.norm.forward(rows)?)?;
        let attended = frame_attention(&projected, self.heads)?;
        self.feed_forward
            .forward(&(rows + self.outer.forward(&attended)?)?)
    }
}

/// The file's, or the sinusoids that they are made of.
fn positions(config: &Config, parameters: Parameters<'_>) -> Result<Tensor> {
    let (frames, width) = (config.max_source_positions, config.d_model);
    let name = "encoder.embed_positions.weight";
    if parameters.has(name) {
        return parameters.get(name, &[frames, width]);
    }
    let half = width / 2;
    let step = LONGEST.ln() / (half.max(2) - 1) as f32;
    let row = |frame: usize| {
        let angles = (0..half).map(move |n| frame as f32 * (-step * n as f32).exp());
        angles.clone().map(f32::sin).chain(angles.map(f32::cos))
    };
    let values: Vec<f32> = (0..frames).flat_map(row).collect();
    Ok(Tensor::from_vec(
        values,
        (frames, 2 * half),
        parameters.device(),
    )?)
}
