//! The discrete variational autoencoder, of which training needs the encoder: it makes audio codes out of sound.

use candle_core::{D, Tensor};
use candle_nn::{Conv1d, Conv1dConfig, Module};
use kiskadee_checkpoint::Weights;

use crate::config::DvaeSizes;
use crate::error::Result;
use crate::mel::MEL_BANDS;
use crate::parameters::{ParameterSource, Trace};

const RESIDUAL_BLOCKS: usize = 3;

pub struct Dvae {
    halvings: [Conv1d; 2],
    residuals: Vec<[Conv1d; 3]>,
    output: Conv1d,
    /// `[size, codes]`
    codebook: Tensor,
    /// The squared length of every code, `[codes]`.
    squares: Tensor,
}

impl Dvae {
    /// Reads a DVAE's own file.
    pub fn load(weights: &Weights, sizes: &DvaeSizes) -> Result<Self> {
        let (hidden, inner) = (sizes.hidden_dim, 2 * sizes.hidden_dim);
        let residual = |i: usize| {
            let layer = |layer: usize, side| {
                let name = format!("encoder.{}.net.{layer}", i + 2);
                convolution(weights, &name, (inner, inner, side), 1)
            };
            Ok([layer(0, 3)?, layer(2, 3)?, layer(4, 1)?])
        };
        let codebook = weights.get("codebook.embed", (sizes.codebook_dim, sizes.num_tokens))?;
        Ok(Self {
            halvings: [
                convolution(weights, "encoder.0.0", (hidden, MEL_BANDS, 3), 2)?,
                convolution(weights, "encoder.1.0", (inner, hidden, 3), 2)?,
            ],
            residuals: (0..RESIDUAL_BLOCKS).map(residual).collect::<Result<_>>()?,
            output: convolution(weights, "encoder.5", (sizes.codebook_dim, inner, 1), 1)?,
            squares: codebook.sqr()?.sum(0)?,
            codebook,
        })
    }

    /// The codes `[batch, codes]` of spectrograms `[batch, bands, time]`: one for four frames, rounded up.
    pub fn codes(&self, mel: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let features = self.encode(mel, trace)?.transpose(1, 2)?.contiguous()?;
        let (batch, time, size) = features.dims3()?;
        // The squared length of the features is the same for all codes.
        let products = features
            .reshape((batch * time, size))?
            .matmul(&self.codebook)?;
        let distances = (products * -2.0)?.broadcast_add(&self.squares)?;
        Ok(distances.argmin(D::Minus1)?.reshape((batch, time))?)
    }

    fn encode(&self, mel: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut features = mel.clone();
        let mut shown = 0..;
        let mut show = |features: &Tensor| {
            let number = shown.next().unwrap_or_default();
            trace.show(format!("dvae.enc{number}"), || Ok(features.clone()))
        };
        for halving in &self.halvings {
            features = halving.forward(&features)?.relu()?;
            show(&features)?;
        }
        for [first, second, third] in &self.residuals {
            let inner = first.forward(&features)?.relu()?;
            let inner = second.forward(&inner)?.relu()?;
            features = (features + third.forward(&inner)?)?;
            show(&features)?;
        }
        let features = self.output.forward(&features)?;
        show(&features)?;
        Ok(features)
    }
}

/// `[out, in, side]`, which reaches over both ends as far as it looks.
fn convolution(
    weights: &Weights,
    name: &str,
    (output, input, side): (usize, usize, usize),
    stride: usize,
) -> Result<Conv1d> {
    let weight = weights.parameter(&format!("{name}.weight"), &[output, input, side])?;
    let bias = weights.parameter(&format!("{name}.bias"), &[output])?;
    let config = Conv1dConfig {
        padding: side / 2,
        stride,
        ..Conv1dConfig::default()
    };
    Ok(Conv1d::new(weight, Some(bias), config))
}
