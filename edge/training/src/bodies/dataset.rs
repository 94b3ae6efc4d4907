//! Datasets, their recordings and the steps that make them.

use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};

/// A dataset that is to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetBody {
    /// How it is called; no two of one owner have the same name.
    #[schema(min_length = 1, max_length = 64, example = "my_voice")]
    pub name: String,
    /// What is spoken in it.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// The words with which the speaker agreed.
    #[schema(nullable = false, min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
    /// By what right the material is used.
    #[schema(nullable = false)]
    pub rights: Option<Rights>,
    /// Is told `dataset.ready`, once each time when a run can begin that could not before.
    #[schema(nullable = false, max_length = 2048)]
    pub webhook_url: Option<String>,
}

/// What is to be told of a dataset from now on; what is left out stays.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetChanges {
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub name: Option<String>,
    #[schema(
        nullable = false,
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"
    )]
    pub language: Option<String>,
    #[schema(nullable = false, min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
    #[schema(nullable = false)]
    pub rights: Option<Rights>,
    #[schema(nullable = false, max_length = 2048)]
    pub webhook_url: Option<String>,
}

/// By what right material is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    Own,
    Licensed,
    PublicDomain,
}

/// A dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub name: String,
    pub language: String,
    #[schema(required = true)]
    pub rights: Option<Rights>,
    #[schema(required = true)]
    pub consent: Option<Consent>,
    /// Is told `dataset.ready`.
    #[schema(required = true)]
    pub webhook_url: Option<String>,
    /// The step under way.
    #[schema(required = true)]
    pub step: Option<StepUnderWay>,
    /// How the last one ended.
    #[schema(required = true)]
    pub last_step: Option<LastStep>,
    pub files: FileCounts,
    pub segments: SegmentCounts,
    /// Speech with words that a run could learn from.
    pub accepted_seconds: f64,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How a speaker agreed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    pub statement: String,
    #[schema(format = DateTime)]
    pub given_at: String,
}

/// A step that a job is at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUnderWay {
    pub name: StepName,
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
}

/// How a step ended.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LastStep {
    pub name: StepName,
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    /// `completed`, `cancelled` or `failed`
    pub outcome: String,
    #[schema(nullable = false)]
    pub error: Option<String>,
    #[schema(format = DateTime)]
    pub ended_at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    Import,
    Download,
    Segment,
    Transcribe,
}

/// Recordings by their state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCounts {
    pub total: u32,
    pub ready: u32,
    /// Nobody has looked at them yet.
    pub pending: u32,
    pub refused: u32,
}

/// Segments by their state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentCounts {
    pub accepted: u32,
    pub rejected: u32,
    /// They wait for words.
    pub pending: u32,
}

/// A page of datasets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetList {
    pub items: Vec<Dataset>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Recordings for a dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetForm {
    /// Its id or its name.
    pub dataset: String,
    #[schema(schema_with = recordings)]
    pub file: Vec<String>,
    /// What is said in the recording, where it was read aloud; then it is one recording.
    #[schema(min_length = 1, max_length = 1000)]
    pub text: Option<String>,
}

fn recordings() -> RefOr<Schema> {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(binary));
    let list = ArrayBuilder::new().items(file);
    list.min_items(Some(1)).max_items(Some(50)).into()
}

/// Sentences to be read aloud.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptList {
    pub language: String,
    /// The first twenty have all sounds of the language.
    pub items: Vec<String>,
}
