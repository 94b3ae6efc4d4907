//! espeak-ng as an engine: formant speech in about a hundred languages, on any machine, by a separate process.
//!
//! The process is started for each sentence or so, so audio flows early and a cancelled request costs little.
//! Text goes in by standard input and the voice comes from espeak-ng's own list: nothing that a caller wrote
//! ever stands on a command line. All quality profiles are the same here.

mod phonemes;
mod process;
mod program;
mod speaking;
mod voices;
mod wav;

pub use self::phonemes::{Clause, PhonemeStyle, Phonemizer, PhonemizerConfig, WordPhones};

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use kiskadee_shared::quality::QualityProfile;
use tokio::sync::Semaphore;

use self::{process::Espeaker, speaking::Speaking, voices::VoiceList};
use crate::{
    AudioChunk, DEFAULT_VOICE, Engine, EngineInfo, SpeechError, SpeechRequest, Utterance,
    engine::ProfileInfo,
};

const NAME: &str = "espeak";
/// What every voice of espeak-ng is made at.
const SAMPLE_RATE: u32 = 22_050;
/// espeak-ng's own pace and the range it takes, in words per minute.
const OWN_PACE: f32 = 175.0;
const PACES: std::ops::RangeInclusive<f32> = 80.0..=450.0;
/// The longest text for one process, about half a minute of speech.
const SEGMENT_CHARS: usize = 400;

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct EspeakConfig {
    /// The program: a name on the search path, or a path.
    pub program: String,
    /// How many processes run at once, over all requests.
    pub processes: usize,
    /// How long one process, which speaks a sentence or so, may take.
    pub timeout: Duration,
}

impl Default for EspeakConfig {
    fn default() -> Self {
        Self {
            program: "espeak-ng".to_owned(),
            processes: available_parallelism().map_or(1, NonZero::get),
            timeout: Duration::from_secs(30),
        }
    }
}

/// The engine `espeak`.
pub struct Espeak {
    info: EngineInfo,
    voices: VoiceList,
    espeaker: Arc<Espeaker>,
}

impl Espeak {
    /// Asks the program for its voices. Fails with [`SpeechError::Unavailable`] where it is not installed.
    pub async fn start(config: EspeakConfig) -> Result<Self, SpeechError> {
        let espeaker = Espeaker {
            permits: Semaphore::new(config.processes.max(1)),
            program: config.program,
            timeout: config.timeout,
        };
        let voices = VoiceList::parse(&espeaker.voices().await?)?;
        Ok(Self {
            info: describe(&voices),
            voices,
            espeaker: Arc::new(espeaker),
        })
    }

    fn start_request(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        if !request.speed.is_finite() || request.speed <= 0.0 {
            return Err(SpeechError::Reject(format!(
                "speed must be over 0, not {}",
                request.speed
            )));
        }
        if !request.parts.is_empty() {
            return Err(SpeechError::Reject(format!(
                "the engine {NAME} has only its own voices, which `{}` is not",
                request.voice
            )));
        }
        let voice = match request.voice.as_str() {
            DEFAULT_VOICE => self.voices.for_language(&request.language)?,
            id => self.voices.by_id(id)?,
        };
        let text = kiskadee_text::plain_text(
            &request.text,
            request.text_format,
            &request.language,
            &request.dictionary,
        )?;
        let (pace, stretch) = share_speed(request.speed);
        let speaking = Speaking {
            espeaker: Arc::clone(&self.espeaker),
            language: voice.language.clone(),
            pace,
            silence: AudioChunk::silent(&request, SAMPLE_RATE),
            cancel: request.cancel,
        };
        Ok(Utterance {
            voice_id: voice.id.clone(),
            sample_rate: SAMPLE_RATE,
            stretch,
            audio: speaking.stream(kiskadee_text::split(&text, SEGMENT_CHARS)),
        })
    }
}

impl Engine for Espeak {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        batch
            .into_iter()
            .map(|request| self.start_request(request))
            .collect()
    }
}

/// Splits a speed into espeak-ng's pace and what is left for time-stretching.
fn share_speed(speed: f32) -> (u16, f32) {
    let pace = (OWN_PACE * speed)
        .clamp(*PACES.start(), *PACES.end())
        .round();
    let left = speed * OWN_PACE / pace;
    // The pace is a whole number; stretching for what rounding took would cost more than it gives.
    let stretch = if (left - 1.0).abs() < 0.01 { 1.0 } else { left };
    (pace as u16, stretch)
}

fn describe(voices: &VoiceList) -> EngineInfo {
    let profile = |name: &QualityProfile| ProfileInfo {
        name: *name,
        description: "formant synthesis at 22,050 Hz; the same in every profile",
    };
    EngineInfo {
        name: NAME.to_owned(),
        description: "espeak-ng: robotic but clear formant speech in many languages".to_owned(),
        sample_rate: SAMPLE_RATE,
        languages: voices.languages(),
        quality_profiles: QualityProfile::ALL.iter().map(profile).collect(),
        voices: voices.announce(NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_shared_between_pace_and_stretching() {
        for (speed, pace, stretch) in [
            (1.0, 175, 1.0),
            (2.0, 350, 1.0),
            (0.5, 88, 1.0),
            (0.46, 81, 1.0),
        ] {
            assert_eq!(share_speed(speed), (pace, stretch), "{speed}");
        }
        let (pace, stretch) = share_speed(4.0);
        assert_eq!(pace, 450);
        assert!((stretch - 4.0 * 175.0 / 450.0).abs() < 1e-6);
        let (pace, stretch) = share_speed(0.25);
        assert_eq!(pace, 80);
        assert!((stretch - 0.25 * 175.0 / 80.0).abs() < 1e-6);
    }
}
