//! From a run's parameters to the file that the product ships.

use std::path::Path;

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_voice::acoustic::{
    AcousticModel, BuiltInVoice, ModelDescription, Scale, phone_names, write_weights,
};
use kiskadee_voice::speaker::Warp;
use kiskadee_voice::{MEL_CEPSTRUM, VocoderFrames};

use crate::TrainError;
use crate::corpus::{Recording, Speaker};
use crate::evaluation::speak_like;
use crate::training::{Recipe, Trained};

/// Recordings of each speaker by which liveliness is measured.
const SAMPLE: usize = 40;
/// More would turn errors into noises.
const MOST_LIVELINESS: f32 = 1.5;

/// A voice of the product: a speaker that was trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceRecipe {
    pub id: &'static str,
    pub speaker: &'static str,
    pub language: Language,
    pub description: &'static str,
}

/// The built-in voices.
pub const VOICES: [VoiceRecipe; 7] = [
    voice(
        "heron",
        "am_fenrir",
        Language::English,
        "a deep man's voice, American English",
    ),
    voice(
        "wren",
        "af_heart",
        Language::English,
        "a warm woman's voice, American English",
    ),
    voice(
        "grouse",
        "am_adam",
        Language::English,
        "a firm man's voice, American English",
    ),
    voice(
        "plover",
        "af_kore",
        Language::English,
        "a bright woman's voice, American English",
    ),
    voice(
        "swift",
        "am_eric",
        Language::English,
        "a lighter, younger man's voice, American English",
    ),
    voice(
        "sabia",
        "pf_dora",
        Language::Portuguese,
        "a woman's voice, Brazilian Portuguese",
    ),
    voice(
        "tico",
        "pm_alex",
        Language::Portuguese,
        "a man's voice, Brazilian Portuguese",
    ),
];

const fn voice(
    id: &'static str,
    speaker: &'static str,
    language: Language,
    description: &'static str,
) -> VoiceRecipe {
    VoiceRecipe {
        id,
        speaker,
        language,
        description,
    }
}

/// The weights file of a run: the same bytes for the same run. Voices of speakers that were not trained with are left out.
pub fn export(
    trained: &Trained,
    recipe: &Recipe,
    speakers: &[Speaker],
    voices: &[VoiceRecipe],
) -> Result<Vec<u8>, TrainError> {
    let normalization = &trained.normalization;
    let mut description = ModelDescription {
        config: recipe.config.clone(),
        phones: phone_names(),
        frames: Scale {
            mean: normalization.frame_mean.clone(),
            deviation: normalization.frame_deviation.clone(),
        },
        statistics: Scale {
            mean: normalization.statistics_mean.clone(),
            deviation: normalization.statistics_deviation.clone(),
        },
        liveliness: vec![1.0; MEL_CEPSTRUM],
        voices: Vec::new(),
    };
    let write = |description: &ModelDescription| {
        write_weights(
            description,
            trained
                .parameters
                .iter()
                .map(|(name, var)| (name, var.as_tensor())),
        )
    };
    let plain = AcousticModel::load(&write(&description)?, &Device::Cpu)?;
    description.voices = built_in_voices(&plain, speakers, voices)?;
    description.liveliness = liveliness(&plain, speakers)?;
    Ok(write(&description)?)
}

/// Writes `bytes` where nobody ever sees half of them.
pub fn save_weights(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes).map_err(TrainError::file(&partial))?;
    std::fs::rename(&partial, path).map_err(TrainError::file(path))
}

fn built_in_voices(
    model: &AcousticModel,
    speakers: &[Speaker],
    voices: &[VoiceRecipe],
) -> Result<Vec<BuiltInVoice>, TrainError> {
    let known = voices
        .iter()
        .filter_map(|voice| Some((voice, speakers.iter().find(|s| s.name == voice.speaker)?)));
    known
        .map(|(voice, speaker)| {
            let matched = model.match_moments(&speaker.pooled, &Warp::new(0.0))?;
            Ok(BuiltInVoice {
                id: voice.id.to_owned(),
                language: voice.language.tag().to_owned(),
                description: voice.description.to_owned(),
                vector: matched.vector.0.to_vec(),
                pitch: matched.pitch,
            })
        })
        .collect()
}

/// How much less each coefficient moves in the model's speech than in its teachers'.
fn liveliness(model: &AcousticModel, speakers: &[Speaker]) -> Result<Vec<f32>, TrainError> {
    let (mut theirs, mut ours) = ([0f32; MEL_CEPSTRUM], [0f32; MEL_CEPSTRUM]);
    for speaker in speakers {
        let voice = model.match_moments(&speaker.pooled, &Warp::new(0.0))?;
        for recording in speaker.recordings.iter().take(SAMPLE) {
            let spoken = speak_like(model, recording, speaker.language, voice)?;
            add(&mut theirs, &movement(recording, &recording.frames));
            add(&mut ours, &movement(recording, &spoken.frames));
        }
    }
    let mut factors: Vec<f32> = theirs
        .iter()
        .zip(&ours)
        .map(|(a, b)| (a / b.max(1e-6)).clamp(1.0, MOST_LIVELINESS))
        .collect();
    // Loudness has its own life in pauses and controls.
    factors[0] = 1.0;
    Ok(factors)
}

fn add(sums: &mut [f32; MEL_CEPSTRUM], values: &[f32; MEL_CEPSTRUM]) {
    sums.iter_mut()
        .zip(values)
        .for_each(|(sum, value)| *sum += value);
}

/// Standard deviations over the frames of speech.
fn movement(recording: &Recording, frames: &VocoderFrames) -> [f32; MEL_CEPSTRUM] {
    let speech: Vec<&[f32; MEL_CEPSTRUM]> = recording
        .speech_frames()
        .filter_map(|i| frames.mel_cepstrum.get(i))
        .collect();
    let count = speech.len().max(1) as f32;
    std::array::from_fn(|order| {
        let mean = speech.iter().map(|cepstrum| cepstrum[order]).sum::<f32>() / count;
        (speech
            .iter()
            .map(|cepstrum| (cepstrum[order] - mean).powi(2))
            .sum::<f32>()
            / count)
            .sqrt()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::kokoro;

    #[test]
    fn each_voice_has_a_teacher_of_its_language() {
        for voice in VOICES {
            assert!(
                kokoro::VOICES.contains(&(voice.speaker, voice.language)),
                "{}",
                voice.id
            );
        }
    }
}
