//! The trait of all engines, and how an engine describes itself.

use std::sync::Arc;

use kiskadee_shared::quality::QualityProfile;
use serde::Serialize;

use crate::{CacheStats, Licence, SpeechError, SpeechRequest, Utterance, VoiceMaker};

/// Turns text into audio.
///
/// `speak` takes a whole batch, so that a neural engine can run its requests through the model together.
/// It returns at once, with one answer for each request in the order of the batch; the work happens while
/// the streams are read. The streams are independent: one that fails, is cancelled or is dropped must not
/// disturb the others, and a slow reader must not stall them for good.
pub trait Engine: Send + Sync {
    fn info(&self) -> &EngineInfo;

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>>;

    /// How it takes voices from recordings, if it can.
    fn voice_maker(&self) -> Option<Arc<dyn VoiceMaker>> {
        None
    }

    /// Whether it speaks with several voices mixed: who takes voices from recordings does.
    fn mixes_voices(&self) -> bool {
        self.voice_maker().is_some()
    }

    /// How many texts it speaks together on its device; none for an engine that gains nothing by it.
    fn rows(&self) -> Option<usize> {
        None
    }

    /// As long as it is the same, the engine says the same text in the same way: for those that take long to say anything. None
    /// for an engine that is asked sooner than a record of what it said.
    fn signature(&self) -> Option<&str> {
        None
    }

    /// What it has counted since it started, for the metrics.
    fn counts(&self) -> Vec<EngineCount> {
        Vec::new()
    }

    /// What its model cache has done so far; none for an engine that has no models.
    fn cache_stats(&self) -> Option<CacheStats> {
        None
    }
}

/// A counter of an engine, which only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCount {
    pub name: &'static str,
    pub labels: Vec<(&'static str, &'static str)>,
    pub value: u64,
}

/// What an engine can do, as it is announced to the users of the system.
#[derive(Debug, Clone, Serialize)]
pub struct EngineInfo {
    pub name: String,
    pub description: String,
    pub sample_rate: u32,
    /// Language tags in lower case; a region of a listed language falls back to the language.
    pub languages: Vec<String>,
    pub quality_profiles: Vec<ProfileInfo>,
    pub voices: Vec<Voice>,
}

/// What a quality profile means for one engine.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileInfo {
    pub name: QualityProfile,
    pub description: &'static str,
}

/// A voice that an engine brings along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Voice {
    pub id: String,
    pub engine: String,
    pub name: String,
    pub kind: VoiceKind,
    pub languages: Vec<String>,
    pub licence: Licence,
}

/// How a voice came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    Builtin,
    Cloned,
    Morphed,
    Trained,
}
