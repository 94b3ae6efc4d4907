//! Takes recordings in: looks what each is, and unpacks archives.

use kiskadee_dataset::formats::{BadRow, Format, MissingAudio};
use kiskadee_runner::{Attempt, JobError, Made};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    MOST_TOLD,
    archive::{self, is_zip},
    args::{FileArgs, FileResult, ImportArgs, Refused, StepResult, UploadArgs},
    recording::{Fetched, fetch, hear, refusal},
};
use crate::family::Workshop;

/// What was taken in.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    files: usize,
    seconds: f64,
    with_text: usize,
    refused: Vec<Refused>,
    #[serde(flatten)]
    layout: Option<LayoutSummary>,
}

/// How an archive was understood; of each list the first.
#[derive(Debug, Serialize)]
pub(super) struct LayoutSummary {
    pub(super) format: Format,
    pub(super) bad_rows: Vec<BadRow>,
    pub(super) missing_audio: Vec<MissingAudio>,
    pub(super) unused_audio: Vec<String>,
}

pub(super) async fn import(
    workshop: &Workshop,
    attempt: &Attempt,
    args: ImportArgs,
) -> Result<Made, JobError> {
    attempt.progress.enter("reading");
    let (mut files, mut layout) = (Vec::new(), None);
    for (index, file) in args.files.iter().enumerate() {
        files.push(look(workshop, file).await?);
        told(attempt, index + 1, args.files.len());
    }
    if let Some(upload) = &args.upload {
        let fetched = refusal(fetch(workshop, &upload.key).await)?;
        let fetched = fetched
            .map_err(|reason| JobError::Reject(format!("`{}` {reason}", upload.filename)))?;
        if is_zip(&fetched) {
            let (found, understood) = archive::unpack(workshop, attempt, &args, &fetched).await?;
            files.extend(found);
            layout = Some(understood);
        } else {
            files.push(only(workshop, upload, fetched).await?);
        }
    }
    let summary = Summary {
        layout,
        ..summary(&files)
    };
    let result = StepResult {
        summary,
        files,
        segments: Vec::new(),
    };
    Made::new(&result, None)
}

/// Tells how many of all are done.
pub(super) fn told(attempt: &Attempt, done: usize, of: usize) {
    attempt.progress.set(done as f64 / of.max(1) as f64);
    attempt.progress.tell(json!({"done": done, "of": of}));
}

/// A recording that came with a form.
async fn look(workshop: &Workshop, file: &FileArgs) -> Result<FileResult, JobError> {
    let looked = match fetch(workshop, &file.key).await {
        Ok(fetched) => hear(workshop, fetched.file.path()).await,
        Err(error) => Err(error),
    };
    let begun = FileResult {
        file_id: file.file_id,
        filename: file.filename.clone(),
        ..FileResult::default()
    };
    let looked = refusal(looked)?;
    Ok(begun.judged(looked.map(|track| (track.seconds(), track.sample_rate))))
}

/// An upload that is one recording. It stays where it lies.
async fn only(
    workshop: &Workshop,
    upload: &UploadArgs,
    fetched: Fetched,
) -> Result<FileResult, JobError> {
    let looked = refusal(hear(workshop, fetched.file.path()).await)?;
    let begun = FileResult {
        file_id: Uuid::now_v7(),
        filename: upload.filename.clone(),
        key: Some(upload.key.clone()),
        bytes: fetched.bytes,
        sha256: Some(fetched.sha256),
        source: Some(json!({"kind": "upload"})),
        ..FileResult::default()
    };
    Ok(begun.judged(looked.map(|track| (track.seconds(), track.sample_rate))))
}

impl FileResult {
    /// With its length and its rate, or why it was refused.
    pub(super) fn judged(self, looked: Result<(f64, u32), String>) -> Self {
        match looked {
            Ok((seconds, sample_rate)) => Self {
                seconds: Some(seconds),
                sample_rate: Some(sample_rate),
                state: "ready",
                ..self
            },
            Err(reason) => Self {
                key: None,
                reason: Some(reason),
                state: "refused",
                ..self
            },
        }
    }
}

fn summary(files: &[FileResult]) -> Summary {
    let ready = || files.iter().filter(|file| file.reason.is_none());
    let refused = files.iter().filter_map(|file| {
        Some(Refused {
            filename: file.filename.clone(),
            reason: file.reason.clone()?,
        })
    });
    Summary {
        files: ready().count(),
        seconds: ready().filter_map(|file| file.seconds).sum(),
        with_text: ready().filter(|file| file.text.is_some()).count(),
        refused: refused.take(MOST_TOLD).collect(),
        layout: None,
    }
}
