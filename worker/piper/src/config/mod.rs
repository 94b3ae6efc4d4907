//! What a voice is: `voice.json` of an imported voice, and the JSON of a published one.

mod published;
mod sizes;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

pub use self::published::{Audio, Espeak, PublishedConfig};
pub use self::sizes::{
    BlockSizes, CouplingSizes, DecoderSizes, DilatedKernel, DurationSizes, EncoderSizes, Sizes,
    StageSizes, StochasticFlow,
};
use crate::{
    error::{PiperError, Result},
    text::{PhonemeType, Symbols},
};

/// Of this version of `voice.json`.
const FORMAT: u32 = 1;

/// `voice.json`: all that is known of an imported voice but its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceConfig {
    format: u32,
    /// Hz
    pub sample_rate: u32,
    /// `x_low`, `low`, `medium` or `high`; the sizes count.
    #[serde(default)]
    pub quality: Option<String>,
    #[serde(default)]
    pub language: Option<Language>,
    /// The voice of espeak-ng that makes the phonemes.
    #[serde(default)]
    pub espeak_voice: Option<String>,
    #[serde(default)]
    pub dataset: Option<String>,
    #[serde(default)]
    pub piper_version: Option<String>,
    pub scales: Scales,
    /// The speakers' names by their number; empty in a voice of one speaker.
    #[serde(default)]
    pub speakers: Vec<String>,
    #[serde(default)]
    pub default_speaker: usize,
    pub symbols: Symbols,
    pub sizes: Sizes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// As `en_US`.
    pub code: String,
    #[serde(default)]
    pub name_english: Option<String>,
    #[serde(default)]
    pub name_native: Option<String>,
    #[serde(default)]
    pub country_english: Option<String>,
}

/// How much chance there is in a voice, and its pace.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scales {
    /// Of the noise in the latent frames.
    pub noise_scale: f32,
    /// Of all durations.
    pub length_scale: f32,
    /// Of the noise in the durations.
    pub noise_w: f32,
}

impl Default for Scales {
    /// Those of nearly all published voices.
    fn default() -> Self {
        Self {
            noise_scale: 0.667,
            length_scale: 1.0,
            noise_w: 0.8,
        }
    }
}

impl Scales {
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, value, range) in [
            ("noise_scale", self.noise_scale, 0.0..=4.0),
            ("length_scale", self.length_scale, 0.05..=20.0),
            ("noise_w", self.noise_w, 0.0..=4.0),
        ] {
            if !range.contains(&value) {
                let (least, most) = range.into_inner();
                return Err(format!("`{name}`: {value} is not within {least} to {most}"));
            }
        }
        Ok(())
    }
}

impl VoiceConfig {
    /// Of a published voice and the sizes of its graph; the reason where they do not fit.
    pub fn new(published: &PublishedConfig, sizes: Sizes) -> Result<Self, String> {
        published.check_rows(sizes.symbols, sizes.speakers)?;
        if let Some(hop) = published.hop_length.filter(|hop| *hop != sizes.hop()) {
            return Err(format!(
                "`hop_length`: is {hop}, but the model's up-samplings give {} samples for a frame",
                sizes.hop()
            ));
        }
        Ok(Self {
            format: FORMAT,
            sample_rate: published.audio.sample_rate,
            quality: published.audio.quality.clone(),
            language: published.language.clone(),
            espeak_voice: published.espeak.as_ref().map(|espeak| espeak.voice.clone()),
            dataset: published.dataset.clone(),
            piper_version: published.piper_version.clone(),
            scales: published.inference,
            speakers: published.speaker_names(),
            default_speaker: published.default_speaker_id.unwrap_or(0),
            symbols: published.symbols()?,
            sizes,
        })
    }

    /// Of sizes alone, without symbols: a network beside golden vectors.
    pub(crate) fn of_sizes(sizes: Sizes) -> Self {
        Self {
            format: FORMAT,
            sample_rate: 22_050,
            quality: None,
            language: None,
            espeak_voice: None,
            dataset: None,
            piper_version: None,
            scales: Scales::default(),
            speakers: Vec::new(),
            default_speaker: 0,
            symbols: Symbols {
                kind: PhonemeType::Espeak,
                ids: BTreeMap::new(),
                replacements: BTreeMap::new(),
                clusters: Vec::new(),
            },
            sizes,
        }
    }

    /// Reads `voice.json` of an imported voice.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|error| PiperError::file(path, error))?;
        let config: Self = serde_json::from_slice(&text)
            .map_err(|error| PiperError::file(path, format!("is damaged: {error}")))?;
        if config.format != FORMAT {
            let reason = format!(
                "has the format {} where this program reads {FORMAT}: import the voice again",
                config.format
            );
            return Err(PiperError::file(path, reason));
        }
        let checked = config.check();
        checked.map_err(|reason| PiperError::file(path, reason))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        self.sizes.check().map_err(|error| error.to_string())?;
        self.scales.check()?;
        self.symbols.check(self.sizes.symbols)?;
        let speakers = self.sizes.speakers;
        if speakers > 1 && self.speakers.len() != speakers {
            let named = self.speakers.len();
            return Err(format!("`speakers`: {named} names for {speakers} speakers"));
        }
        if self.default_speaker >= speakers.max(1) {
            let default = self.default_speaker;
            return Err(format!("`default_speaker`: is {default} of {speakers}"));
        }
        Ok(())
    }

    /// The number of a speaker by name or by number.
    pub fn speaker(&self, name: &str) -> Option<usize> {
        let by_name = self.speakers.iter().position(|speaker| speaker == name);
        let number = || name.parse().ok().filter(|id| *id < self.speakers.len());
        by_name.or_else(number)
    }
}
