//! The speaker encoder: what makes a voice one's own, as one vector.
//!
//! A residual network over mel spectrograms (H/ASP; Heo et al., "Clova baseline system for the `VoxCeleb` Speaker Recognition
//! Challenge", 2020). It runs on the CPU, whatever the device of the rest: a voice is heard once.

mod batch_norm;
mod block;
mod convolution;
mod feature_map;
mod features;
mod pooling;

use batch_norm::{BatchNorm, values};
use block::Block;
use convolution::{Convolution, Size};
use features::{BANDS, Features};
use pooling::Pooling;

use kiskadee_checkpoint::Weights;

use crate::config::Config;
use crate::error::{Result, XttsError};
use crate::parameters::Trace;

const LAYERS: usize = 4;

pub struct SpeakerEncoder {
    features: Features,
    stem: Convolution,
    layers: Vec<Vec<Block>>,
    pooling: Pooling,
}

impl SpeakerEncoder {
    /// `prefix` is what the parameters' names begin with, as in `hifigan_decoder.speaker_encoder`.
    pub fn load(weights: &Weights, prefix: &str, config: &Config) -> Result<Self> {
        let sizes = &config.sizes.speaker_encoder;
        let (&[first, .., last], LAYERS, LAYERS) = (
            &sizes.num_filters[..],
            sizes.num_filters.len(),
            sizes.layers.len(),
        ) else {
            let reason = format!("has not the sizes of {LAYERS} layers");
            return Err(XttsError::tensor(prefix, reason));
        };
        let mut layers = Vec::with_capacity(LAYERS);
        let mut input = first;
        for (number, (&output, &blocks)) in sizes.num_filters.iter().zip(&sizes.layers).enumerate()
        {
            let block = |i| {
                let name = format!("{prefix}.layer{}.{i}", number + 1);
                let (input, stride) = match (i, number) {
                    (0, 0) => (input, 1),
                    (0, _) => (input, 2),
                    _ => (output, 1),
                };
                Block::load(weights, &name, (input, output), stride)
            };
            layers.push((0..blocks).map(block).collect::<Result<_>>()?);
            input = output;
        }
        let features = last * (BANDS >> (LAYERS - 1));
        Ok(Self {
            features: Features::new()?,
            stem: stem(weights, prefix, first)?,
            layers,
            pooling: Pooling::load(weights, prefix, features, sizes.proj_dim)?,
        })
    }

    /// The embedding of a voice, of length 1, out of mono samples at 22,050 Hz.
    pub fn embed(&self, samples: &[f32], trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let mut map = self.stem.apply(&self.features.of(samples, trace)?);
        trace.show("spk.stem", || map.tensor())?;
        for (number, blocks) in self.layers.iter().enumerate() {
            for block in blocks {
                map = block.forward(&map);
            }
            trace.show(format!("spk.layer{}", number + 1), || map.tensor())?;
        }
        self.pooling.forward(&map, trace)
    }
}

fn stem(weights: &Weights, prefix: &str, channels: usize) -> Result<Convolution> {
    let size = Size {
        input: 1,
        output: channels,
        side: 3,
        stride: 1,
    };
    let kernel = values(
        weights,
        &format!("{prefix}.conv1.weight"),
        &[channels, 1, 3, 3],
    )?;
    let bias = values(weights, &format!("{prefix}.conv1.bias"), &[channels])?;
    let norm = BatchNorm::load(weights, &format!("{prefix}.bn1"), channels)?;
    Ok(Convolution::rectified(&kernel, size, Some(bias), norm))
}
