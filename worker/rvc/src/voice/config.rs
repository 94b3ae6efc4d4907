//! The sizes of a voice's networks, bounded before anything is allocated by them.

use std::collections::BTreeMap;

use kiskadee_checkpoint::Setting;
use serde::{Deserialize, Serialize};

use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

/// Which features a voice was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// The ninth layer, projected to 256 values.
    V1,
    /// The twelfth layer, 768 values.
    V2,
}

/// The sizes of a voice's networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceConfig {
    pub version: Version,
    /// The voice follows a pitch; without it, only the features.
    pub has_pitch: bool,
    /// In Hz.
    pub sample_rate: u32,
    pub speakers: usize,
    /// Size of a speaker's embedding.
    pub speaker_width: usize,
    /// Values of a frame of features.
    pub features: usize,
    /// Channels of the latent frames.
    pub latent: usize,
    pub hidden: usize,
    pub filter: usize,
    pub heads: usize,
    pub layers: usize,
    /// Taps of the encoder's feed-forward layers.
    pub kernel: usize,
    /// Channels that the decoder begins with.
    pub channels: usize,
    /// Of the up-samplings.
    pub rates: Vec<usize>,
    pub kernels: Vec<usize>,
    /// Of the residual blocks behind each up-sampling.
    pub block_kernels: Vec<usize>,
    pub block_dilations: Vec<Vec<usize>>,
}

/// Places of the list that a published file has.
mod place {
    pub(super) const LATENT: usize = 2;
    pub(super) const HIDDEN: usize = 3;
    pub(super) const FILTER: usize = 4;
    pub(super) const HEADS: usize = 5;
    pub(super) const LAYERS: usize = 6;
    pub(super) const KERNEL: usize = 7;
    pub(super) const BLOCK: usize = 9;
    pub(super) const BLOCK_KERNELS: usize = 10;
    pub(super) const BLOCK_DILATIONS: usize = 11;
    pub(super) const RATES: usize = 12;
    pub(super) const CHANNELS: usize = 13;
    pub(super) const KERNELS: usize = 14;
    pub(super) const SPEAKER_WIDTH: usize = 16;
    pub(super) const SAMPLE_RATE: usize = 17;
    pub(super) const COUNT: usize = 18;
}

impl VoiceConfig {
    /// Of an exported voice: its list, and what only the tensors tell.
    pub(super) fn exported(
        settings: &BTreeMap<String, Setting>,
        tensors: &Tensors,
    ) -> Result<Self> {
        let list = settings.get("config").and_then(Setting::list);
        let list = list.ok_or_else(|| RvcError::Config("there is no list `config`".to_owned()))?;
        if list.len() != place::COUNT {
            let count = list.len();
            return Err(RvcError::Config(format!(
                "{count} values instead of {}",
                place::COUNT
            )));
        }
        if !matches!(&list[place::BLOCK], Setting::Text(kind) if kind == "1") {
            return Err(RvcError::Config(
                "residual blocks of another kind than 1".to_owned(),
            ));
        }
        let dilations = list[place::BLOCK_DILATIONS].list().unwrap_or_default();
        let config = Self {
            version: version(settings.get("version"))?,
            has_pitch: settings.get("f0").and_then(Setting::int).unwrap_or(1) != 0,
            sample_rate: sample_rate(&list[place::SAMPLE_RATE])?,
            // The list says what the base had that the voice was tuned from.
            speakers: tensors.size("emb_g.weight", 0)?,
            speaker_width: size(list, place::SPEAKER_WIDTH)?,
            features: tensors.size("enc_p.emb_phone.weight", 1)?,
            latent: size(list, place::LATENT)?,
            hidden: size(list, place::HIDDEN)?,
            filter: size(list, place::FILTER)?,
            heads: size(list, place::HEADS)?,
            layers: size(list, place::LAYERS)?,
            kernel: size(list, place::KERNEL)?,
            channels: size(list, place::CHANNELS)?,
            rates: sizes(&list[place::RATES])?,
            kernels: sizes(&list[place::KERNELS])?,
            block_kernels: sizes(&list[place::BLOCK_KERNELS])?,
            block_dilations: dilations.iter().map(sizes).collect::<Result<_>>()?,
        };
        config.check()?;
        Ok(config)
    }

    /// Samples of a frame, which lasts for 10 ms.
    pub fn hop(&self) -> usize {
        self.rates.iter().product()
    }

    /// That the sizes are possible, and not beyond what any voice has.
    pub(super) fn check(&self) -> Result<()> {
        let bounded = |name: &str, value: usize, most: usize| {
            if (1..=most).contains(&value) {
                return Ok(());
            }
            Err(RvcError::Config(format!(
                "{name} is {value}, not from 1 to {most}"
            )))
        };
        bounded("speakers", self.speakers, 65_536)?;
        bounded("speaker width", self.speaker_width, 4096)?;
        bounded("feature width", self.features, 4096)?;
        bounded("latent channels", self.latent, 2048)?;
        bounded("hidden channels", self.hidden, 2048)?;
        bounded("filter channels", self.filter, 8192)?;
        bounded("heads", self.heads, 64)?;
        bounded("layers", self.layers, 64)?;
        bounded("kernel", self.kernel, 31)?;
        bounded("decoder channels", self.channels, 4096)?;
        bounded("up-samplings", self.rates.len(), 8)?;
        bounded("residual blocks", self.block_kernels.len(), 8)?;
        for rate in &self.rates {
            bounded("up-sampling rate", *rate, 32)?;
        }
        for kernel in &self.kernels {
            bounded("up-sampling kernel", *kernel, 128)?;
        }
        for kernel in &self.block_kernels {
            bounded("block kernel", *kernel, 31)?;
        }
        for dilations in &self.block_dilations {
            bounded("dilations", dilations.len(), 8)?;
            for dilation in dilations {
                bounded("dilation", *dilation, 64)?;
            }
        }
        self.check_relations()
    }

    fn check_relations(&self) -> Result<()> {
        let odd = |values: &[usize]| values.iter().all(|value| value % 2 == 1);
        let pairs = self.rates.iter().zip(&self.kernels);
        let fits = [
            (self.latent.is_multiple_of(2), "latent channels are odd"),
            (
                self.hidden.is_multiple_of(self.heads),
                "heads do not divide the channels",
            ),
            (
                odd(&[self.kernel]) && odd(&self.block_kernels),
                "a kernel is even",
            ),
            (
                self.rates.len() == self.kernels.len(),
                "rates without kernels",
            ),
            (
                self.block_kernels.len() == self.block_dilations.len(),
                "blocks without dilations",
            ),
            (
                self.channels >> self.rates.len() > 0,
                "more up-samplings than channels allow",
            ),
            (
                pairs
                    .clone()
                    .all(|(rate, kernel)| kernel >= rate && (kernel - rate) % 2 == 0),
                "a kernel does not fit its rate",
            ),
            (
                self.hop() as u64 * 100 == u64::from(self.sample_rate),
                "the rates do not make 10 ms of a frame",
            ),
        ];
        match fits.into_iter().find(|(fits, _)| !fits) {
            Some((_, reason)) => Err(RvcError::Config(reason.to_owned())),
            None => Ok(()),
        }
    }
}

fn version(setting: Option<&Setting>) -> Result<Version> {
    match setting {
        None | Some(Setting::Other) => Ok(Version::V1),
        Some(Setting::Text(text)) if text == "v1" => Ok(Version::V1),
        Some(Setting::Text(text)) if text == "v2" => Ok(Version::V2),
        Some(other) => Err(RvcError::UnsupportedVersion(match other {
            Setting::Text(text) => text.clone(),
            other => format!("{other:?}"),
        })),
    }
}

/// A number, or kilohertz as text: `40k`.
fn sample_rate(setting: &Setting) -> Result<u32> {
    let number = match setting {
        Setting::Text(text) => match text.strip_suffix('k') {
            Some(thousands) => thousands
                .parse::<u32>()
                .ok()
                .and_then(|k| k.checked_mul(1000)),
            None => text.parse().ok(),
        },
        other => other.int().and_then(|number| number.try_into().ok()),
    };
    let known = number.filter(|number| (8000..=192_000).contains(number));
    known.ok_or_else(|| RvcError::Config(format!("a sample rate of {setting:?}")))
}

fn size(list: &[Setting], place: usize) -> Result<usize> {
    let number = list.get(place).and_then(Setting::int);
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| RvcError::Config(format!("value {place} of the list is no size")))
}

fn sizes(setting: &Setting) -> Result<Vec<usize>> {
    let list = setting.list().unwrap_or_default();
    (0..list.len()).map(|place| size(list, place)).collect()
}
