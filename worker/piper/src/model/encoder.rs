//! The text encoder: ids to what is known of each, and to the means and deviations of the latent frames.

use candle_core::Tensor;
use kiskadee_nn::Extras;

use super::{
    attention::Attention,
    layers::{BiasedConvolution, Loader, Norm, rectified},
};
use crate::{
    config::{DilatedKernel, EncoderSizes, Sizes},
    error::Result,
    trace::Trace,
};

pub(super) struct TextEncoder {
    /// `[symbols, channel]`
    embedding: Tensor,
    layers: Vec<Layer>,
    projection: BiasedConvolution,
    latent: usize,
}

/// Normed behind each sum.
struct Layer {
    attention: Attention,
    attention_norm: Norm,
    first: BiasedConvolution,
    second: BiasedConvolution,
    feed_forward_norm: Norm,
}

/// What the encoder makes of ids.
pub(super) struct Encoded {
    /// `[id, channel]`
    pub(super) hidden: Tensor,
    /// Means and logarithms of deviations, `[id, latent]`.
    pub(super) means: Tensor,
    pub(super) log_deviations: Tensor,
}

impl TextEncoder {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let loader = loader.at("enc_p");
        let encoder = &sizes.encoder;
        let layers = (0..encoder.layers).map(|number| Layer::load(&loader, number, encoder));
        Ok(Self {
            embedding: loader.tensor("emb.weight", &[sizes.symbols, encoder.width])?,
            layers: layers.collect::<Result<_>>()?,
            projection: loader.pointwise("proj", (encoder.width, 2 * encoder.latent))?,
            latent: encoder.latent,
        })
    }

    /// Of ids that all have a row.
    pub(super) fn forward(&self, ids: &[u32], trace: &mut Trace<'_>) -> Result<Encoded> {
        let ids = Tensor::new(ids, self.embedding.device())?;
        let rows = self.embedding.index_select(&ids, 0)?;
        trace.show(|| "enc_p.emb.out".to_owned(), || rows.t())?;
        let mut hidden = (&rows * (rows.dim(1)? as f64).sqrt())?;
        for (number, layer) in self.layers.iter().enumerate() {
            hidden = layer.forward(&hidden, number, trace)?;
        }
        let statistics = self.projection.apply(&hidden, Extras::default())?;
        trace.show(|| "enc_p.proj".to_owned(), || Ok(statistics.clone()))?;
        Ok(Encoded {
            means: statistics.narrow(1, 0, self.latent)?,
            log_deviations: statistics.narrow(1, self.latent, self.latent)?,
            hidden,
        })
    }
}

impl Layer {
    fn load(loader: &Loader<'_>, number: usize, sizes: &EncoderSizes) -> Result<Self> {
        let kernel = DilatedKernel {
            kernel: sizes.kernel,
            dilation: 1,
        };
        let feed_forward = loader.at(format!("encoder.ffn_layers.{number}"));
        let norm = |which: usize| {
            let name = format!("encoder.norm_layers_{which}.{number}");
            loader.norm(&name, sizes.width)
        };
        Ok(Self {
            attention: Attention::load(loader, number, sizes)?,
            attention_norm: norm(1)?,
            first: feed_forward.convolution("conv_1", (sizes.width, sizes.filter), kernel)?,
            second: feed_forward.convolution("conv_2", (sizes.filter, sizes.width), kernel)?,
            feed_forward_norm: norm(2)?,
        })
    }

    fn forward(&self, input: &Tensor, number: usize, trace: &mut Trace<'_>) -> Result<Tensor> {
        let name = |part: &str| format!("enc_p.encoder.{part}.{number}");
        let attended = self.attention.forward(input, trace)?;
        let middle = self.attention_norm.forward(&(input + attended)?)?;
        trace.show(|| name("norm_layers_1") + ".out", || Ok(middle.clone()))?;
        let wide = self.first.same(&middle, Extras::default())?;
        trace.show(|| name("ffn_layers") + ".conv_1", || Ok(wide.clone()))?;
        let narrow = self.second.same(&wide, rectified())?;
        trace.show(|| name("ffn_layers") + ".conv_2", || Ok(narrow.clone()))?;
        let output = self.feed_forward_norm.forward(&(middle + narrow)?)?;
        trace.show(|| name("norm_layers_2") + ".out", || Ok(output.clone()))?;
        Ok(output)
    }
}
