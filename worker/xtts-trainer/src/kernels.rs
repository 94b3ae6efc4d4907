//! What takes the time between the products of matrices, written for the vector units of CPUs, in place where that can be. Sums are added
//! up in one order, whatever the number of threads.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into a function for certain vector units is not compiled for them"
)]

use candle_core::{
    CpuStorage, CustomOp2, InplaceOp2, InplaceOp3, Layout, Result, Shape, Storage, Tensor, bail,
};
use kiskadee_nn::f32_slice;
use pulp::Arch;
use rayon::prelude::*;

/// Values that one thread works on before it takes the next ones.
const AT_ONCE: usize = 1 << 14;
/// The slope of the tanh form of GELU: √(2/π).
const SLOPE: f32 = 0.797_884_6;
const CUBE: f32 = 0.044_715;

/// `a += b`.
pub(crate) struct Add;

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add-in-place"
    }

    fn cpu_fwd(&self, a: &mut CpuStorage, al: &Layout, b: &CpuStorage, bl: &Layout) -> Result<()> {
        zip(
            values_mut(a, al)?,
            f32_slice(b, bl)?,
            #[inline(always)]
            |a, b| *a += b,
        );
        Ok(())
    }
}

/// A moving mean of values or of their squares: `a = β a + (1 - β) f(b)` where b is first brought to its scale.
pub(crate) struct Moment {
    pub(crate) beta: f32,
    pub(crate) scale: f32,
    pub(crate) is_squared: bool,
}

impl InplaceOp2 for Moment {
    fn name(&self) -> &'static str {
        "moment"
    }

    fn cpu_fwd(&self, a: &mut CpuStorage, al: &Layout, b: &CpuStorage, bl: &Layout) -> Result<()> {
        let (beta, rest, scale) = (self.beta, 1.0 - self.beta, self.scale);
        let (a, b) = (values_mut(a, al)?, f32_slice(b, bl)?);
        if self.is_squared {
            zip(
                a,
                b,
                #[inline(always)]
                |a, b| *a = beta * *a + rest * (scale * b) * (scale * b),
            );
        } else {
            zip(
                a,
                b,
                #[inline(always)]
                |a, b| *a = beta * *a + rest * (scale * b),
            );
        }
        Ok(())
    }
}

/// The step of `AdamW` out of both moments.
pub(crate) struct Move {
    /// What the parameter keeps of itself.
    pub(crate) keep: f32,
    /// The rate, with the first moment's correction in it.
    pub(crate) rate: f32,
    /// The root of the second moment's correction.
    pub(crate) root: f32,
    pub(crate) epsilon: f32,
}

impl InplaceOp3 for Move {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        a: &mut CpuStorage,
        al: &Layout,
        first: &CpuStorage,
        fl: &Layout,
        second: &CpuStorage,
        sl: &Layout,
    ) -> Result<()> {
        let Self {
            keep,
            rate,
            root,
            epsilon,
        } = *self;
        let values = values_mut(a, al)?.par_chunks_mut(AT_ONCE);
        let moments = f32_slice(first, fl)?.par_chunks(AT_ONCE);
        let moments = moments.zip(f32_slice(second, sl)?.par_chunks(AT_ONCE));
        values.zip(moments).for_each(|(values, (first, second))| {
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    for ((value, first), second) in values.iter_mut().zip(first).zip(second) {
                        *value = keep * *value - rate * first / (second.sqrt() / root + epsilon);
                    }
                },
            );
        });
        Ok(())
    }
}

/// The gradient of the tanh form of GELU.
pub(crate) fn gelu_backward(input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() {
        return input.apply_op2_no_bwd(&gradient.contiguous()?, &GeluBackward);
    }
    let square = input.sqr()?;
    let tanh = ((input * f64::from(SLOPE))? * square.affine(f64::from(CUBE), 1.0)?)?.tanh()?;
    let inner = square.affine(f64::from(3.0 * CUBE * SLOPE), f64::from(SLOPE))?;
    let steep = ((tanh.sqr()?.affine(-0.5, 0.5)? * input)? * inner)?;
    (tanh.affine(0.5, 0.5)? + steep)? * gradient
}

struct GeluBackward;

impl CustomOp2 for GeluBackward {
    fn name(&self) -> &'static str {
        "gelu-backward"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        g: &CpuStorage,
        gl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut output = f32_slice(g, gl)?.to_vec();
        zip(
            &mut output,
            f32_slice(x, xl)?,
            #[inline(always)]
            |gradient, x| {
                let square = x * x;
                // (1 + tanh u) / 2 is the logistic function of 2 u.
                let share = 1.0 / (1.0 + exp(-2.0 * SLOPE * x * (1.0 + CUBE * square)));
                let inner = SLOPE * (1.0 + 3.0 * CUBE * square);
                *gradient *= share + 2.0 * x * share * (1.0 - share) * inner;
            },
        );
        Ok((CpuStorage::F32(output), xl.shape().clone()))
    }
}

/// The gradient of a softmax over the last dimension, out of what it gave: p (g - Σ p g).
pub(crate) fn softmax_backward(shares: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    if shares.device().is_cpu() {
        return shares.apply_op2_no_bwd(&gradient.contiguous()?, &SoftmaxBackward);
    }
    let products = (shares * gradient)?;
    let sums = products.sum_keepdim(candle_core::D::Minus1)?;
    products - shares.broadcast_mul(&sums)?
}

struct SoftmaxBackward;

impl CustomOp2 for SoftmaxBackward {
    fn name(&self) -> &'static str {
        "softmax-backward"
    }

    fn cpu_fwd(
        &self,
        p: &CpuStorage,
        pl: &Layout,
        g: &CpuStorage,
        gl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let width = *pl.dims().last().unwrap_or(&1);
        let mut output = f32_slice(g, gl)?.to_vec();
        let rows = output.par_chunks_mut(width);
        let rows = rows.zip(f32_slice(p, pl)?.par_chunks(width));
        rows.for_each(|(gradient, shares)| {
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    let sum = dot(gradient, shares);
                    for (gradient, share) in gradient.iter_mut().zip(shares) {
                        *gradient = share * (*gradient - sum);
                    }
                },
            );
        });
        Ok((CpuStorage::F32(output), pl.shape().clone()))
    }
}

/// The sum of squares, in f64.
pub(crate) fn square_sum(tensor: &Tensor) -> Result<f64> {
    if !tensor.device().is_cpu() {
        return Ok(f64::from(tensor.sqr()?.sum_all()?.to_scalar::<f32>()?));
    }
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else {
        bail!("a tensor on the CPU is not there");
    };
    let chunks = f32_slice(storage, layout)?.par_chunks(AT_ONCE);
    let sums: Vec<f64> = chunks
        .map(|chunk| chunk.iter().map(|x| f64::from(*x) * f64::from(*x)).sum())
        .collect();
    Ok(sums.iter().sum())
}

#[inline(always)]
fn zip(a: &mut [f32], b: &[f32], work: impl Fn(&mut f32, f32) + Sync) {
    let chunks = a.par_chunks_mut(AT_ONCE).zip(b.par_chunks(AT_ONCE));
    chunks.for_each(|(a, b)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (a, b) in a.iter_mut().zip(b) {
                    work(a, *b);
                }
            },
        );
    });
}

/// In sixteen sums, whatever the width of the vectors.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let (blocks, rest) = a.as_chunks::<16>();
    let (others, other_rest) = b.as_chunks::<16>();
    for (block, other) in blocks.iter().zip(others) {
        for ((sum, x), y) in sums.iter_mut().zip(block).zip(other) {
            *sum += x * y;
        }
    }
    for ((sum, x), y) in sums.iter_mut().zip(rest).zip(other_rest) {
        *sum += x * y;
    }
    sums.iter().sum()
}

/// e to the power of x to within 2e-7 of the result, in arithmetic that compilers turn into vector instructions.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUNDING: f32 = 12_582_912.0;
    let scaled = (x * std::f32::consts::LOG2_E).clamp(-126.0, 127.0);
    let shifted = scaled + ROUNDING;
    let rest = (scaled - (shifted - ROUNDING)) * std::f32::consts::LN_2;
    let exponent = shifted.to_bits().wrapping_sub(ROUNDING.to_bits());
    let power = f32::from_bits(exponent.wrapping_add(127) << 23);
    let mut sum = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * rest + factor;
    }
    sum * power
}

fn values_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let CpuStorage::F32(values) = storage else {
        bail!("a kernel wants f32");
    };
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&mut values[start..end]),
        None => bail!("a kernel wants contiguous values"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    #[test]
    fn slopes_of_gelu_are_those_of_differences() {
        let points: Vec<f32> = (-60..60).map(|i| i as f32 / 10.0).collect();
        let ones = vec![1.0f32; points.len()];
        let slopes = gelu_backward(&tensor(&points), &tensor(&ones)).unwrap();
        let gelu = |x: f64| {
            let u = 0.797_884_560_8 * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + u.tanh())
        };
        for (x, slope) in points.iter().zip(slopes.to_vec1::<f32>().unwrap()) {
            let x = f64::from(*x);
            let expected = (gelu(x + 1e-5) - gelu(x - 1e-5)) / 2e-5;
            assert!((f64::from(slope) - expected).abs() < 2e-6, "{x}");
        }
    }

    #[test]
    fn a_step_of_adamw_is_that_of_the_book() {
        let (value, first, second) = (tensor(&[2.0]), tensor(&[0.5]), tensor(&[0.25]));
        let gradient = tensor(&[4.0]);
        let moment = |beta, is_squared| Moment {
            beta,
            scale: 0.5,
            is_squared,
        };
        first.inplace_op2(&gradient, &moment(0.9, false)).unwrap();
        second.inplace_op2(&gradient, &moment(0.75, true)).unwrap();
        let step = Move {
            keep: 0.5,
            rate: 0.1,
            root: 2.0,
            epsilon: 0.0,
        };
        value.inplace_op3(&first, &second, &step).unwrap();
        let of = |tensor: &Tensor| tensor.to_vec1::<f32>().unwrap()[0];
        assert!((of(&first) - 0.65).abs() < 1e-6);
        assert!((of(&second) - 1.1875).abs() < 1e-6);
        let expected = 1.0 - 0.1 * 0.65 / (1.1875f32.sqrt() / 2.0);
        assert!((of(&value) - expected).abs() < 1e-6);
    }

    #[test]
    fn squares_are_added_up_in_full() {
        let many = tensor(&vec![0.1; 1_000_000]);
        let expected = 1e6 * f64::from(0.1f32).powi(2);
        assert!((square_sum(&many).unwrap() - expected).abs() < 1e-6);
    }
}
