//! What the decoder hears of the phones.

use candle_core::Tensor;
use kiskadee_nn::{BidirectionalLstm, leaky_relu};

use super::convolution::Same;
use super::normalization::LayerNorm;
use super::parameters::Parameters;
use super::trace::Trace;
use crate::config::Config;
use crate::error::{KokoroError, Result};

const EPSILON: f64 = 1e-5;
const SLOPE: f32 = 0.2;

pub(crate) struct TextEncoder {
    embedding: Tensor,
    layers: Vec<(Same, LayerNorm)>,
    lstm: BidirectionalLstm,
}

impl TextEncoder {
    pub(crate) fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let width = config.hidden_dim;
        let layer = |number: usize| -> Result<(Same, LayerNorm)> {
            let name = format!("text_encoder.cnn.{number}");
            let convolution = parameters.convolution(&format!("{name}.0"), width, 1)?;
            if convolution.output != width {
                let reason = format!("has {} outputs instead of {width}", convolution.output);
                return Err(KokoroError::tensor(format!("{name}.0.weight"), reason));
            }
            let norm = (format!("{name}.1.gamma"), format!("{name}.1.beta"));
            Ok((convolution, parameters.layer_norm(norm, width, EPSILON)?))
        };
        Ok(Self {
            embedding: parameters.table("text_encoder.embedding", config.n_token, width)?,
            layers: (0..config.n_layer).map(layer).collect::<Result<_>>()?,
            lstm: parameters.bilstm("text_encoder.lstm", width, width)?,
        })
    }

    /// Ids with both zeros to `[id, hidden]`.
    pub(crate) fn forward(&self, ids: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut hidden = self.embedding.index_select(ids, 0)?;
        for (number, (convolution, norm)) in self.layers.iter().enumerate() {
            let normed = norm.forward(&convolution.forward(&hidden)?)?;
            hidden = leaky_relu(&normed, SLOPE)?;
            trace.columns(format!("text_encoder.cnn.{number}"), &hidden)?;
        }
        let read = self.lstm.forward(&hidden)?;
        trace.columns("text_encoder", &read)?;
        Ok(read)
    }
}
