//! `AdamW` (Loshchilov and Hutter, 2019) whose state can be saved and restored to the bit.

use candle_core::Tensor;

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
    pub(super) steps: u64,
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
            steps: 0,
        }
    }

    /// Moves the parameters against their gradients, which are in the same order, scaled down to a norm of `clip`. Gives the norm before.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        gradients: &[Vec<f32>],
        rate: f32,
        clip: f32,
    ) -> Result<f32, TrainError> {
        let norm = gradients
            .iter()
            .flatten()
            .map(|g| f64::from(*g).powi(2))
            .sum::<f64>()
            .sqrt() as f32;
        self.steps += 1;
        let scale = if norm > clip { clip / norm } else { 1.0 };
        for (index, (_, var)) in parameters.iter().enumerate() {
            let mut values = var.flatten_all()?.to_vec1::<f32>()?;
            self.update(index, &mut values, &gradients[index], scale, rate);
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
        rate: f32,
    ) {
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - BETA1.powi(steps), 1.0 - BETA2.powi(steps));
        let moments = self.first[index].iter_mut().zip(&mut self.second[index]);
        for ((value, gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient * scale;
            *first = BETA1 * *first + (1.0 - BETA1) * gradient;
            *second = BETA2 * *second + (1.0 - BETA2) * gradient * gradient;
            let direction = (*first / correction1) / ((*second / correction2).sqrt() + EPSILON);
            *value -= rate * (direction + WEIGHT_DECAY * *value);
        }
    }
}
