//! The stages in a row: sentences to samples, with the times of their words.

use std::{ops::Range, sync::Arc};

use candle_core::Device;
use kiskadee_pronunciation::{PhoneToken, Pronouncer, PronunciationError};
use kiskadee_text::{Boundary, Emphasis, Language, Prosody, Sentence};

use crate::{
    FRAME_SECONDS, VocoderFrames,
    acoustic::{AcousticModel, ModelError, SentenceKind, Spoken, TokenControl, Utterance},
    speaker::Speaker,
};

const RATES: std::ops::RangeInclusive<f32> = 0.25..=4.0;
const SEMITONES: std::ops::RangeInclusive<f32> = -24.0..=24.0;
const DECIBELS: std::ops::RangeInclusive<f32> = -60.0..=20.0;

/// Why something cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    #[error(transparent)]
    Pronunciation(#[from] PronunciationError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A sentence that somebody is to speak.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    pub sentence: &'a Sentence,
    pub language: Language,
    pub speaker: Speaker,
    /// 1 is natural, 2 twice as fast; brought into 0.25 to 4.
    pub rate: f32,
}

/// A spoken sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenLine {
    pub frames: VocoderFrames,
    /// In the order of the sentence's words; those of which nothing is heard are left out.
    pub words: Vec<SpokenWord>,
}

/// When a word is heard.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenWord {
    /// The bytes of the text that it speaks for.
    pub source: Range<usize>,
    /// Seconds from the beginning of the sentence.
    pub start: f64,
    pub end: f64,
}

/// Everything that is needed to speak; safe to share.
pub struct Synthesizer {
    model: AcousticModel,
    english: Arc<Pronouncer>,
    portuguese: Arc<Pronouncer>,
}

impl Synthesizer {
    /// With the model, the lexicon and the rules that come with the program.
    pub fn built_in(device: &Device) -> Result<Self, SynthesisError> {
        Ok(Self {
            model: AcousticModel::built_in(device)?,
            english: Pronouncer::built_in(Language::English)?.into(),
            portuguese: Pronouncer::built_in(Language::Portuguese)?.into(),
        })
    }

    /// The same with another model; what both need beside it is shared.
    #[must_use]
    pub fn with_model(&self, model: AcousticModel) -> Self {
        Self {
            model,
            english: Arc::clone(&self.english),
            portuguese: Arc::clone(&self.portuguese),
        }
    }

    pub fn model(&self) -> &AcousticModel {
        &self.model
    }

    /// Speaks all lines in one pass of the model; each comes out as it would alone.
    pub fn synthesize(&self, lines: &[Line<'_>]) -> Result<Vec<SpokenLine>, SynthesisError> {
        let said = lines
            .iter()
            .map(|line| self.pronouncer(line.language).pronounce(line.sentence))
            .collect::<Result<Vec<_>, _>>()?;
        let controls: Vec<Vec<TokenControl>> = lines
            .iter()
            .zip(&said)
            .map(|(line, tokens)| controls(line.sentence, tokens))
            .collect();
        let utterances: Vec<Utterance<'_>> = lines
            .iter()
            .zip(said.iter().zip(&controls))
            .map(|(line, (tokens, controls))| utterance(line, tokens, controls))
            .collect();
        let spoken = self.model.synthesize(&utterances)?;
        let all = lines.iter().zip(said.iter().zip(spoken));
        Ok(all
            .map(|(line, (tokens, spoken))| spoken_line(line.sentence, tokens, spoken))
            .collect())
    }

    fn pronouncer(&self, language: Language) -> &Pronouncer {
        match language {
            Language::English => &self.english,
            Language::Portuguese => &self.portuguese,
        }
    }
}

fn utterance<'a>(
    line: &Line<'_>,
    tokens: &'a [PhoneToken],
    controls: &'a [TokenControl],
) -> Utterance<'a> {
    Utterance {
        tokens,
        language: line.language,
        kind: kind(line.sentence),
        speaker: line.speaker,
        rate: line.rate.clamp(*RATES.start(), *RATES.end()),
        pitch_shift: 0.0,
        controls,
    }
}

fn kind(sentence: &Sentence) -> SentenceKind {
    match sentence.words.last().map(|word| word.boundary) {
        Some(Boundary::Question) => SentenceKind::Question,
        Some(Boundary::Exclamation) => SentenceKind::Exclamation,
        _ => SentenceKind::Statement,
    }
}

fn controls(sentence: &Sentence, tokens: &[PhoneToken]) -> Vec<TokenControl> {
    let of_word = |word: u32| {
        sentence
            .words
            .get(word as usize)
            .map(|word| control(word.prosody))
    };
    tokens
        .iter()
        .map(|token| token.word.and_then(of_word).unwrap_or_default())
        .collect()
}

fn control(prosody: Prosody) -> TokenControl {
    let emphasis = TokenControl::emphasis(match prosody.emphasis {
        Emphasis::Reduced => -0.5,
        Emphasis::None => 0.0,
        Emphasis::Moderate => 0.5,
        Emphasis::Strong => 1.0,
    });
    TokenControl {
        stretch: (emphasis.stretch / prosody.rate.max(f32::EPSILON))
            .clamp(*RATES.start(), *RATES.end()),
        pitch: (emphasis.pitch + prosody.pitch).clamp(*SEMITONES.start(), *SEMITONES.end()),
        loudness: (emphasis.loudness + prosody.volume).clamp(*DECIBELS.start(), *DECIBELS.end()),
    }
}

fn spoken_line(sentence: &Sentence, tokens: &[PhoneToken], spoken: Spoken) -> SpokenLine {
    let mut words: Vec<(u32, SpokenWord)> = Vec::new();
    let mut frame = 0;
    for (token, frames) in tokens.iter().zip(&spoken.durations) {
        let (start, end) = (seconds(frame), seconds(frame + frames));
        frame += frames;
        let Some(index) = token.word else {
            continue;
        };
        match words.last_mut() {
            Some((last, word)) if *last == index => word.end = end,
            _ => {
                let source = sentence
                    .words
                    .get(index as usize)
                    .map(|word| word.source.clone());
                words.push((
                    index,
                    SpokenWord {
                        source: source.unwrap_or_default(),
                        start,
                        end,
                    },
                ));
            }
        }
    }
    SpokenLine {
        frames: spoken.frames,
        words: words.into_iter().map(|(_, word)| word).collect(),
    }
}

fn seconds(frames: u32) -> f64 {
    f64::from(frames) * f64::from(FRAME_SECONDS)
}
