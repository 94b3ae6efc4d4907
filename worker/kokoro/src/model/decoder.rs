//! From phones, pitch and loudness to what the generator makes samples of.

use candle_core::Tensor;

use super::block::Block;
use super::convolution::{Same, Strided};
use super::parameters::Parameters;
use super::trace::Trace;
use crate::config::Config;
use crate::error::{KokoroError, Result};

/// Blocks behind the first one.
const BLOCKS: usize = 4;

pub(crate) struct Decoder {
    pitch: Strided,
    loudness: Strided,
    encode: Block,
    residual: Same,
    decode: Vec<Block>,
}

impl Decoder {
    pub(crate) fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let (hidden, style) = (config.hidden_dim, config.style_dim);
        let curve = |part: &str| parameters.strided(&format!("decoder.{part}"), 1, (2, 1));
        let encode = Block::new(parameters, "decoder.encode", hidden + 2, style)?;
        let residual = parameters.convolution("decoder.asr_res.0", hidden, 1)?;
        let mut width = encode.output;
        let mut decode = Vec::new();
        for number in 0..BLOCKS {
            let name = format!("decoder.decode.{number}");
            let block = Block::new(parameters, &name, width + residual.output + 2, style)?;
            width = block.output;
            decode.push(block);
        }
        let needed = config.istftnet.upsample_initial_channel;
        if width != needed {
            let reason = format!("has {width} outputs where the generator takes {needed}");
            return Err(KokoroError::tensor("decoder.decode.3.conv1.weight", reason));
        }
        Ok(Self {
            pitch: curve("F0_conv")?,
            loudness: curve("N_conv")?,
            encode,
            residual,
            decode,
        })
    }

    /// Phones `[frame, hidden]` and curves `[2 frames, 1]` to `[2 frames, channel]`.
    pub(crate) fn forward(
        &self,
        phones: &Tensor,
        (pitch, loudness): (&Tensor, &Tensor),
        style: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let pitch = self.pitch.forward(pitch)?;
        let loudness = self.loudness.forward(loudness)?;
        trace.columns("decoder.F0_conv", &pitch)?;
        trace.columns("decoder.N_conv", &loudness)?;
        let input = Tensor::cat(&[phones, &pitch, &loudness], 1)?;
        let mut hidden = self.encode.forward(&input, style)?;
        trace.columns("decoder.encode", &hidden)?;
        let residual = self.residual.forward(phones)?;
        trace.columns("decoder.asr_res", &residual)?;
        for (number, block) in self.decode.iter().enumerate() {
            let input = Tensor::cat(&[&hidden, &residual, &pitch, &loudness], 1)?;
            hidden = block.forward(&input, style)?;
            trace.columns(format!("decoder.decode.{number}"), &hidden)?;
        }
        Ok(hidden)
    }
}
