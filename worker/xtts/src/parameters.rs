//! Where a network's parameters come from, and what is seen of its stages.

use candle_core::Tensor;
use candle_nn::Linear;
use kiskadee_checkpoint::Weights;

use crate::error::Result;

/// Tensors by their name in a checkpoint: those of a file, or variables that are trained.
pub trait ParameterSource {
    /// The parameter, which has this shape.
    fn parameter(&self, name: &str, shape: &[usize]) -> Result<Tensor>;
}

impl ParameterSource for Weights {
    fn parameter(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.get(name, shape)?)
    }
}

/// Shows the stages of a network by name, in the layout of the reference implementation, to who wants to see them.
pub struct Trace<'a>(Option<&'a mut Show<'a>>);

type Show<'a> = dyn FnMut(&str, &Tensor) + 'a;

impl<'a> Trace<'a> {
    pub fn none() -> Self {
        Self(None)
    }

    pub fn to(shown: &'a mut dyn FnMut(&str, &Tensor)) -> Self {
        Self(Some(shown))
    }

    /// Shows a stage, which is only made if it is wanted.
    pub(crate) fn show(
        &mut self,
        name: impl AsRef<str>,
        stage: impl FnOnce() -> candle_core::Result<Tensor>,
    ) -> Result<()> {
        if let Some(shown) = &mut self.0 {
            shown(name.as_ref(), &stage()?);
        }
        Ok(())
    }
}

/// A linear layer of `outputs` by `inputs`.
pub(crate) fn linear(
    source: &dyn ParameterSource,
    name: &str,
    (outputs, inputs): (usize, usize),
    bias: bool,
) -> Result<Linear> {
    let weight = source.parameter(&format!("{name}.weight"), &[outputs, inputs])?;
    Ok(Linear::new(
        weight,
        bias.then(|| bias_of(source, name, outputs)).transpose()?,
    ))
}

/// A convolution over one point, which is a linear layer. The weight stays a view, so that it follows a variable that is trained.
pub(crate) fn pointwise(
    source: &dyn ParameterSource,
    name: &str,
    (outputs, inputs): (usize, usize),
) -> Result<Linear> {
    let weight = source.parameter(&format!("{name}.weight"), &[outputs, inputs, 1])?;
    let bias = bias_of(source, name, outputs)?;
    Ok(Linear::new(weight.squeeze(2)?, Some(bias)))
}

fn bias_of(source: &dyn ParameterSource, name: &str, outputs: usize) -> Result<Tensor> {
    source.parameter(&format!("{name}.bias"), &[outputs])
}
