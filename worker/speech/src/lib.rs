//! Speech engines: text in, samples out.
//!
//! Owns the trait that every engine implements, the joining of pieces that engines share, the cache that keeps
//! models in device memory, and the engines themselves. It knows nothing of queues, HTTP or databases, so it can
//! be used and tested as a library.

mod catalogue;
mod engine;
mod error;
mod espeak;
mod join;
mod kiskadee;
mod kokoro;
mod licence;
mod openvoices;
mod piper;
mod request;
mod voice_maker;
mod xtts;

use kiskadee_process as process;

pub use catalogue::Engines;
pub use engine::{Engine, EngineCount, EngineInfo, ProfileInfo, Voice, VoiceKind};
pub use error::SpeechError;
pub use espeak::{
    Clause, Espeak, EspeakConfig, PhonemeStyle, Phonemizer, PhonemizerConfig, WordPhones,
};
pub use join::Joiner;
pub use kiskadee::{Audition, Kiskadee, KiskadeeConfig, audition, is_tuned};
pub use kiskadee_cache::{CacheError, CacheStats, ModelCache};
pub use kiskadee_process::EngineProgram;
pub use kiskadee_text::{Dictionary, Entry};
pub use kokoro::{Kokoro, KokoroConfig};
pub use licence::{CommercialUse, Licence};
pub use openvoices::{OpenVoices, OpenVoicesConfig, serve_openvoices};
pub use piper::{Piper, PiperConfig};
pub use request::{
    AudioChunk, AudioStream, DEFAULT_VOICE, SpeechRequest, Utterance, VoicePart, WordTiming,
};
pub use voice_maker::{Recording, VoiceMaker};
pub use xtts::{Xtts, XttsConfig, serve_xtts};
