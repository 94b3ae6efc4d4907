//! What jobs of speech are asked to do, and what they answer.

use kiskadee_shared::{
    format::ResponseFormat, quality::QualityProfile, relay::RelayTarget, text_format::TextFormat,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What every speech job costs beside its text, so that empty work is not free.
const SPEECH_BASE_COST: usize = 20;

/// What a speech job is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeechArgs {
    /// The text to speak.
    pub text: String,
    /// What the marks in it are.
    #[serde(default, skip_serializing_if = "TextFormat::is_auto")]
    pub text_format: TextFormat,
    /// A voice's id, or `default` for the engine's own choice.
    pub voice_id: String,
    /// A language tag.
    pub language: String,
    /// The engine's name.
    pub engine: String,
    /// How much work to spend.
    #[serde(default)]
    pub quality_profile: QualityProfile,
    /// How to encode the audio.
    #[serde(default)]
    pub response_format: ResponseFormat,
    /// 1 is the voice's own pace.
    #[serde(default = "own_pace")]
    pub speed: f32,
    /// What the voice is made of; empty for a built-in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voice_parts: Vec<VoicePartArgs>,
    /// Also keep when each word is heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timestamps: bool,
    /// What the owner's dictionary says of words in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pronunciations: Vec<PronunciationArgs>,
    /// What its owner was warned of when it was taken in, for the answer; of a newer edge there may be more than is known here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Value>,
}

/// How a word is said: by phonemes, or as if the alias stood there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PronunciationArgs {
    /// As its owner writes it.
    pub word: String,
    /// How it is said.
    #[serde(flatten)]
    pub said: Said,
}

/// What stands for a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// IPA, or an engine's own names of phones.
    Phonemes(String),
    /// Text that is read in the word's place.
    Alias(String),
}

/// A share of a voice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoicePartArgs {
    /// A voice's id.
    pub voice_id: String,
    /// Over 0; only its relation to the other parts' counts.
    pub weight: f32,
    /// Where lies what was made of a recording; none for a built-in voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditioning_key: Option<String>,
}

const fn own_pace() -> f32 {
    1.0
}

impl SpeechArgs {
    /// The share of a device that the job takes, in characters: what a claim's budget, fairness and admission count.
    pub fn cost(&self) -> i32 {
        speech_cost(&self.text)
    }

    /// Jobs with the same key can run on a device in one call.
    pub fn batch_key(&self) -> String {
        speech_batch_key(&self.engine)
    }
}

/// The cost of speaking a text.
pub fn speech_cost(text: &str) -> i32 {
    i32::try_from(SPEECH_BASE_COST + text.chars().count()).unwrap_or(i32::MAX)
}

/// The batch key of an engine's speech jobs.
pub fn speech_batch_key(engine: &str) -> String {
    format!("speech:{engine}")
}

/// What a speech job answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeechResult {
    /// Where the audio lies in the object storage.
    pub key: String,
    /// Its media type.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// How long it sounds.
    pub duration_seconds: f64,
    /// Samples a second.
    pub sample_rate: u32,
    /// The engine that spoke.
    pub engine: String,
    /// The voice that spoke; never `default`.
    pub voice_id: String,
    /// Where the times of words lie, if they were asked for and the engine knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamps_key: Option<String>,
    /// What its owner was warned of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Value>,
}

/// What a job is asked to do that takes a voice from recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneArgs {
    /// The id that the voice will have.
    pub voice_id: String,
    /// The engine that will speak with it.
    pub engine: String,
    /// What it is taken from.
    #[serde(flatten)]
    pub source: CloneSource,
}

/// The recordings that a voice is taken from, all of the same voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CloneSource {
    /// A single one.
    One {
        /// Where it lies.
        recording_key: String,
    },
    /// Several, in the order in which they were sent.
    Several {
        /// Where they lie, and what they are called.
        recordings: Vec<RecordingArgs>,
    },
}

/// One of several recordings of a voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingArgs {
    /// Where it lies.
    pub key: String,
    /// What its sender calls it.
    pub filename: String,
}

/// The batch key of an engine's jobs that make voices.
pub fn clone_batch_key(engine: &str) -> String {
    format!("clone:{engine}")
}

/// What a job answers that took a voice from recordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloneResult {
    /// The voice.
    pub voice_id: String,
    /// Where lies what the engine must know of it.
    pub conditioning_key: String,
    /// How long the recordings sound together.
    pub duration_seconds: f64,
    /// The engine that can speak with it.
    pub engine: String,
}

/// What a stream job is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamArgs {
    /// What to say and how.
    #[serde(flatten)]
    pub speech: SpeechArgs,
    /// Who listens.
    pub relay: RelayTarget,
}

/// What a stream job answers; its audio is kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamResult {
    /// The media type of what was sent.
    pub content_type: String,
    /// How much was sent.
    pub bytes: u64,
    /// How long it sounds.
    pub duration_seconds: f64,
    /// The engine that spoke.
    pub engine: String,
    /// The voice that spoke; never `default`.
    pub voice_id: String,
    /// What its owner was warned of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn args(text: &str) -> SpeechArgs {
        SpeechArgs {
            text: text.to_owned(),
            text_format: TextFormat::default(),
            voice_id: "default".to_owned(),
            language: "en".to_owned(),
            engine: "kiskadee".to_owned(),
            quality_profile: QualityProfile::Balanced,
            response_format: ResponseFormat::Wav,
            speed: 1.1,
            voice_parts: Vec::new(),
            timestamps: false,
            pronunciations: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn cost_counts_characters_not_bytes() {
        assert_eq!(args("").cost(), 20);
        assert_eq!(args("olá").cost(), 23);
        assert_eq!(args("bem-te-vi").batch_key(), "speech:kiskadee");
    }

    #[test]
    fn args_have_the_shape_that_the_schema_documents() {
        let text = serde_json::to_string(&args("hello")).unwrap();
        assert_eq!(
            text,
            r#"{"text":"hello","voice_id":"default","language":"en","engine":"kiskadee","quality_profile":"balanced","response_format":"wav","speed":1.1}"#
        );
        assert_eq!(
            serde_json::from_str::<SpeechArgs>(&text).unwrap(),
            args("hello")
        );
        let entry: PronunciationArgs =
            serde_json::from_str(r#"{"word":"SQL","alias":"sequel"}"#).unwrap();
        assert_eq!(entry.said, Said::Alias("sequel".to_owned()));
    }

    #[test]
    fn what_may_be_left_out_has_a_default() {
        let value =
            json!({"text": "hello", "voice_id": "default", "language": "en", "engine": "kiskadee"});
        let args: SpeechArgs = serde_json::from_value(value).unwrap();
        assert_eq!(
            (args.quality_profile, args.response_format),
            (QualityProfile::Balanced, ResponseFormat::Wav)
        );
        assert!((args.speed - 1.0).abs() < f32::EPSILON);
    }
}
