//! Functions of single values.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use crate::kernels::{curve, exponential};
use crate::slice::f32_slice;

/// The tanh approximation of the Gaussian error linear unit.
pub fn gelu(input: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() {
        input
            .contiguous()?
            .apply_op1_no_bwd(&Map("gelu", exponential::gelu))
    } else {
        input.gelu()
    }
}

/// The Gaussian error linear unit itself, x Φ(x).
pub fn gelu_erf(input: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() {
        input
            .contiguous()?
            .apply_op1_no_bwd(&Map("gelu-erf", exponential::gelu_erf))
    } else {
        input.gelu_erf()
    }
}

/// The gate of `WaveNet` (van den Oord et al., 2016): `[time, 2 * channels]` to `[time, channels]`, the hyperbolic tangent of the first half
/// times the sigmoid of the second.
pub fn gate(input: &Tensor) -> Result<Tensor> {
    let channels = input.dim(1)? / 2;
    if input.device().is_cpu() {
        return input.contiguous()?.apply_op1_no_bwd(&Gate(channels));
    }
    let second = input.narrow(1, channels, channels)?;
    let sigmoid = (second.neg()?.exp()? + 1.0)?.recip()?;
    input.narrow(1, 0, channels)?.tanh()? * sigmoid
}

struct Gate(usize);

impl CustomOp1 for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let times = layout.shape().dims2()?.0;
        let output = exponential::gate(f32_slice(storage, layout)?, self.0);
        Ok((CpuStorage::F32(output), (times, self.0).into()))
    }
}

/// A function of single values, with its name.
struct Map(&'static str, fn(&[f32]) -> Vec<f32>);

impl CustomOp1 for Map {
    fn name(&self) -> &'static str {
        self.0
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let output = (self.1)(f32_slice(storage, layout)?);
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

/// The sine, to within 5e-7 up to some 10⁵.
pub fn sine(input: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() {
        input
            .contiguous()?
            .apply_op1_no_bwd(&Map("sine", curve::sine))
    } else {
        input.sin()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernels_give_what_candle_gives() {
        let input = Tensor::rand(-9.0_f32, 9.0, (37, 2 * 21), &Device::Cpu).unwrap();
        let second = input.narrow(1, 21, 21).unwrap();
        let sigmoid = (second.neg().unwrap().exp().unwrap() + 1.0).unwrap();
        let tanh = input.narrow(1, 0, 21).unwrap().tanh().unwrap();
        let expected = (tanh / sigmoid).unwrap();
        assert_near(&gate(&input).unwrap(), &expected, 1e-6);
        let sines = sine(&input).unwrap();
        assert_near(&sines, &input.sin().unwrap(), 1e-6);
        let expected = input.gelu_erf().unwrap();
        assert_near(&gelu_erf(&input).unwrap(), &expected, 1e-6);
    }
}
