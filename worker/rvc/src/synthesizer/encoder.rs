//! The encoder: frames of features and the pitch to the means and deviations of the latent frames.

use candle_core::Tensor;
use kiskadee_nn::{Activation, Linear, SameConvolution, leaky_relu};

use super::attention::Attention;
use crate::error::Result;
use crate::layers::Norm;
use crate::pitch::COARSE;
use crate::tensors::Tensors;
use crate::trace::Trace;
use crate::voice::VoiceConfig;

const SLOPE: f32 = 0.1;

pub(super) struct Encoder {
    features: Linear,
    /// `[pitch, channel]`
    pitch: Option<Tensor>,
    layers: Vec<Layer>,
    projection: Linear,
    hidden: usize,
    latent: usize,
}

/// Normed behind each sum.
struct Layer {
    attention: Attention,
    attention_norm: Norm,
    wide: SameConvolution,
    narrow: SameConvolution,
    norm: Norm,
}

/// Means and logarithms of deviations of the latent frames, `[frame, channel]`.
#[derive(Clone)]
pub(crate) struct Encoded {
    pub(crate) means: Tensor,
    pub(crate) log_deviations: Tensor,
}

impl Encoder {
    pub(super) fn load(tensors: &Tensors, config: &VoiceConfig) -> Result<Self> {
        let hidden = config.hidden;
        let pitch = || tensors.get("emb_pitch.weight", &[COARSE, hidden]);
        let layers = (0..config.layers).map(|number| Layer::load(tensors, number, config));
        Ok(Self {
            features: tensors.linear("emb_phone", (config.features, hidden))?,
            pitch: config.has_pitch.then(pitch).transpose()?,
            layers: layers.collect::<Result<_>>()?,
            projection: tensors.pointwise("proj", (hidden, 2 * config.latent))?,
            hidden,
            latent: config.latent,
        })
    }

    pub(super) fn forward(
        &self,
        features: &Tensor,
        pitch: &[u32],
        trace: &mut Trace<'_>,
    ) -> Result<Encoded> {
        let mut rows = self.features.forward(features)?;
        trace.show(|| "emb_phone".to_owned(), || Ok(rows.clone()))?;
        if let Some(table) = &self.pitch {
            let numbers = Tensor::new(pitch, table.device())?;
            rows = (rows + table.index_select(&numbers, 0)?)?;
        }
        rows = leaky_relu(&(rows * (self.hidden as f64).sqrt())?, SLOPE)?;
        for (number, layer) in self.layers.iter().enumerate() {
            rows = layer.forward(&rows, number, trace)?;
        }
        let both = self.projection.forward(&rows)?;
        let part = |first: usize| both.narrow(1, first, self.latent)?.contiguous();
        let encoded = Encoded {
            means: part(0)?,
            log_deviations: part(self.latent)?,
        };
        trace.show(|| "m_p".to_owned(), || Ok(encoded.means.clone()))?;
        trace.show(
            || "logs_p".to_owned(),
            || Ok(encoded.log_deviations.clone()),
        )?;
        Ok(encoded)
    }
}

impl Layer {
    fn load(tensors: &Tensors, number: usize, config: &VoiceConfig) -> Result<Self> {
        let tensors = tensors.at("encoder");
        let (width, filter) = (config.hidden, config.filter);
        let attention = tensors.at(format!("attn_layers.{number}"));
        let forward = tensors.at(format!("ffn_layers.{number}"));
        let norm = |which: usize| {
            let name = format!("norm_layers_{which}.{number}");
            tensors.norm(&name, ["gamma", "beta"], width)
        };
        Ok(Self {
            attention: Attention::load(&attention, width, config.heads)?,
            attention_norm: norm(1)?,
            wide: forward.same("conv_1", (width, filter), config.kernel)?,
            narrow: forward.same("conv_2", (filter, width), config.kernel)?,
            norm: norm(2)?,
        })
    }

    fn forward(&self, rows: &Tensor, number: usize, trace: &mut Trace<'_>) -> Result<Tensor> {
        let attended = self.attention.forward(rows)?;
        trace.show(|| format!("attn{number}"), || Ok(attended.clone()))?;
        let rows = self.attention_norm.forward(&(rows + attended)?)?;
        let wide = self.wide.forward(&rows, Activation::IDENTITY, None)?;
        let sum = self
            .narrow
            .forward(&wide, Activation::leaky(0.0), Some(&rows))?;
        let rows = self.norm.forward(&sum)?;
        trace.show(|| format!("norm2_{number}"), || Ok(rows.clone()))?;
        Ok(rows)
    }
}
