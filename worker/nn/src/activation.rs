//! What stands in front of a convolution: a modulation of each channel, then a curve.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use crate::kernels::{curve, statistics::statistics};
use crate::slice::f32_slice;

/// The leaky ReLU of a slope of at most 1.
pub fn leaky_relu(input: &Tensor, slope: f32) -> Result<Tensor> {
    Activation::leaky(slope).apply(input)
}

/// A factor and a summand for each channel, `[channel]` both.
#[derive(Clone)]
pub struct Modulation {
    pub factors: Tensor,
    pub summands: Tensor,
}

impl Modulation {
    /// Adaptive instance normalisation (Huang and Belongie, 2017) of `[time, channel]`: (1 + gamma) (x - mean) / deviation + beta, mean and biased
    /// variance over the whole time. Gamma and beta are `[channel]`.
    pub fn instance_norm(
        input: &Tensor,
        gamma: &Tensor,
        beta: &Tensor,
        epsilon: f64,
    ) -> Result<Self> {
        if !input.device().is_cpu() {
            return Self::composed(input, gamma, beta, epsilon);
        }
        let channels = input.dim(1)?;
        let (gamma, beta) = (gamma.to_vec1::<f32>()?, beta.to_vec1::<f32>()?);
        let input = input.contiguous()?;
        let (storage, layout) = input.storage_and_layout();
        let (means, variances) = match &*storage {
            candle_core::Storage::Cpu(storage) => statistics(f32_slice(storage, layout)?, channels),
            _ => candle_core::bail!("a tensor on the CPU is not there"),
        };
        let gamma = gamma.iter().map(|gamma| 1.0 + f64::from(*gamma));
        let factors: Vec<f64> = gamma
            .zip(variances)
            .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
            .collect();
        let summands = beta.iter().zip(&factors).zip(means);
        let summands = summands.map(|((beta, factor), mean)| f64::from(*beta) - mean * factor);
        let tensor = |values: Vec<f32>| Tensor::from_vec(values, channels, input.device());
        Ok(Self {
            summands: tensor(summands.map(|summand| summand as f32).collect())?,
            factors: tensor(factors.iter().map(|factor| *factor as f32).collect())?,
        })
    }

    fn composed(input: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Result<Self> {
        let dtype = input.dtype();
        let input = input.to_dtype(DType::F32)?;
        let means = input.mean_keepdim(0)?;
        let variances = input.broadcast_sub(&means)?.sqr()?.mean(0)?;
        let gamma = (gamma.to_dtype(DType::F32)? + 1.0)?;
        let factors = (gamma / (variances + epsilon)?.sqrt()?)?;
        let summands = (beta.to_dtype(DType::F32)? - (means.squeeze(0)? * &factors)?)?;
        Ok(Self {
            factors: factors.to_dtype(dtype)?,
            summands: summands.to_dtype(dtype)?,
        })
    }
}

/// A function of one value.
#[derive(Clone, Copy)]
pub enum Curve<'a> {
    Identity,
    /// A leaky ReLU of a slope of at most 1; 0 is the plain one.
    Leaky(f32),
    /// x + sin²(αx) / α with an α for each channel, `[channel]`, none of them 0.
    Snake(&'a Tensor),
}

/// What stands in front of a convolution: a modulation, then a curve.
#[derive(Clone, Copy)]
pub struct Activation<'a> {
    pub modulation: Option<&'a Modulation>,
    pub curve: Curve<'a>,
}

impl<'a> Activation<'a> {
    pub const IDENTITY: Activation<'static> = Activation {
        modulation: None,
        curve: Curve::Identity,
    };

    /// A leaky ReLU alone.
    pub fn leaky(slope: f32) -> Self {
        Self {
            modulation: None,
            curve: Curve::Leaky(slope),
        }
    }

    /// A modulation and a curve behind it.
    pub fn modulated(modulation: &'a Modulation, curve: Curve<'a>) -> Self {
        Self {
            modulation: Some(modulation),
            curve,
        }
    }

    /// Of `[time, channel]`, in one pass.
    pub fn apply(&self, input: &Tensor) -> Result<Tensor> {
        if input.device().is_cpu() {
            let parameters = self.parameters()?;
            input.contiguous()?.apply_op1_no_bwd(&Apply(parameters))
        } else {
            self.composed(input)
        }
    }

    pub(crate) fn composed(&self, input: &Tensor) -> Result<Tensor> {
        let input = match self.modulation {
            Some(Modulation { factors, summands }) => {
                input.broadcast_mul(factors)?.broadcast_add(summands)?
            }
            None => input.clone(),
        };
        match self.curve {
            Curve::Identity => Ok(input),
            Curve::Leaky(slope) => input.maximum(&(&input * f64::from(slope))?),
            Curve::Snake(alphas) => {
                let sines = input.broadcast_mul(alphas)?.sin()?;
                input + sines.sqr()?.broadcast_div(alphas)?
            }
        }
    }

    /// The vectors as the kernels take them.
    pub(crate) fn parameters(&self) -> Result<Parameters> {
        let modulation = self.modulation.map(|Modulation { factors, summands }| {
            Result::Ok((factors.to_vec1::<f32>()?, summands.to_vec1::<f32>()?))
        });
        Ok(Parameters {
            modulation: modulation.transpose()?,
            curve: match self.curve {
                Curve::Identity => Kind::Identity,
                Curve::Leaky(slope) => Kind::Leaky(slope),
                Curve::Snake(alphas) => Kind::Snake(alphas.to_vec1()?),
            },
        })
    }
}

/// An [`Activation`] with its vectors in memory.
pub(crate) struct Parameters {
    modulation: Option<(Vec<f32>, Vec<f32>)>,
    curve: Kind,
}

enum Kind {
    Identity,
    Leaky(f32),
    Snake(Vec<f32>),
}

impl Parameters {
    /// As the kernels take it, for so many channels.
    pub(crate) fn front(&self, channels: usize) -> Result<curve::Front<'_>> {
        let checked = |vector: &[f32]| match vector.len() {
            length if length == channels => Ok(()),
            length => candle_core::bail!("a vector of {length} for {channels} channels"),
        };
        if let Some((factors, summands)) = &self.modulation {
            checked(factors)?;
            checked(summands)?;
        }
        let modulation = self.modulation.as_ref();
        Ok(curve::Front {
            modulation: modulation.map(|(factors, summands)| (&factors[..], &summands[..])),
            curve: match &self.curve {
                Kind::Identity => curve::Curve::Identity,
                Kind::Leaky(slope) => curve::Curve::Leaky(*slope),
                Kind::Snake(alphas) => {
                    checked(alphas)?;
                    curve::Curve::Snake(alphas)
                }
            },
        })
    }
}

struct Apply(Parameters);

impl CustomOp1 for Apply {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, channels) = layout.shape().dims2()?;
        let front = self.0.front(channels)?;
        let output = front.apply(f32_slice(storage, layout)?, channels);
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernels_give_what_the_composed_forms_give() {
        for (times, channels) in [(40, 3), (700, 37), (129, 64)] {
            let random =
                |low, high, shape: &[usize]| Tensor::rand(low, high, shape, &Device::Cpu).unwrap();
            let input = random(-1.0_f32, 3.0, &[times, channels]);
            let vector = |low, high| random(low, high, &[channels]);
            let (gamma, beta, alphas) = (vector(-0.5, 0.5), vector(-1.0, 1.0), vector(0.1, 4.0));
            let fast = Modulation::instance_norm(&input, &gamma, &beta, 1e-5).unwrap();
            let composed = Modulation::composed(&input, &gamma, &beta, 1e-5).unwrap();
            assert_near(&fast.factors, &composed.factors, 1e-5);
            assert_near(&fast.summands, &composed.summands, 1e-5);
            for curve in [Curve::Identity, Curve::Leaky(0.2), Curve::Snake(&alphas)] {
                let activation = Activation::modulated(&composed, curve);
                assert_near(
                    &activation.apply(&input).unwrap(),
                    &activation.composed(&input).unwrap(),
                    2e-6,
                );
            }
        }
    }

    #[test]
    fn vectors_of_another_size_are_refused() {
        let input = Tensor::zeros((4, 3), DType::F32, &Device::Cpu).unwrap();
        let alphas = Tensor::ones(2, DType::F32, &Device::Cpu).unwrap();
        let activation = Activation {
            modulation: None,
            curve: Curve::Snake(&alphas),
        };
        assert!(activation.apply(&input).is_err());
    }
}
