//! The product's own voice as an engine: neural speech in English and Brazilian Portuguese, on one core many times faster
//! than it sounds, from weights that are part of the program.
//!
//! Every stream asks for its next sentence when it is read, and threads of the engine's own take what all streams have
//! asked for in passes. A sentence sounds the same alone and among others, so nothing depends on who else speaks.

mod audition;
mod gains;
mod models;
mod pieces;
mod scheduler;
mod speaking;
mod tuned;
mod voices;

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use kiskadee_pronunciation::is_readable;
use kiskadee_shared::quality::QualityProfile;
use kiskadee_text::Language;
use kiskadee_voice::SAMPLE_RATE;

pub use self::{
    audition::{Audition, audition},
    tuned::is_tuned,
};
use self::{
    models::Models,
    scheduler::Scheduler,
    speaking::Speaking,
    voices::{Matcher, Voices},
};
use crate::{
    CacheStats, Engine, EngineInfo, SpeechError, SpeechRequest, Utterance, VoiceMaker,
    engine::ProfileInfo,
};

const NAME: &str = "kiskadee";
const SPEEDS: std::ops::RangeInclusive<f32> = 0.25..=4.0;

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct KiskadeeConfig {
    /// Threads that speak.
    pub threads: usize,
    /// The memory that models may take, in bytes.
    pub model_budget: u64,
}

impl Default for KiskadeeConfig {
    fn default() -> Self {
        Self {
            threads: available_parallelism().map_or(1, NonZero::get),
            model_budget: 256 << 20,
        }
    }
}

/// The engine `kiskadee`.
pub struct Kiskadee {
    info: EngineInfo,
    voices: Arc<Voices>,
    models: Arc<Models>,
    scheduler: Scheduler,
}

impl Kiskadee {
    /// Loads the model and starts the threads. Fails with [`SpeechError::Unavailable`] where that is not possible.
    pub async fn start(config: KiskadeeConfig) -> Result<Self, SpeechError> {
        let models = Arc::new(Models::new(config.model_budget));
        let model = models.built_in().await?;
        let voices = Voices::of(model.synthesizer.model()).map_err(unavailable)?;
        Ok(Self {
            info: describe(&voices),
            voices: Arc::new(voices),
            models,
            scheduler: Scheduler::open(config.threads).map_err(unavailable)?,
        })
    }

    fn start_request(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        if !SPEEDS.contains(&request.speed) {
            let (least, most) = (SPEEDS.start(), SPEEDS.end());
            return Err(SpeechError::Reject(format!(
                "speed must be from {least} to {most}, not {}",
                request.speed
            )));
        }
        let language = language(&request.language)?;
        let voice_id = self.voices.id(&request, language)?;
        let sentences = kiskadee_text::read(
            &request.text,
            request.text_format,
            language,
            &request.dictionary,
            |phones| is_readable(language, phones),
        )?;
        if sentences.is_empty() {
            return Ok(Utterance::silent(&request, voice_id, SAMPLE_RATE));
        }
        let speaking = Speaking {
            scheduler: self.scheduler.clone(),
            models: Arc::clone(&self.models),
            voices: Arc::clone(&self.voices),
            voice: voice_id.clone(),
            parts: request.parts,
            language,
            rate: request.speed,
            cancel: request.cancel,
        };
        Ok(Utterance {
            voice_id,
            sample_rate: SAMPLE_RATE,
            stretch: 1.0,
            audio: speaking.stream(sentences),
        })
    }
}

impl Engine for Kiskadee {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        batch
            .into_iter()
            .map(|request| self.start_request(request))
            .collect()
    }

    fn voice_maker(&self) -> Option<Arc<dyn VoiceMaker>> {
        Some(Arc::new(Matcher))
    }

    fn cache_stats(&self) -> Option<CacheStats> {
        Some(self.models.stats())
    }
}

fn unavailable(error: impl std::error::Error) -> SpeechError {
    SpeechError::Unavailable(format!("the engine {NAME} does not start: {error}"))
}

fn language(tag: &str) -> Result<Language, SpeechError> {
    Language::from_tag(tag).ok_or_else(|| {
        SpeechError::Reject(format!(
            "the engine {NAME} speaks en and pt-br, not `{tag}`"
        ))
    })
}

fn describe(voices: &Voices) -> EngineInfo {
    let profile = |name: &QualityProfile| ProfileInfo {
        name: *name,
        description: "neural statistical-parametric speech at 16,000 Hz; the same in every profile",
    };
    EngineInfo {
        name: NAME.to_owned(),
        description: "The embedded voice: clear, light neural speech on any CPU".to_owned(),
        sample_rate: SAMPLE_RATE,
        languages: [Language::English, Language::Portuguese]
            .map(voices::tag)
            .map(str::to_owned)
            .to_vec(),
        quality_profiles: QualityProfile::ALL.iter().map(profile).collect(),
        voices: voices.announce(NAME),
    }
}
