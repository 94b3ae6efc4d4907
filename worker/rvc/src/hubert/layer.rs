//! A layer of the transformer, normed behind each sum.

use candle_core::{DType, Tensor};
use kiskadee_nn::{Linear, frame_attention, gelu_erf};

use crate::error::Result;
use crate::layers::Norm;
use crate::tensors::Tensors;

pub(super) struct Layer {
    /// Queries, keys and values side by side.
    inputs: Linear,
    output: Linear,
    attention_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
    heads: usize,
}

impl Layer {
    pub(super) fn load(tensors: &Tensors, width: usize, heads: usize) -> Result<Self> {
        let filter = tensors.size("feed_forward.intermediate_dense.bias", 0)?;
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for part in ["q_proj", "k_proj", "v_proj"] {
            let name = format!("attention.{part}");
            weights.push(
                tensors
                    .get(&format!("{name}.weight"), &[width, width])?
                    .t()?,
            );
            biases.push(tensors.get(&format!("{name}.bias"), &[width])?);
        }
        let weight = Tensor::cat(&weights, 1)?.contiguous()?;
        let norm = |name| tensors.norm(name, ["weight", "bias"], width);
        Ok(Self {
            inputs: Linear::new(&weight, &Tensor::cat(&biases, 0)?, DType::F32)?,
            output: tensors.linear("attention.out_proj", (width, width))?,
            attention_norm: norm("layer_norm")?,
            wide: tensors.linear("feed_forward.intermediate_dense", (width, filter))?,
            narrow: tensors.linear("feed_forward.output_dense", (filter, width))?,
            norm: norm("final_layer_norm")?,
            heads,
        })
    }

    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let attended = frame_attention(&self.inputs.forward(rows)?, self.heads)?;
        let rows = (rows + self.output.forward(&attended)?)?;
        let rows = self.attention_norm.forward(&rows)?;
        let wide = gelu_erf(&self.wide.forward(&rows)?)?;
        let rows = (&rows + self.narrow.forward(&wide)?)?;
        self.norm.forward(&rows)
    }
}
