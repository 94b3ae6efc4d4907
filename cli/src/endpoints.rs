//! The paths that the API's document describes: what the edge counts requests apart by, and which of them answer at length.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What the components' own code wrote; a test of theirs keeps it so.
const DOCUMENT: &str = include_str!("../../edge/reference/openapi.json");

/// Events and downloads.
fn is_long(media: &str) -> bool {
    ["text/event-stream", "application/zip"].contains(&media) || media.starts_with("audio/")
}

#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, Methods>,
}

#[derive(Deserialize)]
struct Methods {
    get: Option<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    #[serde(default)]
    responses: BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    content: serde_json::Map<String, serde_json::Value>,
}

/// Paths as the document writes them: `/jobs/{job_id}`.
pub(crate) struct Documented {
    pub(crate) paths: Vec<String>,
    /// Those whose GET answers with events or a download.
    pub(crate) streams: Vec<String>,
}

pub(crate) fn documented() -> Result<Documented> {
    let document: Document =
        serde_json::from_str(DOCUMENT).context("the API's document cannot be read")?;
    let streams = document
        .paths
        .iter()
        .filter(|(_, methods)| methods.answers_at_length());
    Ok(Documented {
        streams: streams.map(|(path, _)| path.clone()).collect(),
        paths: document.paths.into_keys().collect(),
    })
}

impl Methods {
    fn answers_at_length(&self) -> bool {
        let answers = self.get.iter().flat_map(|get| get.responses.values());
        let mut types = answers.flat_map(|answer| answer.content.keys());
        types.any(|media| is_long(media))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_tells_paths_and_streams() {
        let documented = super::documented().unwrap();
        let path = "/api/v1/jobs/{job_id}";
        assert!(documented.paths.contains(&path.to_owned()));
        let of_a_job: Vec<_> = documented
            .streams
            .iter()
            .filter(|stream| stream.starts_with(path))
            .collect();
        assert_eq!(
            of_a_job,
            [&format!("{path}/audio"), &format!("{path}/events")]
        );
        let download = "/api/v1/advanced/batch-tts/{batch_id}/download".to_owned();
        assert!(documented.streams.contains(&download));
    }
}
