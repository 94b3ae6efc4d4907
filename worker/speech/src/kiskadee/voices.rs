//! Who speaks: the built-in voices, mixes of them, and voices that were matched to recordings.

use kiskadee_text::Language;
use kiskadee_voice::{
    SAMPLE_RATE, VocoderFrames,
    acoustic::{AcousticModel, ModelError},
    analysis::analyze_reference,
    speaker::{Moments, Profile, Speaker, Warp, join, mix},
};

use super::tuned;
use crate::{
    CommercialUse, DEFAULT_VOICE, Licence, Recording, SpeechError, SpeechRequest, Voice, VoiceKind,
    VoiceMaker, VoicePart,
};

/// The voices that come with the model.
pub(super) struct Voices(Vec<BuiltIn>);

struct BuiltIn {
    id: String,
    name: String,
    language: Language,
    speaker: Speaker,
}

/// The tag under which a language is announced.
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Portuguese => "pt-br",
    }
}

impl Voices {
    pub(super) fn of(model: &AcousticModel) -> Result<Self, ModelError> {
        let voices = model.voices().iter().filter_map(|voice| {
            let language = Language::from_tag(&voice.language)?;
            Some(voice.speaker().map(|speaker| BuiltIn {
                id: voice.id.clone(),
                name: format!("{}: {}", capitalized(&voice.id), voice.description),
                language,
                speaker,
            }))
        });
        voices.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn announce(&self, engine: &str) -> Vec<Voice> {
        let voices = self.0.iter().map(|voice| Voice {
            id: voice.id.clone(),
            engine: engine.to_owned(),
            name: voice.name.clone(),
            kind: VoiceKind::Builtin,
            languages: vec![tag(voice.language).to_owned()],
            licence: Licence::new(env!("CARGO_PKG_LICENSE"), CommercialUse::Yes),
        });
        voices.collect()
    }

    /// The voice that a request means, never [`DEFAULT_VOICE`]: the first of the language.
    pub(super) fn id(
        &self,
        request: &SpeechRequest,
        language: Language,
    ) -> Result<String, SpeechError> {
        if !request.parts.is_empty() {
            tuned::weights(&request.parts)?;
            return Ok(request.voice.clone());
        }
        let meant = |voice: &&BuiltIn| match request.voice.as_str() {
            DEFAULT_VOICE => voice.language == language,
            id => voice.id == id,
        };
        let voice = self
            .0
            .iter()
            .find(meant)
            .ok_or_else(|| self.unknown(&request.voice))?;
        Ok(voice.id.clone())
    }

    /// The speaker of a voice that may be a mix.
    pub(super) fn speaker(
        &self,
        model: &AcousticModel,
        voice: &str,
        parts: &[VoicePart],
    ) -> Result<Speaker, SpeechError> {
        if parts.is_empty() {
            return self.built_in(voice);
        }
        let speakers = parts
            .iter()
            .map(|part| match &part.conditioning {
                Some(conditioning) => matched(model, conditioning),
                None => self.built_in(&part.voice),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let weights: Vec<f32> = parts.iter().map(|part| part.weight).collect();
        mix(&speakers, &weights).map_err(|error| SpeechError::Reject(error.to_string()))
    }

    fn built_in(&self, id: &str) -> Result<Speaker, SpeechError> {
        let voice = self.0.iter().find(|voice| voice.id == id);
        voice
            .map(|voice| voice.speaker)
            .ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> SpeechError {
        let known: Vec<&str> = self.0.iter().map(|voice| voice.id.as_str()).collect();
        SpeechError::Reject(format!(
            "the engine {} has no voice `{id}`; it has: {}",
            super::NAME,
            known.join(", ")
        ))
    }
}

fn matched(model: &AcousticModel, conditioning: &[u8]) -> Result<Speaker, SpeechError> {
    // The vector that the model speaks by follows from the profile, so voices outlive weights.
    let voice = Profile::from_bytes(conditioning).map_err(|error| damaged(&error.to_string()))?;
    model
        .match_moments(voice.moments(), &Warp::new(0.0))
        .map_err(|error| damaged(&error.to_string()))
}

pub(super) fn damaged(why: &str) -> SpeechError {
    SpeechError::Reject(format!("the voice cannot be read, make it again: {why}"))
}

/// Matches voices to recordings: their pitch as measured, their timbre as near as the model comes.
pub(super) struct Matcher;

impl VoiceMaker for Matcher {
    fn recording_rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn condition(&self, recordings: &[Recording]) -> Result<Vec<u8>, SpeechError> {
        let moments = Moments::measure(&join(analyze(recordings)?))
            .map_err(|error| SpeechError::Reject(error.to_string()))?;
        let bytes = Profile::new(moments).to_bytes();
        bytes.map_err(|error| SpeechError::Retry(error.to_string()))
    }
}

/// The frames of each recording. Of several the unusable one is told by its number.
fn analyze(recordings: &[Recording]) -> Result<Vec<VocoderFrames>, SpeechError> {
    let count = recordings.len();
    let frames = (1..).zip(recordings).map(|(number, recording)| {
        analyze_reference(&recording.samples, recording.sample_rate).map_err(|error| {
            SpeechError::Reject(match count {
                1 => error.to_string(),
                _ => format!("recording {number} of {count}: {error}"),
            })
        })
    });
    frames.collect()
}

fn capitalized(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
