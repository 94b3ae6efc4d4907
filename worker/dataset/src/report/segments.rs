//! What the report is made from.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Reason;
use crate::measures::{Measures, hexadecimal};

/// Whether a segment is trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Accepted,
    Rejected,
    /// Nobody has said yet.
    Pending,
}

/// Where a transcript is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// It came with the recording.
    Given,
    /// It was read aloud.
    Prompts,
    Whisper,
    Remote,
    /// A draft that a person must look at.
    Pocketsphinx,
    /// A person wrote it.
    Edited,
}

/// A segment, as far as the report looks at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentFacts {
    pub segment_id: String,
    pub file_id: String,
    pub state: State,
    /// Marks too, where it was not rejected for them.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    pub seconds: f64,
    #[serde(default)]
    pub measures: Option<Measures>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub text_source: Option<TextSource>,
    #[serde(default)]
    pub speaker: Option<String>,
    /// As it was heard or given; none is that of the dataset.
    #[serde(default)]
    pub language: Option<String>,
    /// Mean log likelihood of a frame.
    #[serde(default)]
    pub alignment_score: Option<f64>,
}

impl SegmentFacts {
    pub(super) fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }

    pub(super) fn text(&self) -> Option<&str> {
        let text = self.text.as_deref().map(str::trim);
        text.filter(|text| !text.is_empty())
    }

    /// It can be trained with.
    pub(super) fn is_usable(&self) -> bool {
        self.is_accepted() && self.text().is_some()
    }

    /// What the text says, however it is written.
    pub(super) fn words(&self) -> Option<String> {
        let text = self.text()?.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// The primary part of a language tag.
pub(super) fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    primary.to_ascii_lowercase()
}

/// What a run trains with: a hash of the accepted segments and their texts, in any order. The same samples and texts are the same version.
pub fn version(segments: &[SegmentFacts]) -> String {
    let mut trained: Vec<(&str, &str)> = segments
        .iter()
        .filter(|segment| segment.is_usable())
        .map(|segment| {
            let hash = segment
                .measures
                .as_ref()
                .map(|measures| measures.sha256.as_str());
            let text = segment.text().unwrap_or_default();
            (hash.unwrap_or(&segment.segment_id), text)
        })
        .collect();
    trained.sort_unstable();
    let mut hash = Sha256::new();
    for (samples, text) in trained {
        for part in [samples, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hexadecimal(&hash.finalize())
}
