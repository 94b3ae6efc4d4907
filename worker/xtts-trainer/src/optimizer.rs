//! `AdamW` (Loshchilov and Hutter, 2019) in two groups, with decay and without, whose state can be saved and restored to the bit.

use candle_core::Tensor;

use crate::error::Result;
use crate::gradients::Gradients;
use crate::kernels::{Moment, Move};
use crate::parameters::{Parameter, Parameters};

/// What the optimiser is set to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AdamWOptions {
    pub betas: (f64, f64),
    pub epsilon: f64,
    /// Of the decayed parameters.
    pub weight_decay: f64,
}

impl Default for AdamWOptions {
    fn default() -> Self {
        Self {
            betas: (0.9, 0.96),
            epsilon: 1e-8,
            weight_decay: 0.01,
        }
    }
}

/// First and second moments of each parameter's gradient, in f32, in the parameters' order.
pub struct AdamW {
    pub(crate) first: Vec<Tensor>,
    pub(crate) second: Vec<Tensor>,
    pub(crate) steps: u64,
    options: AdamWOptions,
}

/// The numbers that are the same for all parameters of a step.
struct Terms {
    scale: f64,
    rate: f64,
    corrections: (f64, f64),
}

impl AdamW {
    pub fn new(parameters: &Parameters, options: AdamWOptions) -> Result<Self> {
        let zeros = || -> Result<Vec<Tensor>> {
            let all = parameters.iter();
            all.map(|one| Ok(one.var.as_detached_tensor().zeros_like()?))
                .collect()
        };
        Ok(Self {
            first: zeros()?,
            second: zeros()?,
            steps: 0,
            options,
        })
    }

    /// First and second moment of the parameter at a place.
    pub fn moments(&self, place: usize) -> Option<(&Tensor, &Tensor)> {
        Some((self.first.get(place)?, self.second.get(place)?))
    }

    /// Moves the parameters against the gradients, which are let go one by one. They are scaled down to a norm of `clip` where it is given.
    /// Gives the norm before; where that is not finite, nothing is moved.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        mut gradients: Gradients,
        rate: f64,
        clip: Option<f64>,
    ) -> Result<f64> {
        let norm = gradients.norm()?;
        if !norm.is_finite() {
            return Ok(norm);
        }
        self.steps += 1;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (beta1, beta2) = self.options.betas;
        let terms = Terms {
            scale: clip.map_or(1.0, |clip| clip / norm.max(clip)),
            rate,
            corrections: (1.0 - beta1.powi(steps), 1.0 - beta2.powi(steps)),
        };
        for (place, parameter) in parameters.iter().enumerate() {
            if let Some(gradient) = gradients.take(place) {
                self.update(place, parameter, &gradient, &terms)?;
            }
        }
        Ok(norm)
    }

    fn update(
        &mut self,
        place: usize,
        parameter: &Parameter,
        gradient: &Tensor,
        terms: &Terms,
    ) -> Result<()> {
        let (Some(first), Some(second)) = (self.first.get_mut(place), self.second.get_mut(place))
        else {
            return Ok(());
        };
        let AdamWOptions {
            betas: (beta1, beta2),
            epsilon,
            weight_decay,
        } = self.options;
        let decay = if parameter.is_decayed {
            weight_decay
        } else {
            0.0
        };
        let keep = 1.0 - terms.rate * decay;
        let rate = terms.rate / terms.corrections.0;
        let root = terms.corrections.1.sqrt();
        if gradient.device().is_cpu() {
            let moment = |beta: f64, is_squared| Moment {
                beta: beta as f32,
                scale: terms.scale as f32,
                is_squared,
            };
            first.inplace_op2(gradient, &moment(beta1, false))?;
            second.inplace_op2(gradient, &moment(beta2, true))?;
            let step = Move {
                keep: keep as f32,
                rate: rate as f32,
                root: root as f32,
                epsilon: epsilon as f32,
            };
            parameter.var.inplace_op3(first, second, &step)?;
        } else {
            let gradient = (gradient * terms.scale)?;
            *first = ((&*first * beta1)? + (&gradient * (1.0 - beta1))?)?;
            *second = ((&*second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?;
            let length = second.sqrt()?.affine(1.0 / root, epsilon)?;
            let step = (first.div(&length)? * rate)?;
            let values = parameter.var.as_detached_tensor();
            parameter.var.set(&((values * keep)? - step)?)?;
        }
        Ok(())
    }
}
