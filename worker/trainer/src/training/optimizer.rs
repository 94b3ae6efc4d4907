//! `AdamW` (Loshchilov and Hutter, 2019) whose state can be saved and restored to the bit.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::parameters::Parameters;
use crate::TrainError;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;
const EPSILON: f32 = 1e-8;
const WEIGHT_DECAY: f32 = 0.01;

/// First and second moments of each parameter's gradient, in the parameters' order.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    pub(super) first: Vec<Vec<f32>>,
    pub(super) second: Vec<Vec<f32>>,
}

/// How far a step goes.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub rate: f32,
    /// Of the gradients' norm.
    pub clip: f32,
    /// Steps of these parameters, this one included.
    pub steps: u64,
}

impl AdamW {
    pub fn new(parameters: &Parameters) -> Self {
        let zeros = || {
            parameters
                .iter()
                .map(|(_, var)| vec![0f32; var.elem_count()])
                .collect()
        };
        Self {
            first: zeros(),
            second: zeros(),
        }
    }

    /// Moves the parameters whose names `owns` accepts against `gradients`, scaled down to a norm of `clip`. Gives the norm before.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        owns: impl Fn(&str) -> bool,
        gradients: &GradStore,
        rate: Rate,
    ) -> Result<f32, TrainError> {
        let owned = || {
            let all = parameters.iter().enumerate();
            all.filter(|(_, (name, _))| owns(name))
        };
        let flat: Vec<Vec<f32>> = owned()
            .map(|(_, (name, var))| match gradients.get(var) {
                Some(gradient) => Ok(gradient.flatten_all()?.to_vec1::<f32>()?),
                None => Err(candle_core::Error::Msg(format!("{name} has no gradient"))),
            })
            .collect::<Result<_, _>>()?;
        let norm = flat
            .iter()
            .flatten()
            .map(|g| f64::from(*g).powi(2))
            .sum::<f64>()
            .sqrt() as f32;
        let scale = if norm > rate.clip {
            rate.clip / norm
        } else {
            1.0
        };
        for ((index, (_, var)), gradient) in owned().zip(&flat) {
            let mut values = var.flatten_all()?.to_vec1::<f32>()?;
            self.update(index, &mut values, gradient, scale, rate);
            var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
        }
        Ok(norm)
    }

    fn update(
        &mut self,
        index: usize,
        values: &mut [f32],
        gradient: &[f32],
        scale: f32,
        rate: Rate,
    ) {
        let steps = i32::try_from(rate.steps).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - BETA1.powi(steps), 1.0 - BETA2.powi(steps));
        let moments = self.first[index].iter_mut().zip(&mut self.second[index]);
        for ((value, gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient * scale;
            *first = BETA1 * *first + (1.0 - BETA1) * gradient;
            *second = BETA2 * *second + (1.0 - BETA2) * gradient * gradient;
            let direction = (*first / correction1) / ((*second / correction2).sqrt() + EPSILON);
            *value -= rate.rate * (direction + WEIGHT_DECAY * *value);
        }
    }
}
