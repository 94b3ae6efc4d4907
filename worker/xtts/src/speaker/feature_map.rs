//! Features by band, time and channel.

use candle_core::{Device, Tensor};

/// `[bands, frames, channels]`: the channels of one place stand side by side, where convolutions want them.
pub(super) struct FeatureMap {
    pub(super) values: Vec<f32>,
    pub(super) bands: usize,
    pub(super) frames: usize,
    pub(super) channels: usize,
}

impl FeatureMap {
    /// The mean of every channel.
    pub(super) fn means(&self) -> Vec<f32> {
        let mut sums = vec![0.0; self.channels];
        let mut band_sums = vec![0.0; self.channels];
        for band in self.values.chunks_exact(self.frames * self.channels) {
            band_sums.fill(0.0);
            for place in band.chunks_exact(self.channels) {
                for (sum, value) in band_sums.iter_mut().zip(place) {
                    *sum += value;
                }
            }
            for (sum, band) in sums.iter_mut().zip(&band_sums) {
                *sum += band;
            }
        }
        let count = (self.bands * self.frames) as f32;
        for sum in &mut sums {
            *sum /= count;
        }
        sums
    }

    /// In the layout of the reference implementation, `[1, channels, bands, frames]`.
    pub(super) fn tensor(&self) -> candle_core::Result<Tensor> {
        let shape = (1, self.bands, self.frames, self.channels);
        Tensor::from_slice(&self.values, shape, &Device::Cpu)?.permute((0, 3, 1, 2))
    }
}
