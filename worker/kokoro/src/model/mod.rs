//! Kokoro (`StyleTTS` 2 of Li et al., 2023, with an iSTFTNet): from ids and a style to samples.

mod bert;
mod block;
mod convolution;
mod decoder;
mod generator;
mod normalization;
mod parameters;
mod predictor;
mod source;
mod spectrum;
mod text_encoder;
mod timing;
mod trace;

use std::path::Path;

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;

use self::bert::Bert;
use self::decoder::Decoder;
use self::generator::Generator;
use self::parameters::Parameters;
use self::predictor::Predictor;
use self::source::Source;
use self::spectrum::Transform;
use self::text_encoder::TextEncoder;
pub use self::timing::{FRAMES_AHEAD, TokenFactors};
pub(crate) use self::timing::{frames, tokens};
pub use self::trace::Trace;
use crate::config::{Config, SAMPLE_RATE};
use crate::error::{KokoroError, Result};

/// Longest utterance, in seconds: bounds the memory of the generator, about 15 MB for each second.
pub const LONGEST_SECONDS: usize = 60;

/// A model in memory, for any of its voices.
pub struct Kokoro {
    config: Config,
    device: Device,
    bert: Bert,
    predictor: Predictor,
    text_encoder: TextEncoder,
    decoder: Decoder,
    pub(crate) source: Source,
    pub(crate) transform: Transform,
    generator: Generator,
}

/// What is to be spoken.
#[derive(Debug, Clone, Copy)]
pub struct Utterance<'a> {
    /// Without the zeros at both ends.
    pub ids: &'a [u32],
    /// A row of a voice, `2 style_dim` values.
    pub style: &'a [f32],
    /// Of the whole: 2 is twice as fast.
    pub speed: f32,
    /// For each id, or none at all.
    pub factors: &'a [TokenFactors],
    /// Of the noise in the voice: the same seed gives the same samples.
    pub seed: u64,
}

/// What was spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// Mono, at 24,000 Hz.
    pub samples: Vec<f32>,
    /// How many frames each id lasts, the zeros at both ends too.
    pub frames: Vec<u32>,
}

/// The phones of an utterance as the networks read them.
pub(crate) struct Read {
    /// `[id, hidden + style]`
    pub(crate) predicted: Tensor,
    /// `[id, hidden]`
    pub(crate) phones: Tensor,
    /// Frames at a speed of 1.
    pub(crate) durations: Vec<f32>,
}

/// The two halves of a style, `[1, style]` each.
pub(crate) struct Style {
    decoder: Tensor,
    predictor: Tensor,
}

impl Kokoro {
    /// Loads `config.json` and `model.safetensors` of a folder.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let config = Config::read(&folder.join("config.json"))?;
        let weights = Weights::open(&folder.join("model.safetensors"), device)?;
        Self::new(config, &weights)
    }

    pub fn new(config: Config, weights: &Weights) -> Result<Self> {
        let parameters = Parameters { weights };
        let net = &config.istftnet;
        Ok(Self {
            device: weights.device().clone(),
            bert: Bert::new(parameters, &config)?,
            predictor: Predictor::new(parameters, &config)?,
            text_encoder: TextEncoder::new(parameters, &config)?,
            decoder: Decoder::new(parameters, &config)?,
            source: Source::new(parameters, net.samples_per_step())?,
            transform: Transform::new(net.gen_istft_n_fft, net.gen_istft_hop_size),
            generator: Generator::new(parameters, &config)?,
            config,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Speaks an utterance whole: its norms run over all of it.
    pub fn speak(&self, utterance: &Utterance<'_>) -> Result<Speech> {
        self.check(utterance)?;
        let trace = &mut Trace::none();
        let style = self.style(utterance.style)?;
        let ids = [&[0], utterance.ids, &[0]].concat();
        let read = self.read(&ids, &style, trace)?;
        let factors = around(utterance.factors);
        let frames = timing::frames(&read.durations, utterance.speed, &factors);
        self.check_length(&frames)?;
        let tokens = timing::tokens(&frames);
        let (pitch, loudness) = self.curves(&read, &tokens, &style, trace)?;
        let pitch = scaled(&pitch, &tokens, &factors)?;
        let hidden = self.decode(&read, &tokens, (&pitch, &loudness), &style, trace)?;
        let pitch: Vec<f32> = pitch.flatten_all()?.to_vec1()?;
        let source = self.source.samples(&pitch, utterance.seed);
        let spectra = self.transform.forward(&source);
        let samples = self.generate(&hidden, spectra, &style, trace)?;
        Ok(Speech { samples, frames })
    }
}

/// The stages, which are compared one by one too.
impl Kokoro {
    pub(crate) fn style(&self, style: &[f32]) -> Result<Style> {
        let half = self.config.style_dim;
        let style = Tensor::from_slice(style, (1, 2 * half), &self.device)?;
        Ok(Style {
            decoder: style.narrow(1, 0, half)?.contiguous()?,
            predictor: style.narrow(1, half, half)?.contiguous()?,
        })
    }

    /// Ids with both zeros.
    pub(crate) fn read(&self, ids: &[u32], style: &Style, trace: &mut Trace<'_>) -> Result<Read> {
        let ids = Tensor::new(ids, &self.device)?;
        let projected = self.bert.forward(&ids, trace)?;
        let predicted = self.predictor.encode(&projected, &style.predictor, trace)?;
        let durations = self.predictor.durations(&predicted, trace)?;
        Ok(Read {
            phones: self.text_encoder.forward(&ids, trace)?,
            predicted,
            durations,
        })
    }

    /// Pitch and loudness, `[2 frames, 1]` each.
    pub(crate) fn curves(
        &self,
        read: &Read,
        tokens: &[u32],
        style: &Style,
        trace: &mut Trace<'_>,
    ) -> Result<(Tensor, Tensor)> {
        let tokens = Tensor::new(tokens, &self.device)?;
        let frames = read.predicted.index_select(&tokens, 0)?;
        self.predictor.curves(&frames, &style.predictor, trace)
    }

    pub(crate) fn decode(
        &self,
        read: &Read,
        tokens: &[u32],
        curves: (&Tensor, &Tensor),
        style: &Style,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let tokens = Tensor::new(tokens, &self.device)?;
        let phones = read.phones.index_select(&tokens, 0)?;
        self.decoder.forward(&phones, curves, &style.decoder, trace)
    }

    /// Samples of the decoder's output and the spectra of the source.
    pub(crate) fn generate(
        &self,
        hidden: &Tensor,
        source: Vec<f32>,
        style: &Style,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let width = 2 * self.transform.bins();
        let shape = (source.len() / width, width);
        let source = Tensor::from_vec(source, shape, &self.device)?;
        let spectra = self
            .generator
            .forward(hidden, &source, &style.decoder, trace)?;
        let spectra: Vec<f32> = spectra.flatten_all()?.to_vec1()?;
        Ok(self.transform.inverse(&spectra))
    }
}

impl Kokoro {
    fn check(&self, utterance: &Utterance<'_>) -> Result<()> {
        let refuse = |reason: String| Err(KokoroError::Input(reason));
        let (count, most) = (utterance.ids.len(), self.config.longest_utterance());
        if count == 0 || count > most {
            return refuse(format!(
                "an utterance of {count} ids; there must be 1 to {most}"
            ));
        }
        let rows = self.config.n_token;
        if let Some(id) = utterance.ids.iter().find(|id| **id as usize >= rows) {
            return refuse(format!("the id {id} is not below {rows}"));
        }
        let (found, needed) = (utterance.style.len(), 2 * self.config.style_dim);
        if found != needed {
            return refuse(format!(
                "a style of {found} values where {needed} are needed"
            ));
        }
        if !utterance.factors.is_empty() && utterance.factors.len() != count {
            let found = utterance.factors.len();
            return refuse(format!("factors for {found} of {count} ids"));
        }
        let whole = TokenFactors {
            speed: utterance.speed,
            ..TokenFactors::default()
        };
        whole.check()?;
        utterance
            .factors
            .iter()
            .try_for_each(|factors| factors.check())
    }

    fn check_length(&self, frames: &[u32]) -> Result<()> {
        let total: u64 = frames.iter().map(|frames| u64::from(*frames)).sum();
        let samples = total.saturating_mul(self.config.samples_per_frame() as u64);
        if samples <= LONGEST_SECONDS as u64 * u64::from(SAMPLE_RATE) {
            return Ok(());
        }
        Err(KokoroError::Input(format!(
            "the utterance would last {} s; at most {LONGEST_SECONDS} s are spoken at once: cut it up or speak faster",
            samples / u64::from(SAMPLE_RATE)
        )))
    }
}

/// Factors of the zeros at both ends too: those of their neighbours' pace, at the model's own loudness.
fn around(factors: &[TokenFactors]) -> Vec<TokenFactors> {
    let ends = (factors.first(), factors.last());
    let (Some(first), Some(last)) = ends else {
        return Vec::new();
    };
    [&[*first], factors, &[*last]].concat()
}

/// The pitch `[2 frames, 1]` with each token's factor.
fn scaled(pitch: &Tensor, tokens: &[u32], factors: &[TokenFactors]) -> Result<Tensor> {
    if factors
        .iter()
        .all(|factors| factors.pitch.total_cmp(&1.0).is_eq())
    {
        return Ok(pitch.clone());
    }
    let of = |token: u32| factors.get(token as usize).map_or(1.0, |f| f.pitch);
    let twice = timing::heard(tokens).flat_map(|token| [of(token); 2]);
    let twice: Vec<f32> = twice.collect();
    let factors = Tensor::from_vec(twice, pitch.dims(), pitch.device())?;
    Ok((pitch * factors)?)
}
