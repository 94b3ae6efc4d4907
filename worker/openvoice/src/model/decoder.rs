//! Latents to samples (HiFi-GAN; Kong et al., 2020).

use candle_core::Tensor;
use kiskadee_nn::{Activation, Linear, SameConvolution, TransposedConvolution};

use super::Loader;
use crate::config::{OUTER_TAPS as TAPS, Sizes};
use crate::error::Result;

/// Slope of the leaky ReLUs but the last, and of the last, which the reference leaves at its library's default.
const SLOPE: f32 = 0.1;
const LAST_SLOPE: f32 = 0.01;

pub(crate) struct Decoder {
    before: SameConvolution,
    conditioning: Linear,
    stages: Vec<Stage>,
    after: SameConvolution,
}

struct Stage {
    upsampling: TransposedConvolution,
    bias: Tensor,
    /// Pairs of convolutions with a shortcut around each.
    blocks: Vec<Vec<[SameConvolution; 2]>>,
}

impl Decoder {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let initial = sizes.upsample_initial_channel;
        let rates = sizes
            .upsample_kernel_sizes
            .iter()
            .zip(&sizes.upsample_rates);
        let stage = |(number, (kernel, rate)): (usize, (&usize, &usize))| {
            Stage::load(loader, sizes, number, (*kernel, *rate))
        };
        let last = initial >> sizes.upsample_rates.len();
        Ok(Self {
            before: loader.convolution("dec.conv_pre", (sizes.inter_channels, initial), TAPS, 1)?,
            conditioning: loader.pointwise("dec.cond", (sizes.gin_channels, initial))?,
            stages: rates.enumerate().map(stage).collect::<Result<_>>()?,
            after: loader.without_bias("dec.conv_post", (last, 1), TAPS)?,
        })
    }

    /// `[time, inter]` and a timbre `[1, timbre]` to samples `[time * hop]`.
    pub(crate) fn forward(&self, latents: &Tensor, timbre: &Tensor) -> Result<Tensor> {
        let rows = self.before.forward(latents, Activation::IDENTITY, None)?;
        let mut rows = rows.broadcast_add(&self.conditioning.forward(timbre)?)?;
        for stage in &self.stages {
            rows = stage.forward(&rows)?;
        }
        let samples = self
            .after
            .forward(&rows, Activation::leaky(LAST_SLOPE), None)?;
        Ok(samples.flatten_all()?.tanh()?)
    }
}

impl Stage {
    fn load(
        loader: &Loader<'_>,
        sizes: &Sizes,
        number: usize,
        size: (usize, usize),
    ) -> Result<Self> {
        let input = sizes.upsample_initial_channel >> number;
        let channels = input / 2;
        let (upsampling, bias) =
            loader.upsampling(&format!("dec.ups.{number}"), (input, channels), size)?;
        let kernels = sizes.resblock_kernel_sizes.iter();
        let kernels = kernels.zip(&sizes.resblock_dilation_sizes).enumerate();
        let blocks = kernels.map(|(place, (kernel, dilations))| {
            let block = number * sizes.resblock_kernel_sizes.len() + place;
            let layers = dilations.iter().enumerate().map(|(layer, dilation)| {
                let convolution = |which: &str, dilation| {
                    let name = format!("dec.resblocks.{block}.{which}.{layer}");
                    loader.convolution(&name, (channels, channels), *kernel, dilation)
                };
                Ok([convolution("convs1", *dilation)?, convolution("convs2", 1)?])
            });
            layers.collect::<Result<Vec<_>>>()
        });
        Ok(Self {
            upsampling,
            bias,
            blocks: blocks.collect::<Result<_>>()?,
        })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let raised = self.upsampling.forward(rows, &self.bias, Some(SLOPE))?;
        let raised = raised.contiguous()?;
        let mut sum: Option<Tensor> = None;
        for block in &self.blocks {
            let mut rows = raised.clone();
            for [first, second] in block {
                let inside = first.forward(&rows, Activation::leaky(SLOPE), None)?;
                rows = second.forward(&inside, Activation::leaky(SLOPE), Some(&rows))?;
            }
            sum = Some(match sum {
                Some(sum) => (sum + rows)?,
                None => rows,
            });
        }
        let share = 1.0 / self.blocks.len().max(1) as f64;
        Ok((sum.unwrap_or(raised) * share)?)
    }
}
