//! Convolutions over two axes, on `[row, column, channel]`.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};

use crate::kernels::{
    plane::{Finish, Plane, Squares},
    winograd::Winograd,
};
use crate::slice::f32_slice;
use crate::{Linear, leaky_relu};

/// A convolution over squares of 1 or 3 rows and columns with zeros around its input, as large as that, with a rectifier behind it where wanted.
/// Cheap to clone.
#[derive(Clone)]
pub struct PlaneConvolution {
    weights: Weights,
    /// `[out]`
    bias: Tensor,
    rectified: bool,
    output: usize,
}

#[derive(Clone)]
enum Weights {
    /// `[out, in, side, side]`
    Composed(Tensor),
    Fast(Arc<(Winograd, Finish)>),
    Plain(Arc<(Squares, Finish)>),
}

impl PlaneConvolution {
    /// Of weights `[out, in, side, side]` and a bias `[out]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, rectified: bool, dtype: DType) -> Result<Self> {
        let (output, input, rows, columns) = weight.dims4()?;
        if rows != columns || !matches!(rows, 1 | 3) || bias.dims() != [output] {
            bail!("a convolution over {rows} by {columns} places, which has to be 1 or 3");
        }
        let weights = if weight.device().is_cpu() {
            let values = weight.flatten_all()?.to_vec1::<f32>()?;
            let finish = Finish {
                bias: bias.to_vec1()?,
                rectified: rectified.then(|| (vec![1.0; output], vec![0.0; output])),
            };
            if rows == 3 && input > 1 {
                Weights::Fast(Arc::new((Winograd::pack(&values, (input, output)), finish)))
            } else {
                let squares = Squares::pack(&values, (input, output), rows, 1);
                Weights::Plain(Arc::new((squares, finish)))
            }
        } else {
            Weights::Composed(weight.to_dtype(dtype)?.contiguous()?)
        };
        Ok(Self {
            weights,
            bias: bias.to_dtype(dtype)?,
            rectified,
            output,
        })
    }

    /// `[row, column, in]` to `[row, column, out]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        match &self.weights {
            Weights::Composed(weight) => self.composed(weight, input),
            _ => input.contiguous()?.apply_op1_no_bwd(self),
        }
    }

    fn composed(&self, weight: &Tensor, input: &Tensor) -> Result<Tensor> {
        let planes = input.permute((2, 0, 1))?.unsqueeze(0)?.contiguous()?;
        let output = planes.conv2d(weight, weight.dim(2)? / 2, 1, 1, 1)?;
        let output = output.squeeze(0)?.permute((1, 2, 0))?.contiguous()?;
        let output = output.broadcast_add(&self.bias)?;
        if self.rectified {
            output.relu()
        } else {
            Ok(output)
        }
    }
}

impl CustomOp1 for PlaneConvolution {
    fn name(&self) -> &'static str {
        "plane-convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, columns, channels) = layout.shape().dims3()?;
        let plane = Plane {
            values: f32_slice(storage, layout)?,
            frames: columns,
            channels,
        };
        let output = match &self.weights {
            Weights::Fast(fast) => fast.0.apply(plane, &fast.1),
            Weights::Plain(plain) => plain.0.apply(plane, &plain.1),
            Weights::Composed(_) => bail!("a kernel without its weights"),
        };
        let shape = (rows, columns, self.output).into();
        Ok((CpuStorage::F32(output), shape))
    }
}

/// A transposed convolution over 3 by 3 places of stride 2, padding 1 and output padding 1: twice as many rows and columns. Four outputs are
/// made at once of the four inputs that they look at.
#[derive(Clone)]
pub struct PlaneDoubling {
    /// `[4 * in]` to `[4 * out]`.
    product: Linear,
    output: usize,
    rectified: bool,
}

impl PlaneDoubling {
    /// Of weights `[in, out, 3, 3]` and a bias `[out]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, rectified: bool, dtype: DType) -> Result<Self> {
        let (input, output, rows, columns) = weight.dims4()?;
        if (rows, columns) != (3, 3) {
            bail!("a doubling of {rows} by {columns} places, which has to be of 3 by 3");
        }
        // An even output looks at its own input by the middle tap, an odd one at its own by the last and at the next by the first.
        let tap = |parity: usize, neighbour: usize| match (parity, neighbour) {
            (0, 0) => Some(1),
            (1, 0) => Some(2),
            (1, 1) => Some(0),
            _ => None,
        };
        let nothing = Tensor::zeros((input, output), DType::F32, weight.device())?;
        let mut inputs = Vec::with_capacity(4);
        for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let mut outputs = Vec::with_capacity(4);
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                outputs.push(match (tap(row, down), tap(column, right)) {
                    (Some(a), Some(b)) => weight
                        .narrow(2, a, 1)?
                        .narrow(3, b, 1)?
                        .reshape((input, output))?,
                    _ => nothing.clone(),
                });
            }
            inputs.push(Tensor::cat(&outputs, 1)?);
        }
        let weight = Tensor::cat(&inputs, 0)?.contiguous()?;
        Ok(Self {
            product: Linear::new(&weight, &bias.repeat(4)?, dtype)?,
            output,
            rectified,
        })
    }

    /// `[row, column, in]` to `[2 * row, 2 * column, out]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (rows, columns, channels) = input.dims3()?;
        let padded = input.pad_with_zeros(0, 0, 1)?.pad_with_zeros(1, 0, 1)?;
        let moved = |down, right| padded.narrow(0, down, rows)?.narrow(1, right, columns);
        let places = [moved(0, 0)?, moved(0, 1)?, moved(1, 0)?, moved(1, 1)?];
        let places = Tensor::cat(&places, 2)?.reshape((rows * columns, 4 * channels))?;
        let mut output = self.product.forward(&places)?;
        if self.rectified {
            output = leaky_relu(&output, 0.0)?;
        }
        let output = output.reshape(vec![rows, columns, 2, 2, self.output])?;
        let output = output.permute(vec![0, 2, 1, 3, 4])?.contiguous()?;
        output.reshape((2 * rows, 2 * columns, self.output))
    }
}

/// The means of squares of 2 by 2 places, `[row, column, channel]` to `[row / 2, column / 2, channel]`; both must be even.
pub fn halve_plane(input: &Tensor) -> Result<Tensor> {
    let (rows, columns, channels) = input.dims3()?;
    if rows % 2 != 0 || columns % 2 != 0 {
        bail!("{rows} by {columns} places cannot be halved");
    }
    let pairs = input.reshape((rows / 2, 2, columns * channels))?;
    let rows_added = (pairs.narrow(1, 0, 1)? + pairs.narrow(1, 1, 1)?)?;
    let pairs = rows_added.reshape((rows / 2, columns / 2, 2 * channels))?;
    let sums = (pairs.narrow(2, 0, channels)? + pairs.narrow(2, channels, channels)?)?;
    sums * 0.25
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    fn random(shape: &[usize]) -> Tensor {
        Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap()
    }

    fn channels_first(plane: &Tensor) -> Tensor {
        let planes = plane.permute((2, 0, 1)).unwrap().unsqueeze(0).unwrap();
        planes.contiguous().unwrap()
    }

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        for (rows, columns, input, output, side) in [
            (1, 1, 3, 2, 3),
            (9, 14, 1, 4, 3),
            (8, 6, 24, 40, 3),
            (7, 5, 6, 33, 1),
        ] {
            let (weight, bias) = (random(&[output, input, side, side]), random(&[output]));
            for rectified in [false, true] {
                let fast = PlaneConvolution::new(&weight, &bias, rectified, DType::F32).unwrap();
                let composed = PlaneConvolution {
                    weights: Weights::Composed(weight.clone()),
                    ..fast.clone()
                };
                let x = random(&[rows, columns, input]);
                assert_near(
                    &fast.forward(&x).unwrap(),
                    &composed.forward(&x).unwrap(),
                    1e-5,
                );
            }
        }
    }

    #[test]
    fn a_doubling_is_candles_transposed_convolution() {
        for (rows, columns, input, output) in [(1, 1, 3, 2), (4, 7, 8, 5)] {
            let (weight, bias) = (random(&[input, output, 3, 3]), random(&[output]));
            let layer = PlaneDoubling::new(&weight, &bias, true, DType::F32).unwrap();
            let x = random(&[rows, columns, input]);
            let expected = channels_first(&x)
                .conv_transpose2d(&weight, 1, 1, 2, 1)
                .unwrap();
            let expected = expected.squeeze(0).unwrap().permute((1, 2, 0)).unwrap();
            let expected = expected.broadcast_add(&bias).unwrap().relu().unwrap();
            assert_near(&layer.forward(&x).unwrap(), &expected, 1e-6);
        }
    }

    #[test]
    fn halves_are_candles_pooling() {
        let x = random(&[6, 4, 3]);
        let expected = channels_first(&x).avg_pool2d(2).unwrap();
        let expected = expected.squeeze(0).unwrap().permute((1, 2, 0)).unwrap();
        assert_near(&halve_plane(&x).unwrap(), &expected, 1e-6);
        assert!(halve_plane(&random(&[3, 4, 1])).is_err());
    }
}
