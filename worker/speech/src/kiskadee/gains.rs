//! How much louder each voice is made, so that all are equally loud.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use kiskadee_text::{Language, normalize};
use kiskadee_voice::{
    Line, SAMPLE_RATE, SynthesisError, Synthesizer, loudness, speaker::Speaker, vocoder::Vocoder,
};

use super::models::Model;

/// Voices whose gain is kept; the measurement takes a hundredth of a second or so.
const KEPT: usize = 256;

/// What a voice says to have its loudness measured.
pub(super) fn sample(language: Language) -> &'static str {
    match language {
        Language::English => {
            "The little boat went over the water in the morning light, and nobody saw where it came from."
        }
        Language::Portuguese => {
            "O barco pequeno passou sobre a água na luz da manhã, e ninguém viu de onde ele tinha vindo."
        }
    }
}

/// Factors by voice.
#[derive(Default)]
pub(super) struct Gains(Mutex<VecDeque<Gain>>);

struct Gain {
    /// The name of the model that it was measured in.
    model: String,
    speaker: Speaker,
    language: Language,
    factor: f32,
}

impl Gains {
    /// The factor that brings a speaker to the loudness of all voices.
    pub(super) fn get(
        &self,
        model: &Model,
        speaker: Speaker,
        language: Language,
    ) -> Result<f32, SynthesisError> {
        if let Some(gain) = self.find(&model.name, speaker, language) {
            return Ok(gain);
        }
        let factor = measure(&model.synthesizer, speaker, language)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front(Gain {
            model: model.name.clone(),
            speaker,
            language,
            factor,
        });
        Ok(factor)
    }

    fn find(&self, model: &str, speaker: Speaker, language: Language) -> Option<f32> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|gain| {
            gain.speaker == speaker && gain.language == language && gain.model == model
        });
        found.map(|gain| gain.factor)
    }
}

fn measure(
    model: &Synthesizer,
    speaker: Speaker,
    language: Language,
) -> Result<f32, SynthesisError> {
    let sentences = normalize(sample(language), language);
    let lines: Vec<Line<'_>> = sentences
        .iter()
        .map(|sentence| Line {
            sentence,
            language,
            speaker,
            rate: 1.0,
        })
        .collect();
    let mut vocoder = Vocoder::new();
    let spoken = model.synthesize(&lines)?;
    let samples: Vec<f32> = spoken
        .iter()
        .flat_map(|line| vocoder.synthesize(&line.frames))
        .collect();
    // A voice without loudness is silent whatever the factor.
    Ok(loudness::integrated(&samples, SAMPLE_RATE).map_or(1.0, loudness::gain))
}
