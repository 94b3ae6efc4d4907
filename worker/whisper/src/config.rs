//! `config.json` as models are published with it, checked.

use std::path::Path;

use serde::Deserialize;

use crate::{
    error::{Result, WhisperError},
    model::Precision,
};

/// Ids of the smallest vocabulary in which one of a language is chosen; the English-only one has one id less.
const ENGLISH_ONLY: usize = 51_864;

/// The sizes of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// Bands of the spectrogram: 80, or 128 since large-v3.
    pub num_mel_bins: usize,
    /// Channels of encoder and decoder.
    pub d_model: usize,
    pub encoder_layers: usize,
    pub encoder_attention_heads: usize,
    /// Channels inside a feed-forward part; four times the outer ones where it is not said.
    #[serde(default)]
    pub encoder_ffn_dim: usize,
    pub decoder_layers: usize,
    pub decoder_attention_heads: usize,
    #[serde(default)]
    pub decoder_ffn_dim: usize,
    pub vocab_size: usize,
    /// Frames of the encoder's output for a window of 30 s.
    pub max_source_positions: usize,
    /// The most tokens, prompt and special ones among them.
    pub max_target_positions: usize,
    /// Ids that are never said, for models that come without a tokenizer.
    #[serde(default)]
    pub suppress_tokens: Vec<u32>,
}

impl Config {
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|error| WhisperError::file(path, error))?;
        Self::parse(&text).map_err(|reason| WhisperError::file(path, reason))
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for width in [&mut config.encoder_ffn_dim, &mut config.decoder_ffn_dim] {
            if *width == 0 {
                *width = config.d_model.saturating_mul(4);
            }
        }
        config.check()?;
        Ok(config)
    }

    /// Whether the model knows languages and can translate.
    pub fn is_multilingual(&self) -> bool {
        self.vocab_size != ENGLISH_ONLY
    }

    /// The most tokens that are said of one window; as many may stand in front of them.
    pub fn longest_answer(&self) -> usize {
        self.max_target_positions / 2
    }

    /// Numbers in the model's tensors.
    pub fn parameters(&self) -> u64 {
        let width = self.d_model as u64;
        let norm = 2 * width;
        let attention = 4 * (width + 1) * width;
        let feed_forward = |inner: usize| {
            let inner = inner as u64;
            (width + 1) * inner + (inner + 1) * width
        };
        let encoder = attention + feed_forward(self.encoder_ffn_dim) + 2 * norm;
        let decoder = 2 * attention + feed_forward(self.decoder_ffn_dim) + 3 * norm;
        let convolutions = (3 * self.num_mel_bins as u64 + 1) * width + (3 * width + 1) * width;
        let positions = (self.max_source_positions + self.max_target_positions) as u64;
        let tables = (positions + self.vocab_size as u64) * width;
        encoder * self.encoder_layers as u64
            + decoder * self.decoder_layers as u64
            + convolutions
            + tables
            + 2 * norm
    }

    /// Bytes that the model and one recording that is heard take in memory on a CPU, about.
    pub fn memory(&self, precision: Precision) -> u64 {
        let float = size_of::<f32>() as u64;
        let width = self.d_model as u64;
        let table = self.vocab_size as u64 * width * float;
        let weights = match precision {
            Precision::Full => self.parameters() * float,
            // A scale stands beside every 64 weights.
            Precision::EightBits => self.parameters() * 17 / 16,
        };
        let frames = self.max_source_positions as u64;
        let heard = 2 * frames * width * self.decoder_layers as u64;
        let inner = frames * (self.encoder_ffn_dim as u64 + 8 * width);
        // The table of tokens is there as it is, and as what gives their scores.
        weights + table + (heard + inner) * float
    }

    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("num_mel_bins", self.num_mel_bins, 512),
            ("d_model", self.d_model, 1 << 14),
            ("encoder_layers", self.encoder_layers, 256),
            ("encoder_attention_heads", self.encoder_attention_heads, 256),
            ("encoder_ffn_dim", self.encoder_ffn_dim, 1 << 16),
            ("decoder_layers", self.decoder_layers, 256),
            ("decoder_attention_heads", self.decoder_attention_heads, 256),
            ("decoder_ffn_dim", self.decoder_ffn_dim, 1 << 16),
            ("vocab_size", self.vocab_size, 1 << 20),
            ("max_target_positions", self.max_target_positions, 1 << 14),
        ];
        for (name, size, most) in sizes {
            if size == 0 || size > most {
                return Err(format!("`{name}` is {size}; it must be 1 to {most}"));
            }
        }
        for heads in [self.encoder_attention_heads, self.decoder_attention_heads] {
            if !self.d_model.is_multiple_of(heads) {
                return Err(format!(
                    "`d_model` {} does not go into {heads} heads",
                    self.d_model
                ));
            }
        }
        if self.max_source_positions != 1_500 {
            return Err(format!(
                "`max_source_positions` is {}; a window of 30 s has 1500",
                self.max_source_positions
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = r#"{"num_mel_bins": 80, "d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "decoder_layers": 4,
        "decoder_attention_heads": 6, "vocab_size": 51865, "max_source_positions": 1500, "max_target_positions": 448}"#;

    #[test]
    fn what_is_not_said_follows() {
        let config = Config::parse(TINY).unwrap();
        assert_eq!(config.encoder_ffn_dim, 1_536);
        assert!(config.is_multilingual());
        // That of openai/whisper-tiny, whose keys have no biases.
        let off = config.parameters().abs_diff(37_760_640);
        assert!(off < 10_000, "{off}");
        assert!(config.memory(Precision::EightBits) < config.memory(Precision::Full));
        let english = TINY.replace("51865", "51864");
        assert!(!Config::parse(&english).unwrap().is_multilingual());
    }

    #[test]
    fn faults_are_named() {
        let fault = |from: &str, to: &str| Config::parse(&TINY.replace(from, to)).unwrap_err();
        assert!(fault("\"d_model\"", "\"width\"").contains("d_model"));
        assert!(fault("384", "385").contains("heads"));
        assert!(fault("1500", "750").contains("30 s"));
        assert!(fault("\"decoder_layers\": 4", "\"decoder_layers\": 0").contains("decoder_layers"));
    }
}
