//! `config.json` as it is published: the sizes of the networks, and the vocabulary of symbols.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use crate::error::{KokoroError, Result};

/// Samples per second of all Kokoro models.
pub const SAMPLE_RATE: u32 = 24_000;

/// The sizes of a model and its symbols.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Rows of the tables that ids look up.
    pub n_token: usize,
    pub hidden_dim: usize,
    /// Half of a style: one half is for the decoder, the other for the predictor.
    pub style_dim: usize,
    /// Layers of the duration encoder and of the text encoder.
    pub n_layer: usize,
    /// Most frames that a token may last at a speed of 1.
    pub max_dur: usize,
    pub text_encoder_kernel_size: usize,
    pub plbert: PlBertSizes,
    pub istftnet: GeneratorSizes,
    /// The id of each symbol, one code point long.
    #[serde(default)]
    pub vocab: BTreeMap<String, u32>,
}

/// Of the ALBERT that reads the phones.
#[derive(Debug, Clone, Deserialize)]
pub struct PlBertSizes {
    pub hidden_size: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    pub num_hidden_layers: usize,
    /// Not in the published file: the default of ALBERT holds.
    #[serde(default = "albert_embedding_size")]
    pub embedding_size: usize,
}

/// Of the generator of samples.
#[derive(Debug, Clone, Deserialize)]
pub struct GeneratorSizes {
    pub upsample_kernel_sizes: Vec<usize>,
    pub upsample_rates: Vec<usize>,
    pub gen_istft_hop_size: usize,
    pub gen_istft_n_fft: usize,
    pub resblock_dilation_sizes: Vec<Vec<usize>>,
    pub resblock_kernel_sizes: Vec<usize>,
    pub upsample_initial_channel: usize,
}

fn albert_embedding_size() -> usize {
    128
}

/// No size of a published model comes near; what is greater would only take memory.
const GREATEST_SIZE: usize = 4096;
const GREATEST_KERNEL: usize = 64;

impl Config {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| KokoroError::file(path, error))?;
        Self::parse(&text).map_err(|reason| KokoroError::file(path, reason))
    }

    /// The configuration in a JSON text, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    /// Samples of one frame, of which durations are counted in.
    pub fn samples_per_frame(&self) -> usize {
        // The decoder doubles the frames before the generator.
        2 * self.istftnet.samples_per_step()
    }

    /// Most ids of one utterance, without the two zeros around them.
    pub fn longest_utterance(&self) -> usize {
        self.plbert.max_position_embeddings.saturating_sub(2)
    }

    fn check(&self) -> Result<(), String> {
        let (bert, net) = (&self.plbert, &self.istftnet);
        for (name, size) in [
            ("n_token", self.n_token),
            ("hidden_dim", self.hidden_dim),
            ("style_dim", self.style_dim),
            ("n_layer", self.n_layer),
            ("max_dur", self.max_dur),
            ("plbert.hidden_size", bert.hidden_size),
            ("plbert.num_attention_heads", bert.num_attention_heads),
            ("plbert.intermediate_size", bert.intermediate_size),
            (
                "plbert.max_position_embeddings",
                bert.max_position_embeddings,
            ),
            ("plbert.num_hidden_layers", bert.num_hidden_layers),
            ("plbert.embedding_size", bert.embedding_size),
            (
                "istftnet.upsample_initial_channel",
                net.upsample_initial_channel,
            ),
        ] {
            within(name, size, GREATEST_SIZE)?;
        }
        within(
            "text_encoder_kernel_size",
            self.text_encoder_kernel_size,
            GREATEST_KERNEL,
        )?;
        if !bert.hidden_size.is_multiple_of(bert.num_attention_heads) {
            return Err("plbert.hidden_size is not a multiple of its heads".into());
        }
        if !self.hidden_dim.is_multiple_of(2) {
            return Err("hidden_dim is odd".into());
        }
        net.check()?;
        self.check_vocabulary()
    }

    fn check_vocabulary(&self) -> Result<(), String> {
        for (symbol, id) in &self.vocab {
            if symbol.chars().count() != 1 {
                return Err(format!("vocab: `{symbol}` is not one character"));
            }
            if *id == 0 || *id as usize >= self.n_token {
                let last = self.n_token.saturating_sub(1);
                return Err(format!(
                    "vocab: `{symbol}` has the id {id}, which must be within 1..={last}"
                ));
            }
        }
        Ok(())
    }
}

impl GeneratorSizes {
    /// Samples of one step of the generator's input.
    pub fn samples_per_step(&self) -> usize {
        self.upsample_rates.iter().product::<usize>() * self.gen_istft_hop_size
    }

    fn check(&self) -> Result<(), String> {
        if self.upsample_rates.is_empty()
            || self.upsample_rates.len() != self.upsample_kernel_sizes.len()
        {
            return Err(
                "istftnet: upsample_rates and upsample_kernel_sizes must be of one length".into(),
            );
        }
        if self.resblock_kernel_sizes.is_empty()
            || self.resblock_kernel_sizes.len() != self.resblock_dilation_sizes.len()
        {
            return Err(
                "istftnet: resblock_kernel_sizes and resblock_dilation_sizes must be of one length"
                    .into(),
            );
        }
        let kernels = self.upsample_kernel_sizes.iter();
        let kernels = kernels.chain(&self.upsample_rates);
        let kernels = kernels.chain(&self.resblock_kernel_sizes);
        for size in kernels.chain(self.resblock_dilation_sizes.iter().flatten()) {
            within(
                "istftnet: a rate, kernel or dilation",
                *size,
                GREATEST_KERNEL,
            )?;
        }
        for (rate, kernel) in self.upsample_rates.iter().zip(&self.upsample_kernel_sizes) {
            if kernel < rate || !(kernel - rate).is_multiple_of(2) {
                return Err(format!(
                    "istftnet: a kernel of {kernel} does not fit a rate of {rate}"
                ));
            }
        }
        within("istftnet.gen_istft_n_fft", self.gen_istft_n_fft, 1024)?;
        within(
            "istftnet.gen_istft_hop_size",
            self.gen_istft_hop_size,
            self.gen_istft_n_fft / 2,
        )?;
        if !self.gen_istft_n_fft.is_multiple_of(2) {
            return Err("istftnet.gen_istft_n_fft is odd".into());
        }
        let halvings = u32::try_from(self.upsample_rates.len()).unwrap_or(u32::MAX);
        let divisor = 2_usize.checked_pow(halvings).unwrap_or(usize::MAX);
        if !self.upsample_initial_channel.is_multiple_of(divisor) {
            return Err(format!(
                "istftnet.upsample_initial_channel cannot be halved {halvings} times"
            ));
        }
        Ok(())
    }
}

fn within(name: &str, size: usize, greatest: usize) -> Result<(), String> {
    if (1..=greatest).contains(&size) {
        Ok(())
    } else {
        Err(format!(
            "{name} is {size}, which must be within 1..={greatest}"
        ))
    }
}
