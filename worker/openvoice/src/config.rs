//! Sizes, from the `config.json` that lies beside a published checkpoint.

use std::{fs, path::Path};

use serde::Deserialize;

use crate::error::{OpenVoiceError, Result};

/// No published model comes near to these: they keep a damaged file from asking for all memory.
const MOST_CHANNELS: usize = 4096;
const MOST_STAGES: usize = 8;
const MOST_SIZE: usize = 1 << 14;
const MOST_KERNEL: usize = 64;
/// Of the decoder's first and last convolution.
pub(crate) const OUTER_TAPS: usize = 7;
/// A file of sizes is no longer than this.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    pub data: Audio,
    pub model: Sizes,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Audio {
    /// Hz
    pub sampling_rate: u32,
    /// Points of a transform.
    pub filter_length: usize,
    pub hop_length: usize,
    pub win_length: usize,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the published file")]
pub struct Sizes {
    /// Encoder and decoder do not look at the timbre, only the flow does (v2).
    #[serde(default)]
    pub zero_g: bool,
    pub inter_channels: usize,
    pub hidden_channels: usize,
    pub resblock: String,
    pub resblock_kernel_sizes: Vec<usize>,
    pub resblock_dilation_sizes: Vec<Vec<usize>>,
    pub upsample_rates: Vec<usize>,
    pub upsample_initial_channel: usize,
    pub upsample_kernel_sizes: Vec<usize>,
    pub gin_channels: usize,
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let failed = |error: &dyn std::error::Error| OpenVoiceError::file(path, error);
        let size = fs::metadata(path).map_err(|error| failed(&error))?.len();
        if size > MOST_BYTES {
            return Err(OpenVoiceError::file(path, format!("it has {size} bytes")));
        }
        let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
        let config: Self = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        config.fault().map_or(Ok(config.clone()), |fault| {
            Err(OpenVoiceError::file(path, fault))
        })
    }

    /// Bins of a spectrum.
    pub(crate) fn bins(&self) -> usize {
        self.data.filter_length / 2 + 1
    }

    /// Frames on either side that the decoder's samples look at.
    pub(crate) fn decoder_reach(&self) -> usize {
        let sizes = &self.model;
        let blocks = sizes.resblock_kernel_sizes.iter();
        let blocks = blocks.zip(&sizes.resblock_dilation_sizes);
        let reach = |(kernel, dilations): (&usize, &Vec<usize>)| {
            dilations.iter().map(|d| (kernel / 2) * (d + 1)).sum()
        };
        // A transposed convolution looks at one row beside its own for each stride that its kernel is longer.
        let steps = sizes
            .upsample_kernel_sizes
            .iter()
            .zip(&sizes.upsample_rates);
        let widest: usize = blocks.map(reach).max().unwrap_or(0);
        let (mut rows, mut frames) = (1, OUTER_TAPS / 2);
        for (kernel, rate) in steps {
            frames += kernel.div_ceil(*rate).div_ceil(rows);
            rows *= rate;
            frames += widest.div_ceil(rows);
        }
        frames + (OUTER_TAPS / 2).div_ceil(rows)
    }

    fn fault(&self) -> Option<String> {
        let (audio, sizes) = (&self.data, &self.model);
        let channels = |count: usize| (2..=MOST_CHANNELS).contains(&count);
        let stages = sizes.upsample_rates.len();
        let kernels = sizes.resblock_kernel_sizes.iter();
        let dilations = sizes.resblock_dilation_sizes.iter().flatten();
        let upsampling = sizes
            .upsample_rates
            .iter()
            .zip(&sizes.upsample_kernel_sizes);
        let faults = [
            ("resblock", sizes.resblock != "1"),
            (
                "channels",
                ![
                    sizes.inter_channels,
                    sizes.hidden_channels,
                    sizes.gin_channels,
                    sizes.upsample_initial_channel,
                ]
                .into_iter()
                .all(channels)
                    || !sizes.inter_channels.is_multiple_of(2),
            ),
            (
                "filter_length",
                !(16..=MOST_SIZE).contains(&audio.filter_length)
                    || audio.win_length > audio.filter_length
                    || audio.win_length == 0,
            ),
            (
                "hop_length",
                audio.hop_length == 0
                    || audio.hop_length > audio.filter_length
                    || sizes
                        .upsample_rates
                        .iter()
                        .try_fold(1usize, |product, rate| product.checked_mul(*rate))
                        != Some(audio.hop_length),
            ),
            (
                "upsample_kernel_sizes",
                !(1..=MOST_STAGES).contains(&stages)
                    || sizes.upsample_kernel_sizes.len() != stages
                    || sizes.upsample_initial_channel >> stages == 0
                    || upsampling.into_iter().any(|(rate, kernel)| {
                        kernel < rate || *kernel > MOST_KERNEL || (kernel - rate) % 2 != 0
                    }),
            ),
            (
                "resblock_kernel_sizes",
                sizes.resblock_kernel_sizes.is_empty()
                    || kernels
                        .into_iter()
                        .any(|kernel| kernel % 2 == 0 || *kernel > MOST_KERNEL)
                    || sizes.resblock_dilation_sizes.len() != sizes.resblock_kernel_sizes.len()
                    || dilations
                        .into_iter()
                        .any(|dilation| !(1..=MOST_KERNEL).contains(dilation)),
            ),
            (
                "sampling_rate",
                !(8_000..=192_000).contains(&audio.sampling_rate),
            ),
        ];
        let fault = faults.into_iter().find(|(_, is_wrong)| *is_wrong);
        fault.map(|(what, _)| format!("its `{what}` is none of this model's"))
    }
}
