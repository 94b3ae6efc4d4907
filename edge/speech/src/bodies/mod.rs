//! The bodies of requests and answers as the `OpenAPI` document shows them.
//!
//! Answers are written by the database and passed through; tests read them into these types, so the two cannot drift.

mod batch;
mod job;
mod making;
mod pronunciation;
mod reading;
mod request;
mod voice;

pub use batch::{BatchAnswer, Encoding, ReadAs};
pub use job::{SpeechAnswer, SpeechResult, SpeechWarning, StreamResult};
pub use making::{
    CloneAnswer, CloneForm, CloneResult, MorphAnswer, MorphBody, Recording, RecordingList,
};
pub use pronunciation::{
    Pronunciation, PronunciationEntry, PronunciationList, PronunciationsAnswer, PronunciationsBody,
};
pub use reading::{ReadAnswer, ReadBody};
pub use request::{BatchBody, CsvUpload, LiveSpeechBody, SpeechBody};
pub use voice::{
    AudioVoice, AudioVoiceList, CommercialUse, Licence, Model, ModelList, QualityProfile, Voice,
    VoiceKind, VoiceList,
};
