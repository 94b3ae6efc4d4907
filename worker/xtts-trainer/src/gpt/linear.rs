//! `y = x W + b`, and what flows back through it.

use candle_core::{DType, Result, Tensor};

use crate::error;
use crate::gradients::Gradients;
use crate::parameters::Parameters;

/// What products of matrices are computed in; everything else is in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    #[default]
    F32,
    /// On GPUs only. Parameters and moments stay in f32, so small steps are not lost.
    Bf16,
}

/// How a checkpoint keeps the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// `[in, out]`, as in the GPT's blocks.
    InputFirst,
    /// `[out, in]`, as in the heads.
    OutputFirst,
}

pub(super) struct Linear {
    weight: (usize, Tensor),
    bias: (usize, Tensor),
    stored: Stored,
    precision: Precision,
}

impl Linear {
    pub(super) fn load(
        parameters: &Parameters,
        name: &str,
        stored: Stored,
        precision: Precision,
    ) -> error::Result<Self> {
        Ok(Self {
            weight: parameters.untracked(&format!("{name}.weight"))?,
            bias: parameters.untracked(&format!("{name}.bias"))?,
            stored,
            precision,
        })
    }

    /// `[rows, in]` to `[rows, out]`.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let weight = match self.stored {
            Stored::InputFirst => self.weight.1.clone(),
            Stored::OutputFirst => self.weight.1.t()?,
        };
        let output = product(input, &weight, self.precision)?;
        output.broadcast_add(&self.bias.1)
    }

    /// The gradient of the input, out of that of the output.
    pub(super) fn backward(
        &self,
        input: &Tensor,
        gradient: &Tensor,
        sums: &mut Gradients,
    ) -> Result<Tensor> {
        sums.add(self.bias.0, column_sums(gradient)?)?;
        let (of_weight, weight) = match self.stored {
            Stored::InputFirst => (
                product(&input.t()?, gradient, self.precision)?,
                self.weight.1.t()?,
            ),
            Stored::OutputFirst => (
                product(&gradient.t()?, input, self.precision)?,
                self.weight.1.clone(),
            ),
        };
        sums.add(self.weight.0, of_weight)?;
        product(gradient, &weight, self.precision)
    }
}

/// In f32, whatever it is computed in.
fn product(a: &Tensor, b: &Tensor, precision: Precision) -> Result<Tensor> {
    match precision {
        Precision::F32 => a.matmul(b),
        Precision::Bf16 => {
            let narrow = |tensor: &Tensor| tensor.to_dtype(DType::BF16);
            narrow(a)?.matmul(&narrow(b)?)?.to_dtype(DType::F32)
        }
    }
}

/// `[columns]` of `[rows, columns]`, as a product of matrices, for that is many times as fast as a reduction of the first dimension.
pub(super) fn column_sums(rows: &Tensor) -> Result<Tensor> {
    let (count, columns) = rows.dims2()?;
    let ones = Tensor::ones((1, count), rows.dtype(), rows.device())?;
    ones.matmul(rows)?.reshape(columns)
}
