//! Attention that knows how far two positions are apart (Shaw et al., "Self-Attention with Relative Position Representations", 2018).

use candle_core::{D, Tensor};
use kiskadee_nn::Extras;

use super::layers::{BiasedConvolution, Loader};
use crate::{config::EncoderSizes, error::Result, trace::Trace};

/// Queries whose scores are in memory at a time.
const QUERIES_AT_ONCE: usize = 256;

pub(super) struct Attention {
    name: String,
    /// Queries, keys and values in one.
    inputs: BiasedConvolution,
    output: BiasedConvolution,
    /// For each distance from `-window` to `window`, `[dim, 2 window + 1]` and `[2 window + 1, dim]`; shared by the heads.
    relative_keys: Tensor,
    relative_values: Tensor,
    heads: usize,
    window: usize,
}

impl Attention {
    pub(super) fn load(loader: &Loader<'_>, number: usize, sizes: &EncoderSizes) -> Result<Self> {
        let name = format!("encoder.attn_layers.{number}");
        let loader = loader.at(&name);
        let (width, heads, window) = (sizes.width, sizes.heads, sizes.window);
        let parts = ["conv_q", "conv_k", "conv_v"].map(|part| loader.taps(part, (width, width), 1));
        let (weights, biases): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let inputs = Tensor::cat(&weights, 2)?;
        let relative = |name| -> Result<Tensor> {
            let shape = [1, 2 * window + 1, width / heads];
            Ok(loader.tensor(name, &shape)?.squeeze(0)?)
        };
        Ok(Self {
            name: format!("enc_p.{name}"),
            inputs: BiasedConvolution::new(&inputs, Tensor::cat(&biases, 0)?, 1)?,
            output: loader.pointwise("conv_o", (width, width))?,
            relative_keys: relative("emb_rel_k")?.t()?.contiguous()?,
            relative_values: relative("emb_rel_v")?,
            heads,
            window,
        })
    }

    /// `[time, channel]` to the same.
    pub(super) fn forward(&self, input: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let (times, width) = input.dims2()?;
        let inputs = self.inputs.apply(input, Extras::default())?;
        let parts: Vec<Tensor> = ["q", "k", "v"]
            .into_iter()
            .enumerate()
            .map(|(place, part)| {
                let rows = inputs.narrow(1, place * width, width)?;
                trace.show(|| format!("{}.conv_{part}", self.name), || Ok(rows.clone()))?;
                let heads = rows.reshape((times, self.heads, width / self.heads))?;
                Ok(heads.transpose(0, 1)?.contiguous()?)
            })
            .collect::<Result<_>>()?;
        let [queries, keys, values] = parts.as_slice() else {
            return Err(candle_core::Error::Msg("attention without its parts".into()).into());
        };
        let scale = 1.0 / ((width / self.heads) as f64).sqrt();
        let (queries, keys) = ((queries * scale)?, keys.transpose(1, 2)?);
        let mut outputs = Vec::new();
        let mut softmax = Vec::new();
        for first in (0..times).step_by(QUERIES_AT_ONCE) {
            let count = QUERIES_AT_ONCE.min(times - first);
            let queries = queries.narrow(1, first, count)?.contiguous()?;
            let shares = self.shares(&queries, &keys, first)?;
            outputs.push(self.mix(&shares, values, first)?);
            trace.show(String::new, || {
                softmax.push(shares.clone());
                Ok(shares)
            })?;
        }
        trace.show(
            || format!("{}.softmax", self.name),
            || Tensor::cat(&softmax, 1),
        )?;
        let mixed = Tensor::cat(&outputs, 1)?.transpose(0, 1)?;
        let mixed = mixed.contiguous()?.reshape((times, width))?;
        let output = self.output.apply(&mixed, Extras::default())?;
        trace.show(|| format!("{}.conv_o", self.name), || Ok(output.clone()))?;
        Ok(output)
    }

    /// What each query takes of each value, `[head, query, time]`, for queries from `first` on.
    fn shares(&self, queries: &Tensor, keys: &Tensor, first: usize) -> Result<Tensor> {
        let (heads, count, dim) = queries.dims3()?;
        let scores = queries.matmul(keys)?;
        let relative = queries.reshape((heads * count, dim))?;
        let relative = relative.matmul(&self.relative_keys)?;
        let relative = relative.reshape((heads, count, 2 * self.window + 1))?;
        let scores = (scores + self.spread(&relative, first, keys.dim(2)?)?)?;
        Ok(candle_nn::ops::softmax_last_dim(&scores)?)
    }

    fn mix(&self, shares: &Tensor, values: &Tensor, first: usize) -> Result<Tensor> {
        let (heads, count, _) = shares.dims3()?;
        let near = self.gather(shares, first)?;
        let near = near.reshape((heads * count, 2 * self.window + 1))?;
        let relative = near.matmul(&self.relative_values)?;
        let relative = relative.reshape((heads, count, self.relative_values.dim(1)?))?;
        Ok((shares.matmul(values)? + relative)?)
    }

    /// Values for distances `[head, query, distance]` to where they belong in `[head, query, time]`.
    fn spread(&self, near: &Tensor, first: usize, times: usize) -> Result<Tensor> {
        let (heads, count, distances) = near.dims3()?;
        // In rows that are longer by one than those read, each stands one place further right than the one above.
        let longer = count + distances;
        let rows = near.pad_with_zeros(D::Minus1, 0, longer - distances)?;
        let rows = rows.reshape((heads, count * longer))?;
        let rows = rows.narrow(1, 0, count * (longer - 1))?.contiguous()?;
        let rows = rows.reshape((heads, count, longer - 1))?;
        let rows = rows.pad_with_zeros(D::Minus1, first, times - first - count)?;
        Ok(rows.narrow(2, self.window, times)?.contiguous()?)
    }

    /// The reverse: what `[head, query, time]` has at the distances, `[head, query, distance]`.
    fn gather(&self, all: &Tensor, first: usize) -> Result<Tensor> {
        let (heads, count, _) = all.dims3()?;
        let distances = 2 * self.window + 1;
        let longer = count + distances;
        let rows = all.pad_with_zeros(D::Minus1, self.window, self.window)?;
        let rows = rows.narrow(2, first, longer - 1)?.contiguous()?;
        let rows = rows.reshape((heads, count * (longer - 1)))?;
        let rows = rows.pad_with_zeros(D::Minus1, 0, count)?;
        let rows = rows.reshape((heads, count, longer))?;
        Ok(rows.narrow(2, 0, distances)?.contiguous()?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn distances_stand_where_they_belong_and_come_back() {
        let (window, times) = (2, 7);
        let one = Tensor::zeros((1, 1, 1), DType::F32, &Device::Cpu).unwrap();
        let none = || {
            BiasedConvolution::new(&one, Tensor::zeros(1, DType::F32, &Device::Cpu).unwrap(), 1)
                .unwrap()
        };
        let attention = Attention {
            name: String::new(),
            inputs: none(),
            output: none(),
            relative_keys: one.squeeze(0).unwrap(),
            relative_values: one.squeeze(0).unwrap(),
            heads: 1,
            window,
        };
        for (first, count) in [(0, 7), (0, 3), (3, 4), (6, 1)] {
            let values: Vec<f32> = (1..=count * 5).map(|value| value as f32).collect();
            let near = Tensor::from_vec(values, (1, count, 5), &Device::Cpu).unwrap();
            let spread = attention.spread(&near, first, times).unwrap();
            let rows: Vec<Vec<f32>> = spread.squeeze(0).unwrap().to_vec2().unwrap();
            let mut expected_back = near.to_vec3::<f32>().unwrap();
            for (query, row) in rows.iter().enumerate() {
                for (time, value) in row.iter().enumerate() {
                    let distance = time as isize - (first + query) as isize + window as isize;
                    let inside = (0..5).contains(&distance);
                    let expected = if inside {
                        (query * 5) as f32 + distance as f32 + 1.0
                    } else {
                        0.0
                    };
                    assert!((value - expected).abs() < 1e-6, "{first} {query} {time}");
                }
                for distance in 0..5 {
                    let time = (first + query + distance) as isize - window as isize;
                    if !(0..times as isize).contains(&time) {
                        expected_back[0][query][distance] = 0.0;
                    }
                }
            }
            let back = attention.gather(&spread, first).unwrap();
            assert_eq!(back.to_vec3::<f32>().unwrap(), expected_back);
        }
    }
}
