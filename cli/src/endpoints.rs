//! The paths that the API's document describes: what the edge counts requests apart by, and which of them answer at length.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What the components' own code wrote; a test of theirs keeps it so.
const DOCUMENT: &str = include_str!("../../edge/reference/openapi.json");

fn is_download(media: &str) -> bool {
    media == "application/zip" || media.starts_with("audio/")
}

fn is_events(media: &str) -> bool {
    media == "text/event-stream"
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
    /// Those of them that answer with events.
    pub(crate) events: Vec<String>,
}

pub(crate) fn documented() -> Result<Documented> {
    let document: Document =
        serde_json::from_str(DOCUMENT).context("the API's document cannot be read")?;
    let those = |answer: fn(&str) -> bool| {
        let paths = document.paths.iter();
        let paths = paths.filter(|(_, methods)| methods.answers(answer));
        paths.map(|(path, _)| path.clone()).collect()
    };
    Ok(Documented {
        streams: those(|media| is_events(media) || is_download(media)),
        events: those(is_events),
        paths: document.paths.into_keys().collect(),
    })
}

impl Methods {
    fn answers(&self, so: fn(&str) -> bool) -> bool {
        let answers = self.get.iter().flat_map(|get| get.responses.values());
        let mut types = answers.flat_map(|answer| answer.content.keys());
        types.any(|media| so(media))
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
        assert!(documented.events.contains(&format!("{path}/events")));
        assert!(documented.events.contains(&"/training/logs".to_owned()));
        assert!(!documented.events.contains(&format!("{path}/audio")));
        let download = "/api/v1/advanced/batch-tts/{batch_id}/download".to_owned();
        assert!(documented.streams.contains(&download));
    }
}
