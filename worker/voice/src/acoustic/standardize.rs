//! Layer normalisation (Ba et al., 2016) without gain and bias, which the following product can hold.
//!
//! candle's fused layer norm has no backward pass and cuts gradients without a word; this one has.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, D, Layout, Result, Shape, Tensor, bail};

const EPSILON: f32 = 1e-5;

/// `[rows, channels]` to rows of mean 0 and variance 1.
pub(super) fn standardize(rows: &Tensor) -> Result<Tensor> {
    if rows.device().is_cpu() {
        return rows.contiguous()?.apply_op1(Standardize);
    }
    composed(rows)
}

fn composed(rows: &Tensor) -> Result<Tensor> {
    let centred = rows.broadcast_sub(&rows.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + f64::from(EPSILON))?.sqrt()?)
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("standardize needs contiguous rows"),
    }
}

/// A row's mean and the inverse of its standard deviation.
fn moments(row: &[f32]) -> (f32, f32) {
    let mean = sum(row, |x| x) / row.len() as f32;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
    (mean, (variance + EPSILON).sqrt().recip())
}

/// Sums in eight lanes, which the compiler turns into vector instructions.
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let chunks = row.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|x| of(*x)).sum();
    for chunk in chunks {
        lanes
            .iter_mut()
            .zip(chunk)
            .for_each(|(lane, x)| *lane += of(*x));
    }
    lanes.iter().sum::<f32>() + rest
}

struct Standardize;

impl CustomOp1 for Standardize {
    fn name(&self) -> &'static str {
        "standardize"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let channels = layout.shape().dims2()?.1;
        let source = contiguous(storage, layout)?;
        let mut target = Vec::with_capacity(source.len());
        for row in source.chunks_exact(channels) {
            let (mean, scale) = moments(row);
            target.extend(row.iter().map(|x| (x - mean) * scale));
        }
        Ok((CpuStorage::F32(target), layout.shape().clone()))
    }

    fn bwd(&self, rows: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        rows.contiguous()?
            .apply_op2_no_bwd(&gradient.contiguous()?, &Gradient)
            .map(Some)
    }
}

/// The gradient for the rows, of the rows and the gradient for the result.
struct Gradient;

impl CustomOp2 for Gradient {
    fn name(&self) -> &'static str {
        "standardize-gradient"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let channels = l1.shape().dims2()?.1;
        let (rows, gradients) = (contiguous(s1, l1)?, contiguous(s2, l2)?);
        let mut target = Vec::with_capacity(rows.len());
        let mut product = vec![0f32; channels];
        for (row, gradient) in rows
            .chunks_exact(channels)
            .zip(gradients.chunks_exact(channels))
        {
            let (mean, scale) = moments(row);
            for ((p, x), g) in product.iter_mut().zip(row).zip(gradient) {
                *p = (x - mean) * scale * g;
            }
            let along = sum(&product, |x| x) / channels as f32;
            let shift = sum(gradient, |x| x) / channels as f32;
            let terms = row.iter().zip(gradient);
            target.extend(terms.map(|(x, g)| scale * (g - shift - (x - mean) * scale * along)));
        }
        Ok((CpuStorage::F32(target), l1.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn agrees_with_the_composed_form_and_so_does_its_gradient() {
        let values: Vec<f32> = (0..57)
            .map(|i| (i as f32 * 1.3).cos() * 3.0 + 0.5)
            .collect();
        let rows =
            Var::from_tensor(&Tensor::from_vec(values, (3, 19), &Device::Cpu).unwrap()).unwrap();
        let weights = (0..57)
            .map(|i| (i as f32 * 0.9).sin())
            .collect::<Vec<f32>>();
        let weights = Tensor::from_vec(weights, (3, 19), &Device::Cpu).unwrap();
        let gradient = |result: &Tensor| {
            let loss = (result * &weights).unwrap().sum_all().unwrap();
            loss.backward()
                .unwrap()
                .get(&rows)
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1::<f32>()
                .unwrap()
        };
        let (ours, theirs) = (standardize(&rows).unwrap(), composed(&rows).unwrap());
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (a, b) in flat(&ours).iter().zip(flat(&theirs)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        for (a, b) in gradient(&ours).iter().zip(gradient(&theirs)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
