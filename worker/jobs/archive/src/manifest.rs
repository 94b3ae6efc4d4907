//! What the archive says about itself: `summary.json` with a line for each item, and `errors.json` when some
//! items have no audio. `index` is the item's place in the request, from 0.

use kiskadee_shared::{id::JobId, state::JobState};
use serde::Serialize;

use crate::ArchiveItem;

/// Collects the lines.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    items: Vec<Line>,
    errors: Vec<Failure>,
}

#[derive(Debug, Serialize)]
struct Line {
    index: usize,
    file: Option<String>,
    job_id: JobId,
    status: JobState,
    duration_seconds: Option<f64>,
    bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Failure {
    index: usize,
    job_id: JobId,
    status: JobState,
    error: String,
}

#[derive(Serialize)]
struct Items<'a, T> {
    items: &'a [T],
}

impl Manifest {
    pub(crate) fn packed(&mut self, index: usize, item: &ArchiveItem, file: String, bytes: u64) {
        self.items.push(Line {
            index,
            file: Some(file),
            job_id: item.job.into(),
            status: item.state,
            duration_seconds: item.duration_seconds,
            bytes: Some(bytes),
        });
    }

    pub(crate) fn lost(&mut self, index: usize, item: &ArchiveItem) {
        self.failed(
            index,
            item,
            "the audio is no longer in the storage".to_owned(),
        );
    }

    pub(crate) fn not_completed(&mut self, index: usize, item: &ArchiveItem) {
        let plain = || format!("the job ended as {}", item.state);
        self.failed(index, item, item.error.clone().unwrap_or_else(plain));
    }

    fn failed(&mut self, index: usize, item: &ArchiveItem, error: String) {
        let (job_id, status) = (item.job.into(), item.state);
        self.items.push(Line {
            index,
            file: None,
            job_id,
            status,
            duration_seconds: None,
            bytes: None,
        });
        self.errors.push(Failure {
            index,
            job_id,
            status,
            error,
        });
    }

    /// The files to add, by name.
    pub(crate) fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = Vec::new();
        if !self.errors.is_empty() {
            files.push(("errors.json", json(&self.errors)));
        }
        files.push(("summary.json", json(&self.items)));
        files
    }
}

fn json<T: Serialize>(items: &[T]) -> String {
    // Strings, numbers and names: serialising them cannot fail.
    serde_json::to_string_pretty(&Items { items }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn item(state: JobState, error: Option<&str>) -> ArchiveItem {
        ArchiveItem {
            job: Uuid::nil(),
            state,
            key: None,
            duration_seconds: Some(1.5),
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn a_clean_batch_has_no_error_file() {
        let mut manifest = Manifest::default();
        manifest.packed(
            0,
            &item(JobState::Completed, None),
            "audio_001.wav".to_owned(),
            10,
        );
        let files = manifest.files();
        assert_eq!(files.len(), 1);
        let summary: serde_json::Value = serde_json::from_str(&files[0].1).unwrap();
        let line = &summary["items"][0];
        assert_eq!(line["file"], "audio_001.wav");
        assert_eq!(line["job_id"], "job_00000000000000000000000000000000");
        assert_eq!(
            (&line["status"], &line["bytes"]),
            (&"completed".into(), &10.into())
        );
    }

    #[test]
    fn failures_are_told_in_both_files() {
        let mut manifest = Manifest::default();
        manifest.not_completed(0, &item(JobState::Failed, Some("no such voice")));
        manifest.not_completed(1, &item(JobState::Cancelled, None));
        manifest.lost(2, &item(JobState::Completed, None));
        let files = manifest.files();
        assert_eq!((files[0].0, files[1].0), ("errors.json", "summary.json"));
        let errors: serde_json::Value = serde_json::from_str(&files[0].1).unwrap();
        let told: Vec<_> = (0..3)
            .map(|index| errors["items"][index]["error"].as_str().unwrap())
            .collect();
        assert_eq!(
            told,
            [
                "no such voice",
                "the job ended as cancelled",
                "the audio is no longer in the storage"
            ]
        );
        assert!(files[1].1.contains("\"file\": null"));
    }
}
