//! The decoder: latent frames to a waveform, a HiFi-GAN generator (Kong et al., "HiFi-GAN", 2020).

mod stream;

use candle_core::{DType, Tensor};
use kiskadee_nn::{
    Convolution, Extras,
    stream::{ResidualBlock, Upsampling},
};

pub(super) use self::stream::DecoderStream;
use super::layers::{BiasedConvolution, Loader};
use crate::{
    config::{BlockSizes, DecoderSizes, DilatedKernel, Sizes, StageSizes},
    error::Result,
};

/// Slope of the leaky ReLUs but the last, and of the last, which the reference leaves at its library's default.
const SLOPE: f32 = 0.1;
const LAST_SLOPE: f32 = 0.01;

pub(super) struct Decoder {
    before: BiasedConvolution,
    conditioning: Option<BiasedConvolution>,
    stages: Vec<Stage>,
    after: BiasedConvolution,
}

/// One up-sampling and the residual blocks behind it.
struct Stage {
    upsampling: Upsampling,
    blocks: Vec<ResidualBlock>,
}

impl Decoder {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let loader = loader.at("dec");
        let DecoderSizes {
            channels,
            first_kernel,
            last_kernel,
            stages,
        } = &sizes.decoder;
        let kernel = DilatedKernel {
            kernel: *first_kernel,
            dilation: 1,
        };
        let before = (sizes.encoder.latent, *channels);
        let conditioning = || loader.pointwise("cond", (sizes.speaker_width, *channels));
        let (mut input, mut first_block) = (*channels, 0);
        let mut loaded = Vec::with_capacity(stages.len());
        for (number, stage) in stages.iter().enumerate() {
            loaded.push(load_stage(&loader, number, input, first_block, stage)?);
            input = stage.channels;
            first_block += stage.blocks.len();
        }
        Ok(Self {
            before: loader.convolution("conv_pre", before, kernel)?,
            conditioning: (sizes.speakers > 0).then(conditioning).transpose()?,
            stages: loaded,
            after: last_convolution(&loader, input, *last_kernel)?,
        })
    }

    /// The first convolution's bias for a speaker's embedding `[1, speaker]`, or without one.
    pub(super) fn bias(&self, speaker: Option<&Tensor>) -> Result<Tensor> {
        let (Some(conditioning), Some(speaker)) = (&self.conditioning, speaker) else {
            return Ok(self.before.bias.clone());
        };
        let part = conditioning.apply(speaker, Extras::default())?;
        Ok((&self.before.bias + part.squeeze(0)?)?)
    }
}

fn load_stage(
    loader: &Loader<'_>,
    number: usize,
    input: usize,
    first_block: usize,
    sizes: &StageSizes,
) -> Result<Stage> {
    let (name, output) = (format!("ups.{number}"), sizes.channels);
    let weight = loader.tensor(&format!("{name}.weight"), &[input, output, sizes.kernel])?;
    let bias = loader.tensor(&format!("{name}.bias"), &[output])?;
    let blocks = (first_block..).zip(&sizes.blocks);
    let blocks = blocks.map(|(number, block)| load_block(loader, number, output, block));
    Ok(Stage {
        upsampling: Upsampling::new(&weight, bias, sizes.stride, SLOPE, DType::F32)?,
        blocks: blocks.collect::<Result<_>>()?,
    })
}

fn load_block(
    loader: &Loader<'_>,
    number: usize,
    channels: usize,
    sizes: &BlockSizes,
) -> Result<ResidualBlock> {
    let loader = loader.at(format!("resblocks.{number}"));
    let convolution = |list: &str, place: usize, kernel: DilatedKernel| -> Result<_> {
        let name = format!("{list}.{place}");
        let layer = loader.convolution(&name, (channels, channels), kernel)?;
        Ok((layer.convolution, layer.bias))
    };
    let paired = !sizes.seconds.is_empty();
    let list = if paired { "convs1" } else { "convs" };
    let mut layers: Vec<(Convolution, Tensor)> = Vec::new();
    for (place, kernel) in sizes.layers.iter().enumerate() {
        layers.push(convolution(list, place, *kernel)?);
        if let Some(second) = sizes.seconds.get(place) {
            layers.push(convolution("convs2", place, *second)?);
        }
    }
    let around = if paired { 2 } else { 1 };
    Ok(ResidualBlock::new(layers, around, SLOPE))
}

/// It has no bias.
fn last_convolution(loader: &Loader<'_>, input: usize, kernel: usize) -> Result<BiasedConvolution> {
    let weight = loader.tensor("conv_post.weight", &[1, input, kernel])?;
    let weight = weight.permute((2, 1, 0))?.contiguous()?;
    let silence = Tensor::zeros(1, DType::F32, loader.device())?;
    BiasedConvolution::new(&weight, silence, 1)
}
