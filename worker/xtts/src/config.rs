//! The sizes of a model, read from a checkpoint's `config.json`.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Result, XttsError};

/// What `config.json` says of the model and of how it is sampled. Unknown fields are passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    pub model_args: ModelArgs,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default = "default_temperature")]
    pub temperature: f32,
    #[serde(default = "default_repetition_penalty")]
    pub repetition_penalty: f32,
    #[serde(default = "default_top_k")]
    pub top_k: usize,
    #[serde(default = "default_top_p")]
    pub top_p: f32,
    /// Seconds of reference audio that the conditioning latents are taken from.
    #[serde(default = "default_gpt_cond_len")]
    pub gpt_cond_len: usize,
    /// Seconds of one chunk of it.
    #[serde(default = "default_gpt_cond_chunk_len")]
    pub gpt_cond_chunk_len: usize,
    /// Seconds that are used of each recording.
    #[serde(default = "default_gpt_cond_len")]
    pub max_ref_len: usize,
    /// Sizes that the published layout has no fields for; those of XTTS-v2 unless a reduced model says otherwise.
    #[serde(default, rename = "_tiny")]
    pub sizes: Sizes,
}

/// The fields of `model_args` that shape the network.
#[derive(Debug, Clone, Deserialize)]
pub struct ModelArgs {
    pub gpt_layers: usize,
    pub gpt_n_model_channels: usize,
    pub gpt_n_heads: usize,
    pub gpt_max_audio_tokens: usize,
    pub gpt_max_text_tokens: usize,
    /// Filled from the vocabulary where null, as are the next two.
    pub gpt_number_text_tokens: Option<usize>,
    pub gpt_start_text_token: Option<u32>,
    pub gpt_stop_text_token: Option<u32>,
    pub gpt_num_audio_tokens: usize,
    pub gpt_start_audio_token: u32,
    pub gpt_stop_audio_token: u32,
    #[serde(default = "default_stride")]
    pub gpt_code_stride_len: usize,
    #[serde(default = "default_input_rate")]
    pub input_sample_rate: u32,
    #[serde(default = "default_output_rate")]
    pub output_sample_rate: u32,
    #[serde(default = "default_hop")]
    pub output_hop_length: usize,
    pub decoder_input_dim: usize,
    pub d_vector_dim: usize,
    #[serde(default)]
    pub gpt_use_perceiver_resampler: bool,
}

/// Sizes of the vocoder, the speaker encoder and the DVAE.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Sizes {
    #[serde(default)]
    pub hifigan: HifiganSizes,
    #[serde(default)]
    pub speaker_encoder: SpeakerEncoderSizes,
    #[serde(default)]
    pub dvae: DvaeSizes,
}

#[derive(Debug, Clone, Deserialize)]
pub struct HifiganSizes {
    /// Channels in front of the first up-sampling.
    pub upsample_initial_channel_decoder: usize,
}

#[derive(Debug, Clone, Deserialize)]
pub struct SpeakerEncoderSizes {
    /// Residual blocks of each of the four layers.
    pub layers: Vec<usize>,
    /// Channels of each of the four layers.
    pub num_filters: Vec<usize>,
    /// Size of the embedding.
    pub proj_dim: usize,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DvaeSizes {
    pub num_tokens: usize,
    pub codebook_dim: usize,
    pub hidden_dim: usize,
}

impl Default for HifiganSizes {
    fn default() -> Self {
        Self {
            upsample_initial_channel_decoder: 512,
        }
    }
}

impl Default for SpeakerEncoderSizes {
    fn default() -> Self {
        Self {
            layers: vec![3, 4, 6, 3],
            num_filters: vec![32, 64, 128, 256],
            proj_dim: 512,
        }
    }
}

impl Default for DvaeSizes {
    fn default() -> Self {
        Self {
            num_tokens: 1024,
            codebook_dim: 512,
            hidden_dim: 512,
        }
    }
}

fn default_temperature() -> f32 {
    0.75
}
fn default_repetition_penalty() -> f32 {
    5.0
}
fn default_top_k() -> usize {
    50
}
fn default_top_p() -> f32 {
    0.85
}
fn default_gpt_cond_len() -> usize {
    30
}
fn default_gpt_cond_chunk_len() -> usize {
    4
}
fn default_stride() -> usize {
    1024
}
fn default_input_rate() -> u32 {
    22_050
}
fn default_output_rate() -> u32 {
    24_000
}
fn default_hop() -> usize {
    256
}

/// No size of a model is larger: several times what any published one has, so that no configuration fills the memory.
const LARGEST_SIZE: usize = 1 << 16;
const MOST_LAYERS: usize = 256;

/// Code tokens that stand behind the last one in the position table: start, stop and a spare.
const SPARE_AUDIO_POSITIONS: usize = 3;
/// Text positions beyond the longest text: start and stop.
const SPARE_TEXT_POSITIONS: usize = 2;

impl Config {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| XttsError::file(path, error))?;
        Self::parse(&text).map_err(|reason| XttsError::file(path, reason))
    }

    /// Reads the JSON of Python's `json.dump`, which knows `Infinity` and `NaN`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(&without_non_finite(text))
            .map_err(|error| format!("not the configuration of an XTTS model: {error}"))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let args = &self.model_args;
        if !args.gpt_use_perceiver_resampler {
            return Err(
                "a model of version 1 (no perceiver resampler) is not supported".to_owned(),
            );
        }
        let sizes = [
            args.gpt_n_model_channels,
            args.gpt_max_audio_tokens,
            args.gpt_max_text_tokens,
            args.gpt_number_text_tokens.unwrap_or_default(),
            args.gpt_num_audio_tokens,
            args.decoder_input_dim,
            args.d_vector_dim,
            self.sizes.hifigan.upsample_initial_channel_decoder,
            self.sizes.speaker_encoder.proj_dim,
            self.sizes.dvae.hidden_dim,
        ];
        if args.gpt_layers > MOST_LAYERS || sizes.into_iter().any(|size| size > LARGEST_SIZE) {
            return Err(format!(
                "sizes are beyond {MOST_LAYERS} layers or {LARGEST_SIZE} channels or tokens"
            ));
        }
        let heads = args.gpt_n_heads;
        if heads == 0 || !args.gpt_n_model_channels.is_multiple_of(heads) {
            return Err("gpt_n_model_channels must be a multiple of gpt_n_heads".to_owned());
        }
        let initial = self.sizes.hifigan.upsample_initial_channel_decoder;
        if initial == 0 || !initial.is_multiple_of(16) {
            return Err("the vocoder's channels must be a multiple of 16".to_owned());
        }
        Ok(())
    }

    /// The most code tokens that are generated for one text.
    pub fn max_codes(&self) -> usize {
        self.model_args
            .gpt_max_audio_tokens
            .saturating_sub(SPARE_AUDIO_POSITIONS)
    }

    /// Rows of the table of code positions.
    pub fn audio_positions(&self) -> usize {
        self.model_args.gpt_max_audio_tokens + SPARE_AUDIO_POSITIONS
    }

    /// Rows of the table of text positions.
    pub fn text_positions(&self) -> usize {
        self.model_args.gpt_max_text_tokens + SPARE_TEXT_POSITIONS
    }
}

/// Replaces the bare words `Infinity`, `-Infinity` and `NaN` outside of strings by `null`.
pub(crate) fn without_non_finite(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        let length = word.map_or(c.len_utf8(), str::len);
        let (piece, remaining) = rest.split_at(length);
        cleaned.push_str(if word.is_some() { "null" } else { piece });
        if in_string && !escaped && c == '\\' {
            escaped = true;
        } else {
            in_string ^= c == '"' && !escaped;
            escaped = false;
        }
        rest = remaining;
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARGS: &str = r#""model_args": {"gpt_layers": 2, "gpt_n_model_channels": 64, "gpt_n_heads": 4,
        "gpt_max_audio_tokens": 605, "gpt_max_text_tokens": 402, "gpt_number_text_tokens": null,
        "gpt_start_text_token": null, "gpt_stop_text_token": null, "gpt_num_audio_tokens": 1026,
        "gpt_start_audio_token": 1024, "gpt_stop_audio_token": 1025, "decoder_input_dim": 64, "d_vector_dim": 512,
        "gpt_use_perceiver_resampler": true, "unknown": [1]}"#;

    #[test]
    fn what_python_writes_is_read() {
        let text = format!(r#"{{"max_audio_len": Infinity, "note": "Infinity \" NaN", {ARGS}}}"#);
        let config = Config::parse(&text).unwrap();
        assert_eq!((config.max_codes(), config.audio_positions()), (602, 608));
        assert_eq!(config.text_positions(), 404);
        assert_eq!(config.sizes.speaker_encoder.layers, [3, 4, 6, 3]);
        assert!(without_non_finite(&text).contains(r#""Infinity \" NaN""#));
    }

    #[test]
    fn what_is_not_supported_is_said() {
        let old = format!("{{{ARGS}}}").replace("resampler\": true", "resampler\": false");
        assert!(Config::parse(&old).unwrap_err().contains("version 1"));
        assert!(Config::parse("{}").unwrap_err().contains("model_args"));
        let endless = format!("{{{ARGS}}}").replace("gpt_layers\": 2", "gpt_layers\": 99999999");
        assert!(Config::parse(&endless).unwrap_err().contains("256 layers"));
    }
}
