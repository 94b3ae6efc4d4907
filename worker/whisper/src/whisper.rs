//! A model that is ready: what can be asked of it.

use std::path::Path;

use candle_core::Device;
use kiskadee_checkpoint::Weights;

use crate::config::Config;
use crate::decoding::Room;
use crate::error::{Result, WhisperError};
use crate::mel::{LogMel, SAMPLE_RATE, WINDOW_FRAMES, WINDOW_SAMPLES, window_at};
use crate::model::{Heard, Network, Precision, Trace};
use crate::tokens::Tokens;
use crate::transcript::Expected;
use crate::vocabulary::Vocabulary;

/// The longest recording that is taken at once, in seconds: its spectrogram is in memory as a whole.
const LONGEST_SECONDS: usize = 6 * 3_600;
/// A space in the published vocabularies.
const SPACE: u32 = 220;

/// A model. Takes no part of itself for a recording, so that threads may share it.
pub struct Whisper {
    pub(crate) config: Config,
    pub(crate) tokens: Tokens,
    pub(crate) vocabulary: Option<Vocabulary>,
    /// What no text begins with.
    pub(crate) blank: Vec<u32>,
    /// What is never said.
    pub(crate) suppressed: Vec<u32>,
    pub(crate) mel: LogMel,
    pub(crate) network: Network,
}

/// How likely a recording is in a language.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageGuess {
    /// A code such as `en`.
    pub language: String,
    pub probability: f32,
}

impl Whisper {
    /// Reads `config.json`, `model.safetensors` and `tokenizer.json` of a folder as Hugging Face has them, in f32, f16 or bf16.
    pub fn open(folder: &Path, device: &Device) -> Result<Self> {
        Self::open_with(folder, device, Precision::Full)
    }

    /// [`Whisper::open`], with weights that are kept otherwise than in f32.
    pub fn open_with(folder: &Path, device: &Device, precision: Precision) -> Result<Self> {
        let config = Config::read(&folder.join("config.json"))?;
        let path = folder.join("tokenizer.json");
        let (vocabulary, tokens) = Vocabulary::open(&path)?;
        if vocabulary.size() > config.vocab_size {
            let (found, sizes) = (vocabulary.size(), config.vocab_size);
            let reason = format!("has {found} ids where config.json has {sizes}");
            return Err(WhisperError::file(path, reason));
        }
        let weights = Weights::open(&folder.join("model.safetensors"), device)?;
        let network = Network::new(&config, &weights, precision)?;
        Self::new(config, tokens, Some(vocabulary), network)
    }

    /// Codes of the languages that the model in a folder knows, without its weights.
    pub fn languages_of(folder: &Path) -> Result<Vec<String>> {
        let config = Config::read(&folder.join("config.json"))?;
        if !config.is_multilingual() {
            return Ok(vec!["en".to_owned()]);
        }
        let (_, tokens) = Vocabulary::open(&folder.join("tokenizer.json"))?;
        let codes = tokens.languages.into_iter();
        Ok(codes.map(|(code, _)| code).collect())
    }

    /// Without a vocabulary there is no text, and what is never said is told by the configuration.
    pub(crate) fn new(
        config: Config,
        tokens: Tokens,
        vocabulary: Option<Vocabulary>,
        network: Network,
    ) -> Result<Self> {
        let (blank, mut suppressed) = match &vocabulary {
            Some(vocabulary) => vocabulary.suppressed()?,
            None => (vec![SPACE], config.suppress_tokens.clone()),
        };
        suppressed.extend(tokens.never_said());
        suppressed.sort_unstable();
        suppressed.dedup();
        Ok(Self {
            mel: LogMel::new(config.num_mel_bins),
            config,
            tokens,
            vocabulary,
            blank,
            suppressed,
            network,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Codes of the languages that can be transcribed.
    pub fn languages(&self) -> Vec<&str> {
        if !self.config.is_multilingual() {
            return vec!["en"];
        }
        let languages = self.tokens.languages.iter();
        languages.map(|(code, _)| code.as_str()).collect()
    }

    /// The languages of the first 30 s of mono samples at 16 kHz, the likeliest first.
    pub fn detect_language(&self, samples: &[f32]) -> Result<Vec<LanguageGuess>> {
        check(samples)?;
        let heard = &samples[..samples.len().min(WINDOW_SAMPLES)];
        let mel = self.mel.compute(heard, WINDOW_SAMPLES)?;
        self.guess(&self.hear(&window_at(&mel, 0, WINDOW_FRAMES)?)?)
    }

    /// The language of the first 30 s of mono samples at 16 kHz, and its probability: the expected one, unless another is likely enough.
    pub fn language_of(
        &self,
        samples: &[f32],
        expected: &Expected,
    ) -> Result<(String, Option<f32>)> {
        check(samples)?;
        let heard = &samples[..samples.len().min(WINDOW_SAMPLES)];
        let mel = self.mel.compute(heard, WINDOW_SAMPLES)?;
        self.unless_another(&self.hear(&window_at(&mel, 0, WINDOW_FRAMES)?)?, expected)
    }

    /// The expected language, unless another one is likely enough; with its probability, where there is more than one.
    pub(crate) fn unless_another(
        &self,
        heard: &Heard,
        expected: &Expected,
    ) -> Result<(String, Option<f32>)> {
        let guesses = self.guess(heard)?;
        let own = guesses
            .iter()
            .find(|guess| guess.language == expected.language);
        let likeliest = guesses.first();
        let other = likeliest.filter(|guess| own.is_none() || guess.probability >= expected.least);
        let taken = other.or(own);
        let taken = taken.ok_or_else(|| WhisperError::Input("no language is known".to_owned()))?;
        Ok((taken.language.clone(), Some(taken.probability)))
    }

    /// Languages of what was heard, the likeliest first.
    pub(crate) fn guess(&self, heard: &Heard) -> Result<Vec<LanguageGuess>> {
        if !self.config.is_multilingual() {
            return Ok(vec![LanguageGuess {
                language: "en".to_owned(),
                probability: 1.0,
            }]);
        }
        let decoder = &self.network.decoder;
        let mut said = decoder.begin(1, 1)?;
        let state = decoder.forward(&[self.tokens.sot], heard, &mut said)?;
        let scores: Vec<f32> = decoder.scores(&state)?.squeeze(0)?.to_vec1()?;
        let score = |id: u32| {
            scores
                .get(id as usize)
                .copied()
                .unwrap_or(f32::NEG_INFINITY)
        };
        let languages = self.tokens.languages.iter();
        let languages: Vec<_> = languages.map(|(code, id)| (code, score(*id))).collect();
        let most = languages
            .iter()
            .fold(f32::NEG_INFINITY, |most, (_, score)| most.max(*score));
        let total: f32 = languages
            .iter()
            .map(|(_, score)| (score - most).exp())
            .sum();
        let mut guesses: Vec<LanguageGuess> = languages
            .into_iter()
            .map(|(code, score)| LanguageGuess {
                language: code.clone(),
                probability: (score - most).exp() / total,
            })
            .collect();
        guesses.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Ok(guesses)
    }

    /// Runs the encoder over a window `[3000, bands]`.
    pub(crate) fn hear(&self, mel: &candle_core::Tensor) -> Result<Heard> {
        let frames = self.network.encoder.forward(mel, &mut Trace::none())?;
        self.network.decoder.hear(&frames)
    }

    pub(crate) fn room(&self) -> Room {
        Room {
            answer: self.config.longest_answer(),
            all: self.config.max_target_positions,
        }
    }
}

/// That samples can be heard.
pub(crate) fn check(samples: &[f32]) -> Result<()> {
    if samples.len() > LONGEST_SECONDS * SAMPLE_RATE as usize {
        let reason = format!("a recording of more than {} h", LONGEST_SECONDS / 3_600);
        return Err(WhisperError::Input(reason));
    }
    if samples.iter().any(|sample| !sample.is_finite()) {
        return Err(WhisperError::Input(
            "the recording holds what is no number".to_owned(),
        ));
    }
    Ok(())
}
