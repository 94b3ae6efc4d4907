//! Convolutions over bands and time, with the normalisation behind them.

use kiskadee_nn::kernels::{
    plane::{Finish, Plane, Squares},
    winograd::Winograd,
};

use super::batch_norm::BatchNorm;
use super::feature_map::FeatureMap;

/// Channels before and behind, the side of the square of places that is looked at, and the stride on both axes.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) side: usize,
    pub(super) stride: usize,
}

pub(super) struct Convolution {
    kernel: Kernel,
    output: usize,
    finish: Finish,
}

enum Kernel {
    Fast(Winograd),
    Plain(Squares),
}

impl Convolution {
    /// A convolution with a normalisation right behind it, which goes into its weights `[out, in, side, side]`.
    pub(super) fn normalized(mut weights: Vec<f32>, size: Size, norm: BatchNorm) -> Self {
        let outputs = weights.chunks_exact_mut(size.input * size.side * size.side);
        for (weights, factor) in outputs.zip(&norm.factors) {
            for weight in weights {
                *weight *= factor;
            }
        }
        let finish = Finish {
            bias: norm.summands,
            rectified: None,
        };
        Self::new(&weights, size, finish)
    }

    /// A convolution with a rectifier and then a normalisation behind it.
    pub(super) fn rectified(
        weights: &[f32],
        size: Size,
        bias: Option<Vec<f32>>,
        norm: BatchNorm,
    ) -> Self {
        let finish = Finish {
            bias: bias.unwrap_or_else(|| vec![0.0; size.output]),
            rectified: Some((norm.factors, norm.summands)),
        };
        Self::new(weights, size, finish)
    }

    fn new(weights: &[f32], size: Size, finish: Finish) -> Self {
        let channels = (size.input, size.output);
        let kernel = if size.side == 3 && size.stride == 1 && size.input > 1 {
            Kernel::Fast(Winograd::pack(weights, channels))
        } else {
            Kernel::Plain(Squares::pack(weights, channels, size.side, size.stride))
        };
        Self {
            kernel,
            output: size.output,
            finish,
        }
    }

    pub(super) fn apply(&self, map: &FeatureMap) -> FeatureMap {
        let plane = Plane {
            values: &map.values,
            frames: map.frames,
            channels: map.channels,
        };
        let (values, bands, frames) = match &self.kernel {
            Kernel::Fast(fast) => (fast.apply(plane, &self.finish), map.bands, map.frames),
            Kernel::Plain(plain) => (
                plain.apply(plane, &self.finish),
                plain.extent(map.bands),
                plain.extent(map.frames),
            ),
        };
        FeatureMap {
            values,
            bands,
            frames,
            channels: self.output,
        }
    }
}
