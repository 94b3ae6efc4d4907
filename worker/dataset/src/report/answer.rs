//! The answer to what a dataset is worth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blockers::{LEAST_SECONDS, LEAST_SEGMENTS};
use super::findings::{PACE_DEVIATIONS, SCORE_DISTANCES};
use crate::Reason;
use crate::measures::{
    CLIPPED_PERCENT_MARK, CLIPPED_PERCENT_REJECT, SILENT_PERCENT, SNR_DB_MARK, SNR_DB_REJECT,
};

/// The figures of a dataset. None stands where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// As the dataset says.
    pub language: String,
    pub files: usize,
    pub segments: SegmentCounts,
    pub seconds: Seconds,
    /// Segments that were rejected, by reason.
    pub rejected: BTreeMap<Reason, usize>,
    /// Others with something to be looked at, by reason.
    pub marked: BTreeMap<Reason, usize>,
    /// Names of speakers among accepted segments; 1 where nobody is named.
    pub speakers: usize,
    /// Part of the accepted time in each language, of 1.
    pub languages: BTreeMap<String, f64>,
    pub snr_db: Option<SignalToNoise>,
    pub loudness_lufs: Option<MedianAndSpread>,
    /// Of all accepted samples.
    pub clipped_percent: Option<f64>,
    /// The median of accepted segments.
    pub bandwidth_hz: Option<f64>,
    pub characters_per_second: Option<MedianAndSpread>,
    /// None for a language whose phones are not known.
    pub phones: Option<PhonesCovered>,
    pub duplicates: Duplicates,
    pub transcripts: Transcripts,
    /// What there is enough for.
    pub suffices_for: Vec<Purpose>,
    pub limits: ReportLimits,
    /// A run may start.
    pub ready: bool,
    /// Why it may not, each in a sentence that says what to do.
    pub blockers: Vec<String>,
    /// What would make it better, in sentences.
    pub advice: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SegmentCounts {
    pub accepted: usize,
    pub rejected: usize,
    pub pending: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Seconds {
    /// Of all segments.
    pub total: f64,
    pub accepted: f64,
    /// Accepted and with a text.
    pub usable: f64,
    /// Of one accepted segment.
    pub median: Option<f64>,
    pub p5: Option<f64>,
    pub p95: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignalToNoise {
    pub median: f64,
    pub p10: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MedianAndSpread {
    pub median: f64,
    /// The standard deviation.
    pub spread: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhonesCovered {
    pub covered: usize,
    /// By name.
    pub missing: Vec<String>,
    /// Pairs of phones that follow each other.
    pub diphones: usize,
}

/// Segments that are there once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Duplicates {
    /// With the same samples.
    pub samples: usize,
    /// With the same words.
    pub texts: usize,
}

/// Segments that are not rejected, by where their texts are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transcripts {
    pub given: usize,
    pub prompts: usize,
    pub whisper: usize,
    pub remote: usize,
    pub pocketsphinx: usize,
    pub edited: usize,
    pub missing: usize,
}

/// What a dataset can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A built-in voice that is brought near the speaker's, without training.
    Matching,
    /// A first tuned voice.
    TunedVoice,
    GoodTunedVoice,
    /// Tuning XTTS.
    Xtts,
}

impl Purpose {
    pub const ALL: [Self; 4] = [
        Self::Matching,
        Self::TunedVoice,
        Self::GoodTunedVoice,
        Self::Xtts,
    ];

    /// Speech with texts that it takes, in seconds. Matching asks for no texts, and has its own limit of a second.
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Matching => 60.0,
            Self::TunedVoice => 180.0,
            Self::GoodTunedVoice => 600.0,
            Self::Xtts => 1_800.0,
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Matching => "matching a voice",
            Self::TunedVoice => "a first tuned voice",
            Self::GoodTunedVoice => "a good tuned voice",
            Self::Xtts => "tuning XTTS",
        }
    }
}

/// What the figures are held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReportLimits {
    pub snr_db: MarkAndReject,
    pub clipped_percent: MarkAndReject,
    pub silence_percent_reject: f64,
    pub pace_deviations_mark: f64,
    pub alignment_distances_mark: f64,
    /// What a run takes at least.
    pub seconds_usable: f64,
    pub segments_usable: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarkAndReject {
    pub mark: f64,
    pub reject: f64,
}

impl Default for ReportLimits {
    fn default() -> Self {
        Self {
            snr_db: MarkAndReject {
                mark: SNR_DB_MARK,
                reject: SNR_DB_REJECT,
            },
            clipped_percent: MarkAndReject {
                mark: CLIPPED_PERCENT_MARK,
                reject: CLIPPED_PERCENT_REJECT,
            },
            silence_percent_reject: SILENT_PERCENT,
            pace_deviations_mark: PACE_DEVIATIONS,
            alignment_distances_mark: SCORE_DISTANCES,
            seconds_usable: LEAST_SECONDS,
            segments_usable: LEAST_SEGMENTS,
        }
    }
}
