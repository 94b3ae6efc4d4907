//! What a voice may be used for, as it is told to those who choose one.

use serde::Serialize;

/// The terms that a voice is under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// SPDX's identifier where there is one, otherwise the name that the terms go by.
    pub id: String,
    pub commercial: CommercialUse,
}

/// Whether a licence allows commercial use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommercialUse {
    Yes,
    No,
    /// Nobody told, or the terms do not say.
    Unknown,
}

impl Licence {
    pub fn new(id: impl Into<String>, commercial: CommercialUse) -> Self {
        Self {
            id: id.into(),
            commercial,
        }
    }
}
