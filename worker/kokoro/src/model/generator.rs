//! The generator: from the decoder's output and the source to spectra of samples (Kaneko et al., "iSTFTNet", 2022).

use candle_core::Tensor;
use kiskadee_nn::{Activation, Curve};

use super::convolution::{Same, Strided, Transposed};
use super::normalization::AdaptiveNorm;
use super::parameters::Parameters;
use super::trace::Trace;
use crate::config::Config;
use crate::error::{KokoroError, Result};

const MODULE: &str = "decoder.generator";
const SLOPE: f32 = 0.1;
/// In front of the last convolution.
const LAST_SLOPE: f32 = 0.01;
/// Of the blocks that the source goes through; not in the configuration.
const SOURCE_DILATIONS: [usize; 3] = [1, 3, 5];

pub(crate) struct Generator {
    stages: Vec<Stage>,
    last: Same,
}

/// One step up in time, where the source comes in.
struct Stage {
    source: Strided,
    source_block: ResidualBlock,
    up: Transposed,
    blocks: Vec<ResidualBlock>,
}

/// Pairs of convolutions behind adaptive norms and Snake, each pair added to its input.
struct ResidualBlock {
    pairs: Vec<[Layer; 2]>,
}

struct Layer {
    norm: AdaptiveNorm,
    /// Of Snake, `[channel]`.
    factor: Tensor,
    convolution: Same,
}

impl Generator {
    pub(crate) fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let net = &config.istftnet;
        let bins = net.gen_istft_n_fft + 2;
        let mut stages = Vec::new();
        let mut width = net.upsample_initial_channel;
        for number in 0..net.upsample_rates.len() {
            stages.push(Stage::new(parameters, config, number, width)?);
            width /= 2;
        }
        let name = format!("{MODULE}.conv_post");
        let last = parameters.convolution(&name, width, 1)?;
        if last.output != bins {
            let reason = format!("has {} outputs where {bins} are needed", last.output);
            return Err(KokoroError::tensor(format!("{name}.weight"), reason));
        }
        Ok(Self { stages, last })
    }

    /// `[2 frames, channel]` and the source's spectra `[step + 1, 2 bins]` to spectra `[step + 1, 2 bins]`.
    pub(crate) fn forward(
        &self,
        input: &Tensor,
        source: &Tensor,
        style: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let mut hidden = input.clone();
        for number in 0..self.stages.len() {
            hidden = self.stage(number, &hidden, source, style, trace)?;
        }
        let leaky = Activation::leaky(LAST_SLOPE);
        let spectra = self.last.forward_active(&hidden, leaky, None)?;
        trace.columns(format!("{MODULE}.conv_post"), &spectra)?;
        Ok(spectra)
    }

    fn stage(
        &self,
        number: usize,
        input: &Tensor,
        source: &Tensor,
        style: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let stage = &self.stages[number];
        let name = |part: &str| format!("{MODULE}.{part}.{number}");
        let source = stage.source.forward(source)?;
        trace.columns(name("noise_convs"), &source)?;
        let source = stage.source_block.forward(&source, style)?;
        trace.columns(name("noise_res"), &source)?;
        let mut hidden = stage.up.forward(input, SLOPE)?;
        trace.columns(name("ups"), &hidden)?;
        if number + 1 == self.stages.len() {
            // One frame is reflected on the left, for the spectra have one more than there are steps.
            let second = hidden.narrow(0, 1, 1)?;
            hidden = Tensor::cat(&[&second, &hidden], 0)?;
        }
        let hidden = (hidden + source)?;
        let mut sum: Option<Tensor> = None;
        for (place, block) in stage.blocks.iter().enumerate() {
            let output = block.forward(&hidden, style)?;
            let place = number * stage.blocks.len() + place;
            trace.columns(format!("{MODULE}.resblocks.{place}"), &output)?;
            sum = Some(match sum {
                Some(sum) => (sum + output)?,
                None => output,
            });
        }
        let sum = sum.unwrap_or(hidden);
        Ok((sum / stage.blocks.len() as f64)?)
    }
}

impl Stage {
    fn new(
        parameters: Parameters<'_>,
        config: &Config,
        number: usize,
        width: usize,
    ) -> Result<Self> {
        let net = &config.istftnet;
        let name = |part: &str, number: usize| format!("{MODULE}.{part}.{number}");
        let half = width / 2;
        // What the source has to be brought down to this stage's steps by.
        let stride: usize = net.upsample_rates[number + 1..].iter().product();
        let last = number + 1 == net.upsample_rates.len();
        let padding = if last { 0 } else { stride.div_ceil(2) };
        let source = name("noise_convs", number);
        let source = parameters.strided(&source, net.gen_istft_n_fft + 2, (stride, padding))?;
        if source.output != half {
            let name = format!("{}.weight", name("noise_convs", number));
            let reason = format!("has {} outputs where {half} are needed", source.output);
            return Err(KokoroError::tensor(name, reason));
        }
        let shape = (
            net.upsample_kernel_sizes[number],
            net.upsample_rates[number],
        );
        let block = |name: String, dilations: &[usize]| {
            ResidualBlock::new(parameters, &name, dilations, half, config.style_dim)
        };
        let count = net.resblock_dilation_sizes.len();
        let blocks = net.resblock_dilation_sizes.iter().enumerate();
        let blocks = blocks
            .map(|(place, dilations)| block(name("resblocks", number * count + place), dilations));
        Ok(Self {
            source,
            source_block: block(name("noise_res", number), &SOURCE_DILATIONS)?,
            up: parameters.transposed(&name("ups", number), width, half, shape)?,
            blocks: blocks.collect::<Result<_>>()?,
        })
    }
}

impl ResidualBlock {
    fn new(
        parameters: Parameters<'_>,
        module: &str,
        dilations: &[usize],
        width: usize,
        style: usize,
    ) -> Result<Self> {
        let layer = |part: usize, number: usize, dilation: usize| -> Result<Layer> {
            let name = |kind: &str| format!("{module}.{kind}{part}.{number}");
            let factor = parameters.get(&name("alpha"), &[1, width, 1])?;
            let convolution = parameters.convolution(&name("convs"), width, dilation)?;
            if convolution.output != width {
                let reason = format!("has {} outputs instead of {width}", convolution.output);
                return Err(KokoroError::tensor(name("convs"), reason));
            }
            Ok(Layer {
                norm: parameters.adaptive(&name("adain"), width, style)?,
                factor: factor.flatten_all()?,
                convolution,
            })
        };
        let pair = |(number, dilation): (usize, &usize)| {
            Ok([layer(1, number, *dilation)?, layer(2, number, 1)?])
        };
        let pairs = dilations.iter().enumerate().map(pair);
        Ok(Self {
            pairs: pairs.collect::<Result<_>>()?,
        })
    }

    fn forward(&self, input: &Tensor, style: &Tensor) -> Result<Tensor> {
        let mut sum = input.clone();
        for [first, second] in &self.pairs {
            let hidden = first.forward(&sum, style, None)?;
            sum = second.forward(&hidden, style, Some(&sum))?;
        }
        Ok(sum)
    }
}

impl Layer {
    fn forward(&self, input: &Tensor, style: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let modulation = self.norm.over_time(input, style)?;
        let snake = Activation::modulated(&modulation, Curve::Snake(&self.factor));
        self.convolution.forward_active(input, snake, residual)
    }
}
