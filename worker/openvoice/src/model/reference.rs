//! The reference encoder: the timbre of a recording.

use candle_core::{Device, Tensor};

use super::Loader;
use crate::config::Config;
use crate::error::Result;

const FILTERS: [usize; 6] = [32, 32, 64, 64, 128, 128];
const HIDDEN: usize = 128;
const EPSILON: f64 = 1e-5;

pub(crate) struct ReferenceEncoder {
    factors: Tensor,
    summands: Tensor,
    /// Weights `[out, in, 3, 3]` and biases `[1, out, 1, 1]`.
    convolutions: Vec<(Tensor, Tensor)>,
    gru: Gru,
    /// `[hidden, timbre]`
    projection: Tensor,
    bias: Tensor,
}

/// A gated recurrent unit (Cho et al., 2014) with torch's gates: reset, update, new.
struct Gru {
    /// `[in, 3 * hidden]`
    input: Tensor,
    input_bias: Tensor,
    /// `[3 * hidden][hidden]`
    state: Vec<Vec<f32>>,
    state_bias: Vec<f32>,
}

impl ReferenceEncoder {
    pub(super) fn load(loader: &Loader<'_>, config: &Config) -> Result<Self> {
        let bands = config.bins();
        let mut convolutions = Vec::new();
        let mut channels = 1;
        let mut width = bands;
        for (number, filters) in FILTERS.into_iter().enumerate() {
            let name = format!("ref_enc.convs.{number}");
            let bias = loader.bias(&name, filters)?.reshape((1, filters, 1, 1))?;
            convolutions.push((loader.weight(&name, &[filters, channels, 3, 3])?, bias));
            (channels, width) = (filters, width.div_ceil(2));
        }
        let timbre = config.model.gin_channels;
        Ok(Self {
            factors: loader.plain("ref_enc.layernorm.weight", &[bands])?,
            summands: loader.bias("ref_enc.layernorm", bands)?,
            convolutions,
            gru: Gru::load(loader, channels * width)?,
            projection: loader
                .plain("ref_enc.proj.weight", &[timbre, HIDDEN])?
                .t()?
                .contiguous()?,
            bias: loader.bias("ref_enc.proj", timbre)?,
        })
    }

    /// `[time, bins]` to `[timbre]`.
    pub(crate) fn forward(&self, spectra: &Tensor) -> Result<Tensor> {
        let mean = spectra.mean_keepdim(1)?;
        let centred = spectra.broadcast_sub(&mean)?;
        let deviation = (centred.sqr()?.mean_keepdim(1)? + EPSILON)?.sqrt()?;
        let normal = centred.broadcast_div(&deviation)?;
        let normal = normal
            .broadcast_mul(&self.factors)?
            .broadcast_add(&self.summands)?;
        let mut planes = normal.unsqueeze(0)?.unsqueeze(0)?;
        for (weight, bias) in &self.convolutions {
            planes = planes
                .conv2d(weight, 1, 2, 1, 1)?
                .broadcast_add(bias)?
                .relu()?;
        }
        let (_, channels, times, width) = planes.dims4()?;
        let rows = planes.squeeze(0)?.transpose(0, 1)?.contiguous()?;
        let last = self.gru.last(&rows.reshape((times, channels * width))?)?;
        let last =
            Tensor::from_vec(last, (1, HIDDEN), &Device::Cpu)?.to_device(spectra.device())?;
        Ok((last.matmul(&self.projection)?.squeeze(0)? + &self.bias)?)
    }
}

impl Gru {
    fn load(loader: &Loader<'_>, inputs: usize) -> Result<Self> {
        let name = |part: &str| format!("ref_enc.gru.{part}_l0");
        let input = loader.plain(&name("weight_ih"), &[3 * HIDDEN, inputs])?;
        Ok(Self {
            input: input.t()?.contiguous()?,
            input_bias: loader.plain(&name("bias_ih"), &[3 * HIDDEN])?,
            state: loader
                .plain(&name("weight_hh"), &[3 * HIDDEN, HIDDEN])?
                .to_vec2()?,
            state_bias: loader.plain(&name("bias_hh"), &[3 * HIDDEN])?.to_vec1()?,
        })
    }

    /// The last state of `[time, in]`.
    fn last(&self, rows: &Tensor) -> Result<Vec<f32>> {
        let given = rows.matmul(&self.input)?.broadcast_add(&self.input_bias)?;
        let mut state = vec![0f32; HIDDEN];
        for row in given.to_vec2::<f32>()? {
            let own: Vec<f32> = self
                .state
                .iter()
                .zip(&self.state_bias)
                .map(|(weights, bias)| bias + dot(weights, &state))
                .collect();
            for unit in 0..HIDDEN {
                let reset = sigmoid(row[unit] + own[unit]);
                let update = sigmoid(row[HIDDEN + unit] + own[HIDDEN + unit]);
                let new = (row[2 * HIDDEN + unit] + reset * own[2 * HIDDEN + unit]).tanh();
                state[unit] = (1.0 - update) * new + update * state[unit];
            }
        }
        Ok(state)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
