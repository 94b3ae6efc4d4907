//! The pronunciation dictionary.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Words with how they are said.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PronunciationsBody {
    /// The language of the texts; its region does not matter.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// The words: 1 to 500 in a request. Of several entries for a word the last one counts.
    #[schema(min_items = 1, max_items = 500)]
    pub entries: Vec<PronunciationEntry>,
}

/// A word and either its phonemes or an alias.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PronunciationEntry {
    /// A word or several, as written; in any case.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "[A-Za-z0-9]",
        example = "SQL"
    )]
    pub word: String,
    /// IPA, or the embedded engine's own names with blanks between them.
    #[schema(min_length = 1, max_length = 200, example = "ˈsiːkwəl")]
    pub phonemes: Option<String>,
    /// What is read in the word's place.
    #[schema(min_length = 1, max_length = 200)]
    pub alias: Option<String>,
}

/// What became of the words.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PronunciationsAnswer {
    /// Without region.
    pub language: String,
    pub added: u32,
    pub replaced: u32,
    /// Words in the whole dictionary; at most 2,000.
    pub total: u32,
}

/// A word of the dictionary.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pronunciation {
    #[schema(pattern = "^pron_[0-9a-f]{32}$")]
    pub pronunciation_id: String,
    pub language: String,
    pub word: String,
    #[schema(required = true)]
    pub phonemes: Option<String>,
    #[schema(required = true)]
    pub alias: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A page of the dictionary, the newest words first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PronunciationList {
    pub items: Vec<Pronunciation>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
