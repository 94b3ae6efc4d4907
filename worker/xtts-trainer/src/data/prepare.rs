//! From sound and text to codes and ids.

use std::path::Path;

use candle_core::Device;
use kiskadee_checkpoint::Weights;
use kiskadee_xtts::{Config, Dvae, INPUT_RATE, LogMel, ModelFolder, Tokenizer, Trace, mel_scales};

use super::Example;
use crate::batch::{CODE_SAMPLES, Tokens};
use crate::error::{Result, TrainError};

/// 0.5 s and 11.6 s: what the reference's trainer takes.
const LEAST_SAMPLES: usize = INPUT_RATE as usize / 2;
const MOST_SAMPLES: usize = 255_995;
const MOST_TOKENS: usize = 200;
/// A clip without a louder sample is silent (-80 dB).
const SILENCE: f32 = 1e-4;

/// Why a clip is not learned from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    #[error("{seconds:.2} s are too short, 0.5 s is the least")]
    TooShort { seconds: f32 },
    #[error("{seconds:.1} s are too long, 11.6 s is the most")]
    TooLong { seconds: f32 },
    #[error("the text has {tokens} tokens, 200 is the most")]
    TextTooLong { tokens: usize },
    #[error("there is no text")]
    NoText,
    #[error("the text has characters that the model does not know")]
    UnknownCharacters,
    #[error("holds samples that are not finite")]
    NotFinite,
    #[error("is silent")]
    Silent,
}

/// What makes examples of clips: the model's tokenizer and the DVAE that its codes come from.
pub struct Preparer {
    tokenizer: Tokenizer,
    log_mel: LogMel,
    conditioning: LogMel,
    dvae: Dvae,
    device: Device,
    tokens: Tokens,
    config: Config,
}

impl Preparer {
    /// Of an imported model, which must have come with its DVAE.
    pub fn open(folder: &ModelFolder, device: &Device) -> Result<Self> {
        let without = |what: &str| {
            let path = folder.path().display();
            TrainError::Options(format!(
                "{path} has no {what}, which training needs: import the model again with it beside model.pth"
            ))
        };
        let dvae = folder.dvae().ok_or_else(|| without("dvae.pth"))?;
        let model = folder.model();
        let stats = folder.mel_stats().unwrap_or(model);
        Self::of_files(
            &folder.config(),
            &folder.vocabulary(),
            &dvae,
            &stats,
            device,
        )
    }

    /// Of single files; `stats` has `mel_stats`.
    pub fn of_files(
        config: &Path,
        vocabulary: &Path,
        dvae: &Path,
        stats: &Path,
        device: &Device,
    ) -> Result<Self> {
        let config = Config::read(config)?;
        let tokenizer = Tokenizer::open(vocabulary)?;
        let scales = mel_scales(&Weights::open(stats, &Device::Cpu)?)?;
        let dvae = Dvae::load(&Weights::open(dvae, device)?, &config.sizes.dvae)?;
        Ok(Self {
            tokens: tokens(&config, &tokenizer)?,
            tokenizer,
            log_mel: LogMel::dvae(&scales)?,
            conditioning: LogMel::conditioning(&scales)?,
            dvae,
            device: device.clone(),
            config,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The model's tokens, for batches.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// What the conditioning encoder hears.
    pub fn conditioning(&self) -> &LogMel {
        &self.conditioning
    }

    /// An example of mono samples at 22,050 Hz, and of a transcript, normalised as the model wants it, in a language that the checkpoint names.
    /// Codes do not depend on what stands beside a clip in a batch: each is listened to by itself.
    pub fn prepare(
        &self,
        samples: &[f32],
        transcript: &str,
        language: &str,
    ) -> Result<Result<Example, Rejection>> {
        let tokens = self.tokenizer.encode(transcript, language)?;
        if let Some(reason) = self.rejection(samples, transcript, &tokens) {
            return Ok(Err(reason));
        }
        let mel = self.log_mel.compute(samples)?.unsqueeze(0)?;
        let codes = self
            .dvae
            .codes(&mel.to_device(&self.device)?, &mut Trace::none())?;
        let mut codes = codes.squeeze(0)?.to_vec1::<u32>()?;
        codes.truncate(samples.len().div_ceil(CODE_SAMPLES));
        Ok(Ok(Example {
            tokens,
            codes,
            samples: samples.len(),
        }))
    }

    fn rejection(&self, samples: &[f32], transcript: &str, tokens: &[u32]) -> Option<Rejection> {
        let seconds = samples.len() as f32 / INPUT_RATE as f32;
        let strange = ["[UNK]", "[STOP]"].map(|name| self.tokenizer.id(name));
        let most_tokens = MOST_TOKENS.min(self.config.model_args.gpt_max_text_tokens - 1);
        let most_samples = MOST_SAMPLES.min((self.config.max_codes() - 2) * CODE_SAMPLES);
        if samples.len() < LEAST_SAMPLES {
            Some(Rejection::TooShort { seconds })
        } else if samples.len() > most_samples {
            Some(Rejection::TooLong { seconds })
        } else if !samples.iter().all(|sample| sample.is_finite()) {
            Some(Rejection::NotFinite)
        } else if samples.iter().all(|sample| sample.abs() < SILENCE) {
            Some(Rejection::Silent)
        } else if transcript.trim().is_empty() {
            Some(Rejection::NoText)
        } else if tokens.len() > most_tokens {
            Some(Rejection::TextTooLong {
                tokens: tokens.len(),
            })
        } else if tokens.iter().any(|id| strange.contains(&Some(*id))) {
            Some(Rejection::UnknownCharacters)
        } else {
            None
        }
    }
}

fn tokens(config: &Config, tokenizer: &Tokenizer) -> Result<Tokens> {
    let args = &config.model_args;
    let id = |configured: Option<u32>, name: &str| {
        let missing = || TrainError::Options(format!("the vocabulary has no {name}"));
        configured
            .or_else(|| tokenizer.id(name))
            .ok_or_else(missing)
    };
    Ok(Tokens {
        start_text: id(args.gpt_start_text_token, "[START]")?,
        stop_text: id(args.gpt_stop_text_token, "[STOP]")?,
        start_code: args.gpt_start_audio_token,
        stop_code: args.gpt_stop_audio_token,
        text_tokens: args.gpt_number_text_tokens.unwrap_or(tokenizer.size()),
        codes: args.gpt_num_audio_tokens,
        text_positions: config.text_positions(),
        code_positions: config.audio_positions(),
    })
}
