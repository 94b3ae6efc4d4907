//! What the shipped voices say, as the shipped model says it: a model that is tuned must not forget it.

use candle_core::{Device, Tensor};
use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize};
use kiskadee_voice::MEL_CEPSTRUM;
use kiskadee_voice::acoustic::{
    AcousticModel, BUILT_IN, BuiltInVoice, ModelDescription, WeightsFile, write_weights,
};

use super::sentence;
use crate::TrainError;
use crate::corpus::{Recording, Speaker};
use crate::evaluation::speak;
use crate::texts::training_texts;
use crate::training::Parameters;

/// About `sentences` sentences, shared by all voices.
pub fn rehearsal(sentences: usize) -> Result<Vec<Speaker>, TrainError> {
    let model = plain_model()?;
    let voices = model.voices();
    let each = sentences.div_ceil(voices.len().max(1)).max(1);
    let recorded = voices.iter().enumerate();
    recorded
        .map(|(turn, voice)| record(&model, voice, turn, each))
        .collect()
}

/// The shipped model without its liveliness, which is added where it speaks and must not be learned twice.
fn plain_model() -> Result<AcousticModel, TrainError> {
    let (file, description) = WeightsFile::open(BUILT_IN, &Device::Cpu)?;
    let (parameters, _) = Parameters::load(&description.config, file, &Device::Cpu)?;
    let plain = ModelDescription {
        liveliness: vec![1.0; MEL_CEPSTRUM],
        ..description
    };
    let tensors: Vec<(&str, &Tensor)> = parameters
        .iter()
        .map(|(name, var)| (name, var.as_tensor()))
        .collect();
    Ok(AcousticModel::load(
        &write_weights(&plain, tensors)?,
        &Device::Cpu,
    )?)
}

fn record(
    model: &AcousticModel,
    voice: &BuiltInVoice,
    turn: usize,
    sentences: usize,
) -> Result<Speaker, TrainError> {
    let language = Language::from_tag(&voice.language)
        .ok_or_else(|| TrainError::Options(format!("nobody speaks {}", voice.language)))?;
    let pronouncer =
        Pronouncer::built_in(language).map_err(|error| TrainError::Options(error.to_string()))?;
    let speaker = voice.speaker()?;
    let mut recordings = Vec::new();
    // Voices begin at other places of the texts, so that all of them together say many.
    for text in training_texts(language).skip(turn * sentences) {
        for written in normalize(text, language) {
            let said = pronouncer.pronounce(&written);
            let tokens = said.map_err(|error| TrainError::Options(error.to_string()))?;
            let kind = sentence::kind(&written);
            let spoken = speak(model, &tokens, kind, language, speaker)?;
            let recording = Recording {
                tokens,
                durations: spoken.durations,
                kind,
                frames: spoken.frames,
            };
            if recording.describes_its_speaker() {
                recordings.push(recording);
            }
        }
        if recordings.len() >= sentences {
            break;
        }
    }
    recordings.truncate(sentences);
    Speaker::new(voice.id.clone(), language, (0.0, 0.0), recordings)
}
