//! What the steps of a dataset are asked to do, and what they answer. The database makes the ones, and rows of the others.

use kiskadee_dataset::{
    Finding, Reason, Severity, formats::Format, measures::Measures, report::State,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::heard::Heard;

/// Looks what recordings are.
#[derive(Debug, Deserialize)]
pub(super) struct ImportArgs {
    pub(super) dataset_id: Uuid,
    /// Recordings that came with a form.
    #[serde(default)]
    pub(super) files: Vec<FileArgs>,
    /// A recording or a ZIP that came by an upload.
    pub(super) upload: Option<UploadArgs>,
    /// How the ZIP must be laid out; as it looks where nothing is said.
    pub(super) format: Option<Format>,
    /// How many more recordings the dataset takes.
    #[serde(default)]
    pub(super) room: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct FileArgs {
    pub(super) file_id: Uuid,
    pub(super) key: String,
    pub(super) filename: String,
    /// What is said in it.
    pub(super) text: Option<String>,
    pub(super) text_source: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UploadArgs {
    pub(super) key: String,
    pub(super) filename: String,
}

/// Fetches recordings from addresses.
#[derive(Debug, Deserialize)]
pub(super) struct DownloadArgs {
    pub(super) dataset_id: Uuid,
    pub(super) urls: Vec<String>,
    /// By what right, as whoever asked declared.
    pub(super) rights: Option<String>,
    /// RFC 3339.
    pub(super) declared_at: Option<String>,
    /// How the ZIP at an address that is imported must be laid out.
    pub(super) format: Option<Format>,
    /// How many more recordings the dataset takes.
    #[serde(default)]
    pub(super) room: usize,
    /// How many bytes the owner may still store.
    #[serde(default)]
    pub(super) room_bytes: i64,
}

/// What a recording turned out to be.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct FileResult {
    pub(super) file_id: Uuid,
    pub(super) filename: String,
    pub(super) key: Option<String>,
    pub(super) bytes: u64,
    /// 64 hex digits.
    pub(super) sha256: Option<String>,
    pub(super) source: Option<Value>,
    pub(super) seconds: Option<f64>,
    pub(super) sample_rate: Option<u32>,
    pub(super) text: Option<String>,
    pub(super) speaker: Option<String>,
    pub(super) state: FileState,
    /// Why it was refused, as in "is empty".
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileState {
    Ready,
    #[default]
    Refused,
}

/// What a job made: what its caller is shown, and what becomes rows.
#[derive(Debug, Serialize)]
pub(super) struct StepResult<S> {
    pub(super) summary: S,
    pub(super) files: Vec<FileResult>,
    pub(super) segments: Vec<SegmentResult>,
    /// Of a segment that is there and was cut anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) recut: bool,
}

/// Something that cannot be used.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) filename: String,
    pub(super) reason: String,
}

/// Cuts recordings.
#[derive(Debug, Deserialize)]
pub(super) struct SegmentArgs {
    pub(super) dataset_id: Uuid,
    pub(super) options: CutOptions,
    pub(super) files: Vec<FileArgs>,
    /// Where one segment of the one recording is to be cut anew.
    pub(super) bounds: Option<BoundsArgs>,
}

/// A segment with bounds that a person set.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct BoundsArgs {
    pub(super) segment_id: Uuid,
    pub(super) start_seconds: f64,
    pub(super) end_seconds: f64,
    pub(super) text: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CutOptions {
    pub(super) min_seconds: f64,
    pub(super) max_seconds: f64,
    pub(super) threshold: f64,
    pub(super) min_silence_ms: f64,
    pub(super) pad_ms: f64,
}

/// A segment that was cut.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SegmentResult {
    pub(super) segment_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) start_seconds: f64,
    pub(super) end_seconds: f64,
    pub(super) key: String,
    pub(super) bytes: u64,
    pub(super) text: Option<String>,
    pub(super) text_source: Option<String>,
    #[serde(flatten)]
    pub(super) judgement: Judgement,
    pub(super) measures: Measures,
}

/// What was found of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Judgement {
    pub(super) reasons: Vec<Reason>,
    /// Of the reasons those for which it is rejected.
    pub(super) faults: Vec<Reason>,
}

impl Judgement {
    /// Each reason once, whoever found it.
    pub(super) fn of(findings: impl IntoIterator<Item = Finding>) -> Self {
        let mut judgement = Self::default();
        for Finding { reason, severity } in findings {
            if !judgement.reasons.contains(&reason) {
                judgement.reasons.push(reason);
            }
            if severity == Severity::Reject && !judgement.faults.contains(&reason) {
                judgement.faults.push(reason);
            }
        }
        judgement
    }
}

/// Gives words, and judges all segments with them.
#[derive(Debug, Deserialize)]
pub(super) struct WordsArgs {
    pub(super) language: String,
    pub(super) segments: Vec<Spoken>,
}

/// A segment with the words that it is to have.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Spoken {
    pub(super) segment_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) seconds: f64,
    pub(super) measures: Measures,
    pub(super) speaker: Option<String>,
    pub(super) alignment_score: Option<f64>,
    pub(super) state: State,
    /// A person decided on the state.
    #[serde(default)]
    pub(super) decided: bool,
    #[serde(default)]
    pub(super) reasons: Vec<Reason>,
    /// What a recogniser told of it.
    pub(super) heard: Option<Heard>,
    /// The words that it had.
    pub(super) was: Option<String>,
    pub(super) text: Option<String>,
    pub(super) text_source: Option<String>,
}

/// A segment with its words, judged.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    pub(super) segment_id: Uuid,
    pub(super) was: Option<String>,
    pub(super) text: Option<String>,
    pub(super) text_source: Option<String>,
    #[serde(flatten)]
    pub(super) judgement: Judgement,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once() {
        let judgement = Judgement::of([
            Finding::mark(Reason::Noisy),
            Finding::reject(Reason::TooShort),
            Finding::reject(Reason::Noisy),
        ]);
        assert_eq!(judgement.reasons, [Reason::Noisy, Reason::TooShort]);
        assert_eq!(judgement.faults, [Reason::TooShort, Reason::Noisy]);
    }
}
