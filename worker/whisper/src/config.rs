//! `config.json` as models are published with it, checked.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Result, WhisperError};

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
