//! Attention that knows how far two frames are apart (Shaw et al., 2018).

use candle_core::{DType, Tensor};
use kiskadee_nn::{Linear, RelativePositions, self_attention};

use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

pub(super) struct Attention {
    /// Queries, keys and values side by side.
    inputs: Linear,
    output: Linear,
    /// Shared by the heads.
    relative: RelativePositions,
    heads: usize,
}

impl Attention {
    pub(super) fn load(tensors: &Tensors, width: usize, heads: usize) -> Result<Self> {
        let parts =
            ["conv_q", "conv_k", "conv_v"].map(|part| tensors.taps(part, (width, width), 1));
        let parts = parts.into_iter().collect::<Result<Vec<_>>>()?;
        let (weights, biases): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let weight = Tensor::cat(&weights, 2)?.squeeze(0)?.contiguous()?;
        let relative = |name: &str| -> Result<Tensor> {
            let distances = tensors.size(name, 1)?;
            if distances % 2 == 0 {
                return Err(RvcError::tensor(
                    name,
                    format!("is of {distances} distances"),
                ));
            }
            Ok(tensors
                .get(name, &[1, distances, width / heads])?
                .squeeze(0)?)
        };
        Ok(Self {
            inputs: Linear::new(&weight, &Tensor::cat(&biases, 0)?, DType::F32)?,
            output: tensors.pointwise("conv_o", (width, width))?,
            relative: RelativePositions {
                keys: relative("emb_rel_k")?,
                values: relative("emb_rel_v")?,
            },
            heads,
        })
    }

    /// `[frame, channel]` to the same.
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let inputs = self.inputs.forward(rows)?;
        let attended = self_attention(&inputs, self.heads, Some(&self.relative))?;
        Ok(self.output.forward(&attended)?)
    }
}
