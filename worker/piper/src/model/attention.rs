//! Attention that knows how far two positions are apart (Shaw et al., "Self-Attention with Relative Position Representations", 2018).

use candle_core::Tensor;
use kiskadee_nn::{Extras, RelativePositions, self_attention};

use super::layers::{BiasedConvolution, Loader};
use crate::{config::EncoderSizes, error::Result, trace::Trace};

const PARTS: [&str; 3] = ["conv_q", "conv_k", "conv_v"];

pub(super) struct Attention {
    name: String,
    /// Queries, keys and values side by side.
    inputs: BiasedConvolution,
    output: BiasedConvolution,
    /// Shared by the heads.
    relative: RelativePositions,
    heads: usize,
}

impl Attention {
    pub(super) fn load(loader: &Loader<'_>, number: usize, sizes: &EncoderSizes) -> Result<Self> {
        let name = format!("encoder.attn_layers.{number}");
        let loader = loader.at(&name);
        let (width, heads) = (sizes.width, sizes.heads);
        let parts = PARTS.map(|part| loader.taps(part, (width, width), 1));
        let parts = parts.into_iter().collect::<Result<Vec<_>>>()?;
        let (weights, biases): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let relative = |name| -> Result<Tensor> {
            let shape = [1, 2 * sizes.window + 1, width / heads];
            Ok(loader.tensor(name, &shape)?.squeeze(0)?)
        };
        Ok(Self {
            name: format!("enc_p.{name}"),
            inputs: BiasedConvolution::new(
                &Tensor::cat(&weights, 2)?,
                Tensor::cat(&biases, 0)?,
                1,
            )?,
            output: loader.pointwise("conv_o", (width, width))?,
            relative: RelativePositions {
                keys: relative("emb_rel_k")?,
                values: relative("emb_rel_v")?,
            },
            heads,
        })
    }

    /// `[time, channel]` to the same.
    pub(super) fn forward(&self, input: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let inputs = self.inputs.apply(input, Extras::default())?;
        let width = inputs.dim(1)? / PARTS.len();
        for (place, part) in PARTS.iter().enumerate() {
            let name = || format!("{}.{part}", self.name);
            trace.show(name, || inputs.narrow(1, place * width, width))?;
        }
        let attended = self_attention(&inputs, self.heads, Some(&self.relative))?;
        let output = self.output.apply(&attended, Extras::default())?;
        trace.show(|| format!("{}.conv_o", self.name), || Ok(output.clone()))?;
        Ok(output)
    }
}
