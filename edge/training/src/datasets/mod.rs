//! Datasets: what they are called, what lies in them, and the steps that make them of recordings.

pub(crate) mod collection;
pub(crate) mod downloads;
pub(crate) mod exports;
pub(crate) mod files;
pub(crate) mod lists;
pub(crate) mod prompts;
pub(crate) mod segments;
pub(crate) mod steps;

mod checks;

use std::str::FromStr;

use spin_sdk::pg::ParameterValue;

/// A dataset in a path, by its id or its name.
#[derive(Debug)]
pub(crate) struct DatasetRef(String);

impl FromStr for DatasetRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        checks::reference(text).map(|()| Self(text.to_owned()))
    }
}

impl From<DatasetRef> for ParameterValue {
    fn from(dataset: DatasetRef) -> Self {
        Self::Str(dataset.0)
    }
}
