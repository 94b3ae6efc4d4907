//! A convolution over a whole utterance, whose output is as long as its input.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Result, Shape, Tensor, bail};

use crate::activation::{Activation, Parameters};
use crate::kernels::{panels::Panels, toom_cook::ToomCook};
use crate::slice::f32_slice;

/// Channels from which on fewer multiplications are worth the transformation.
const LEAST_CHANNELS: usize = 16;

/// A convolution of stride 1 with zeros around its input and an activation in front. Its sums are counted from the first row on: not for
/// pieces of streams, which [`Convolution`](crate::Convolution) is for. Cheap to clone.
#[derive(Clone)]
pub struct SameConvolution {
    weights: Weights,
    /// `[out]`
    bias: Tensor,
    taps: usize,
    dilation: usize,
}

#[derive(Clone)]
enum Weights {
    /// `[in, out]` for each tap.
    Composed(Vec<Tensor>),
    Plain(Arc<Panels>),
    Fast(Arc<ToomCook>),
}

impl SameConvolution {
    /// Of weights `[out, in, tap]` and a bias `[out]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, dilation: usize, dtype: DType) -> Result<Self> {
        let (output, input, taps) = weight.dims3()?;
        if taps == 0 || dilation == 0 || bias.dims() != [output] {
            bail!(
                "a convolution of {taps} taps, dilation {dilation}, a bias of {:?} for {output} outputs",
                bias.dims()
            );
        }
        let is_fast = taps >= 3 && taps % 2 == 1 && input >= LEAST_CHANNELS;
        let by_taps = || weight.permute((2, 1, 0))?.contiguous();
        let weights = if !weight.device().is_cpu() {
            let weight = by_taps()?;
            let tap = |tap| weight.get(tap)?.to_dtype(dtype)?.contiguous();
            Weights::Composed((0..taps).map(tap).collect::<Result<_>>()?)
        } else if is_fast {
            let values = weight.flatten_all()?.to_vec1::<f32>()?;
            let fast = ToomCook::pack(&values, taps, (input, output), dilation);
            Weights::Fast(Arc::new(fast))
        } else {
            let values = by_taps()?.flatten_all()?.to_vec1::<f32>()?;
            let plain = Panels::pack(&values, taps, input, output, dilation);
            Weights::Plain(Arc::new(plain))
        };
        Ok(Self {
            weights,
            bias: bias.to_dtype(dtype)?,
            taps,
            dilation,
        })
    }

    /// `[time, in]` to `[time, out]`, the residual `[time, out]` added where there is one.
    pub fn forward(
        &self,
        input: &Tensor,
        activation: Activation<'_>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        if let Weights::Composed(taps) = &self.weights {
            return self.composed(taps, input, activation, residual);
        }
        let kernel = Kernel {
            convolution: self,
            bias: self.bias.to_vec1()?,
            activation: activation.parameters()?,
        };
        let input = input.contiguous()?;
        match residual {
            Some(residual) => input.apply_op2_no_bwd(&residual.contiguous()?, &kernel),
            None => input.apply_op1_no_bwd(&kernel),
        }
    }

    /// Rows of zeros in front.
    fn before(&self) -> usize {
        (self.taps - 1) * self.dilation / 2
    }

    fn composed(
        &self,
        taps: &[Tensor],
        input: &Tensor,
        activation: Activation<'_>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        let times = input.dim(0)?;
        let input = activation.composed(input)?;
        let (reach, before) = ((self.taps - 1) * self.dilation, self.before());
        let input = input.pad_with_zeros(0, before, reach - before)?;
        let mut sum = None;
        for (tap, weight) in taps.iter().enumerate() {
            let rows = input.narrow(0, tap * self.dilation, times)?;
            let product = rows.matmul(weight)?;
            sum = Some(match sum {
                Some(sum) => (sum + product)?,
                None => product.broadcast_add(&self.bias)?,
            });
        }
        let Some(sum) = sum else {
            bail!("a convolution without taps");
        };
        match residual {
            Some(residual) => sum + residual,
            None => Ok(sum),
        }
    }
}

struct Kernel<'a> {
    convolution: &'a SameConvolution,
    bias: Vec<f32>,
    activation: Parameters,
}

impl Kernel<'_> {
    fn apply(
        &self,
        (storage, layout): (&CpuStorage, &Layout),
        residual: Option<&[f32]>,
    ) -> Result<(CpuStorage, Shape)> {
        let (times, channels) = layout.shape().dims2()?;
        let values = f32_slice(storage, layout)?;
        let (input, output) = match &self.convolution.weights {
            Weights::Composed(_) => bail!("a kernel without its weights"),
            Weights::Plain(panels) => (panels.input, panels.output),
            Weights::Fast(fast) => fast.channels(),
        };
        if channels != input || residual.is_some_and(|rows| rows.len() != times * output) {
            bail!("{channels} channels instead of {input}, or a residual of another size");
        }
        let front = self.activation.front(channels)?;
        let output = match &self.convolution.weights {
            Weights::Fast(fast) => fast.apply(values, front, &self.bias, residual),
            Weights::Plain(panels) if panels.taps == 1 && front.is_nothing() => {
                panels.apply(values, &self.bias, residual)
            }
            Weights::Plain(panels) => {
                let before = self.convolution.before() * channels;
                let mut padded = vec![0.0; values.len() + panels.reach() * channels];
                front.write(values, channels, &mut padded[before..][..values.len()]);
                panels.apply(&padded, &self.bias, residual)
            }
            Weights::Composed(_) => Vec::new(),
        };
        let width = output.len() / times.max(1);
        Ok((CpuStorage::F32(output), (times, width).into()))
    }
}

impl CustomOp1 for Kernel<'_> {
    fn name(&self) -> &'static str {
        "same-convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.apply((storage, layout), None)
    }
}

impl CustomOp2 for Kernel<'_> {
    fn name(&self) -> &'static str {
        "same-convolution-with-residual"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let residual = f32_slice(residual, residual_layout)?;
        self.apply((storage, layout), Some(residual))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::activation::{Curve, Modulation};
    use crate::difference::assert_near;

    fn random(shape: &[usize]) -> Tensor {
        Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        for (times, taps, dilation, input, output) in [
            (1, 3, 1, 16, 5),
            (5, 1, 1, 8, 33),
            (9, 4, 1, 8, 32),
            (50, 3, 5, 514, 40),
            (300, 5, 1, 30, 64),
            (777, 7, 3, 48, 32),
            (1000, 11, 5, 32, 33),
            (301, 3, 1, 32, 32),
        ] {
            let (weight, bias) = (random(&[output, input, taps]), random(&[output]));
            let fast = SameConvolution::new(&weight, &bias, dilation, DType::F32).unwrap();
            let part = |tap| weight.narrow(2, tap, 1)?.squeeze(2)?.t()?.contiguous();
            let parts = (0..taps).map(|tap| part(tap).unwrap()).collect();
            let composed = SameConvolution {
                weights: Weights::Composed(parts),
                ..fast.clone()
            };
            let x = random(&[times, input]);
            let residual = random(&[times, output]);
            let modulation = Modulation {
                factors: random(&[input]),
                summands: random(&[input]),
            };
            let alphas = (random(&[input]) + 1.5).unwrap();
            for (activation, residual) in [
                (Activation::IDENTITY, None),
                (Activation::leaky(0.1), Some(&residual)),
                (
                    Activation::modulated(&modulation, Curve::Snake(&alphas)),
                    None,
                ),
            ] {
                assert_near(
                    &fast.forward(&x, activation, residual).unwrap(),
                    &composed.forward(&x, activation, residual).unwrap(),
                    5e-6,
                );
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let layer = SameConvolution::new(&random(&[32, 32, 7]), &random(&[32]), 3, DType::F32);
        let (layer, x) = (layer.unwrap(), random(&[3000, 32]));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let output = pool
                .build()
                .unwrap()
                .install(|| layer.forward(&x, Activation::leaky(0.1), None));
            output.unwrap().to_vec2::<f32>().unwrap()
        };
        assert!(with(1) == with(3));
    }
}
