//! The paths that the API's document describes: what the edge counts requests apart by.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, de::IgnoredAny};

/// What the components' own code wrote; a test of theirs keeps it so.
const DOCUMENT: &str = include_str!("../../edge/reference/openapi.json");

#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, IgnoredAny>,
}

pub(crate) fn documented() -> Result<Vec<String>> {
    let document: Document =
        serde_json::from_str(DOCUMENT).context("the API's document cannot be read")?;
    Ok(document.paths.into_keys().collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_names_paths() {
        let paths = super::documented().unwrap();
        assert!(paths.contains(&"/api/v1/jobs/{job_id}".to_owned()));
    }
}
