//! Comparisons of two voices.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Texts that two voices are to speak.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonBody {
    /// `base`, the id of a voice, or that of a checkpoint.
    pub a: String,
    pub b: String,
    #[schema(min_items = 1, max_items = 10)]
    pub texts: Vec<String>,
    #[schema(nullable = false)]
    pub language: Option<String>,
    #[schema(nullable = false, minimum = 0, maximum = 2_147_483_647)]
    pub seed: Option<u32>,
    /// Whether which is which is told with the vote only.
    #[schema(nullable = false, default = true)]
    pub blind: Option<bool>,
}

/// The comparison was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    #[schema(pattern = "^comparison_[0-9a-f]{32}$")]
    pub comparison_id: String,
}

/// What a job of the kind `comparison` made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonResult {
    pub comparison_id: String,
}

/// Two voices that spoke the same texts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    #[schema(pattern = "^comparison_[0-9a-f]{32}$")]
    pub comparison_id: String,
    #[schema(required = true)]
    pub job_id: Option<String>,
    /// `running`, `completed` or `failed`.
    pub state: String,
    pub a: Candidate,
    pub b: Candidate,
    pub blind: bool,
    pub seed: u64,
    /// Left out in lists.
    #[schema(nullable = false)]
    pub pairs: Option<Vec<ComparisonPair>>,
    pub verdict: Verdict,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(nullable = false)]
    pub error: Option<String>,
}

/// A page of comparisons.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonList {
    pub items: Vec<Comparison>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Who speaks.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub name: String,
    pub engine: String,
}

/// A text by both. Of a blind pair `x` and `y` stand in place of `a` and `b` until the vote.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonPair {
    pub pair: u32,
    pub text: String,
    pub seed: u64,
    /// The caller's vote: `a`, `b` or `tie`.
    #[schema(required = true)]
    pub choice: Option<String>,
    #[schema(nullable = false)]
    pub x: Option<ComparisonSide>,
    #[schema(nullable = false)]
    pub y: Option<ComparisonSide>,
    #[schema(nullable = false)]
    pub a: Option<ComparisonSide>,
    #[schema(nullable = false)]
    pub b: Option<ComparisonSide>,
    /// How far they are apart, times brought together: `mcd_db`, `f0_cents`.
    #[schema(nullable = false, value_type = Option<Object>)]
    pub between: Option<Value>,
}

/// One side of a pair.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSide {
    pub audio_url: String,
    /// `duration_seconds`, `lufs`, `f0_median_hz`, `f0_spread_cents`, `voiced_share`; `word_error_rate`, as a recogniser hears
    /// it; `speaker_distance_db` and `speaker_pitch_cents`, from the recordings of the dataset that is compared. What is null for want of
    /// something has its reason under its name in `unmeasured`.
    #[schema(nullable = false, value_type = Option<Object>)]
    pub measures: Option<Value>,
}

/// What the votes of all listeners say.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub a: u32,
    pub b: u32,
    pub ties: u32,
    /// Of the exact two-sided binomial test on votes that are no ties.
    pub p_value: f64,
    pub significant: bool,
    /// `a` or `b`, where it is significant.
    #[schema(required = true)]
    pub preferred: Option<String>,
    /// How many more votes make a verdict, if they go as those before; null where that may be never.
    #[schema(required = true)]
    pub votes_missing: Option<u32>,
}

/// A vote.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceBody {
    /// Place of the pair, from 0.
    #[schema(maximum = 99)]
    pub pair: u32,
    /// `a`, `b` or `tie`; of a blind pair `x`, `y` or `tie`.
    #[schema(pattern = "^(a|b|x|y|tie)$")]
    pub choice: String,
}
