//! The sizes of a voice's network. Nothing in a published JSON tells them: they are read from the graph when a voice is imported.

use serde::{Deserialize, Serialize};

use crate::error::{PiperError, Result};

const MOST_CHANNELS: usize = 4096;
const MOST_KERNEL: usize = 64;
const MOST_STRIDE: usize = 64;
const MOST_DILATION: usize = 64;
const MOST_LAYERS: usize = 64;
const MOST_ROWS: usize = 65_536;
/// Samples that one frame may become.
const MOST_HOP: usize = 4096;

/// All sizes that the layers need beyond what their names say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Rows of the text embedding: ids are below it.
    pub symbols: usize,
    /// Rows of the speaker embedding; none in a voice of one speaker.
    pub speakers: usize,
    /// Width of the speaker embedding.
    pub speaker_width: usize,
    pub encoder: EncoderSizes,
    pub durations: DurationSizes,
    /// Coupling layers in the order in which they run to speak; the channels are reversed in front of each.
    pub flow: Vec<CouplingSizes>,
    pub decoder: DecoderSizes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderSizes {
    pub width: usize,
    pub heads: usize,
    /// Positions to each side that the relative attention knows.
    pub window: usize,
    /// Width of the feed-forward layers and their kernel.
    pub filter: usize,
    pub kernel: usize,
    pub layers: usize,
    /// Channels of the latent frames.
    pub latent: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DurationSizes {
    Stochastic {
        width: usize,
        /// Depthwise convolutions in front of the flows.
        layers: Vec<DilatedKernel>,
        /// Spline flows in the order in which they run to speak.
        flows: Vec<StochasticFlow>,
    },
    Plain {
        width: usize,
        kernel: usize,
    },
}

/// One spline flow of the stochastic durations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StochasticFlow {
    pub number: usize,
    pub bins: usize,
    pub layers: Vec<DilatedKernel>,
}

/// One coupling layer of the flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouplingSizes {
    pub number: usize,
    pub width: usize,
    pub layers: Vec<DilatedKernel>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderSizes {
    /// Channels in front of the first up-sampling; each halves them.
    pub channels: usize,
    /// Kernels of the first and of the last convolution.
    pub first_kernel: usize,
    pub last_kernel: usize,
    pub stages: Vec<StageSizes>,
}

/// One up-sampling and the residual blocks behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSizes {
    pub stride: usize,
    pub kernel: usize,
    pub channels: usize,
    /// Residual blocks side by side.
    pub blocks: Vec<BlockSizes>,
}

/// Convolutions of a residual block, each around a shortcut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSizes {
    pub layers: Vec<DilatedKernel>,
    /// Behind each of them stands another convolution, within the same shortcut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seconds: Vec<DilatedKernel>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DilatedKernel {
    pub kernel: usize,
    pub dilation: usize,
}

impl Sizes {
    /// Samples of one frame.
    pub fn hop(&self) -> usize {
        self.decoder
            .stages
            .iter()
            .map(|stage| stage.stride)
            .product()
    }

    /// That nothing is absurd: what is loaded allocates by these sizes.
    pub fn check(&self) -> Result<()> {
        within("enc_p.emb", "rows", self.symbols, MOST_ROWS)?;
        if self.speakers > 0 {
            within("emb_g", "rows", self.speakers, MOST_ROWS)?;
            within("emb_g", "channels", self.speaker_width, MOST_CHANNELS)?;
        }
        self.encoder.check()?;
        self.durations.check()?;
        within("flow", "layers", self.flow.len(), MOST_LAYERS)?;
        if !self.flow.len().is_multiple_of(2) {
            let reason = format!(
                "{} coupling layers, where their number is even",
                self.flow.len()
            );
            return Err(PiperError::layer("flow", reason));
        }
        for coupling in &self.flow {
            let name = format!("flow.flows.{}", coupling.number);
            within(&name, "channels", coupling.width, MOST_CHANNELS)?;
            odd_kernels(&name, &coupling.layers)?;
        }
        self.decoder.check()
    }
}

impl EncoderSizes {
    fn check(&self) -> Result<()> {
        let name = "enc_p.encoder";
        within(name, "channels", self.width, MOST_CHANNELS)?;
        within(name, "channels", self.filter, MOST_CHANNELS)?;
        within(name, "heads", self.heads, self.width)?;
        within(name, "positions of a window", self.window, MOST_KERNEL)?;
        within(name, "layers", self.layers, MOST_LAYERS)?;
        odd_kernel(name, self.kernel, 1)?;
        within("enc_p.proj", "channels", self.latent, MOST_CHANNELS)?;
        if !self.width.is_multiple_of(self.heads) || !self.latent.is_multiple_of(2) {
            let reason = "the channels cannot be divided among heads and halves";
            return Err(PiperError::layer(name, reason));
        }
        Ok(())
    }
}

impl DurationSizes {
    fn check(&self) -> Result<()> {
        match self {
            Self::Plain { width, kernel } => {
                within("dp", "channels", *width, MOST_CHANNELS)?;
                odd_kernel("dp", *kernel, 1)
            }
            Self::Stochastic {
                width,
                layers,
                flows,
            } => {
                within("dp", "channels", *width, MOST_CHANNELS)?;
                odd_kernels("dp.convs", layers)?;
                within("dp.flows", "layers", flows.len(), MOST_LAYERS)?;
                for flow in flows {
                    let name = format!("dp.flows.{}", flow.number);
                    within(&name, "bins", flow.bins, MOST_CHANNELS)?;
                    odd_kernels(&name, &flow.layers)?;
                }
                Ok(())
            }
        }
    }
}

impl DecoderSizes {
    fn check(&self) -> Result<()> {
        within("dec.conv_pre", "channels", self.channels, MOST_CHANNELS)?;
        odd_kernel("dec.conv_pre", self.first_kernel, 1)?;
        odd_kernel("dec.conv_post", self.last_kernel, 1)?;
        within("dec.ups", "layers", self.stages.len(), MOST_LAYERS)?;
        let mut hop = 1;
        for (number, stage) in self.stages.iter().enumerate() {
            stage.check(number)?;
            hop *= stage.stride;
            within(
                &format!("dec.ups.{number}"),
                "samples of a frame",
                hop,
                MOST_HOP,
            )?;
        }
        Ok(())
    }
}

impl StageSizes {
    fn check(&self, number: usize) -> Result<()> {
        let name = format!("dec.ups.{number}");
        within(&name, "channels", self.channels, MOST_CHANNELS)?;
        within(&name, "places of a stride", self.stride, MOST_STRIDE)?;
        within(&name, "places of a kernel", self.kernel, MOST_KERNEL)?;
        if self.kernel < self.stride || !(self.kernel - self.stride).is_multiple_of(2) {
            let (kernel, stride) = (self.kernel, self.stride);
            let reason = format!("a kernel of {kernel} does not give {stride} outputs an input");
            return Err(PiperError::layer(name, reason));
        }
        let blocks = format!("dec.resblocks behind dec.ups.{number}");
        within(&blocks, "blocks", self.blocks.len(), MOST_LAYERS)?;
        for block in &self.blocks {
            odd_kernels(&blocks, &block.layers)?;
            if block.seconds.is_empty() {
                continue;
            }
            odd_kernels(&blocks, &block.seconds)?;
            if block.seconds.len() != block.layers.len() {
                return Err(PiperError::layer(blocks, "convolutions are not in pairs"));
            }
        }
        Ok(())
    }
}

fn within(name: &str, what: &str, found: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    let reason = format!("{found} {what}, where 1 to {most} are supported");
    Err(PiperError::layer(name, reason))
}

fn odd_kernels(name: &str, layers: &[DilatedKernel]) -> Result<()> {
    within(name, "layers", layers.len(), MOST_LAYERS)?;
    let mut layers = layers.iter();
    layers.try_for_each(|layer| odd_kernel(name, layer.kernel, layer.dilation))
}

/// Only odd kernels look equally far to both sides.
fn odd_kernel(name: &str, kernel: usize, dilation: usize) -> Result<()> {
    within(name, "places of a kernel", kernel, MOST_KERNEL)?;
    within(name, "places of a dilation", dilation, MOST_DILATION)?;
    if kernel.is_multiple_of(2) {
        return Err(PiperError::layer(
            name,
            format!("a kernel of {kernel} is not odd"),
        ));
    }
    Ok(())
}
