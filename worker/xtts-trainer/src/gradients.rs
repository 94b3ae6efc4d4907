//! What the micro-batches of a step add up to.

use candle_core::{Result, Tensor};

use crate::kernels;

/// Sums of gradients by the places of their parameters.
pub struct Gradients {
    sums: Vec<Option<Tensor>>,
}

impl Gradients {
    /// Of so many parameters, all without a gradient.
    pub fn new(parameters: usize) -> Self {
        Self {
            sums: vec![None; parameters],
        }
    }

    /// Adds to the sum of a parameter. The first one is kept as it is, so nothing is ever zeroed.
    pub(crate) fn add(&mut self, place: usize, gradient: Tensor) -> Result<()> {
        let Some(sum) = self.sums.get_mut(place) else {
            candle_core::bail!("no parameter has the place {place}");
        };
        *sum = Some(match sum.take() {
            None => gradient.contiguous()?,
            Some(sum) if sum.device().is_cpu() => {
                sum.inplace_op2(&gradient.contiguous()?, &kernels::Add)?;
                sum
            }
            Some(sum) => (sum + gradient)?,
        });
        Ok(())
    }

    pub fn get(&self, place: usize) -> Option<&Tensor> {
        self.sums.get(place).and_then(Option::as_ref)
    }

    /// Hands out a sum, which is gone then.
    pub(crate) fn take(&mut self, place: usize) -> Option<Tensor> {
        self.sums.get_mut(place).and_then(Option::take)
    }

    /// The length of all gradients together, which is not finite where one of them is not.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self.sums.iter().flatten() {
            sum += kernels::square_sum(gradient)?;
        }
        Ok(sum.sqrt())
    }
}
