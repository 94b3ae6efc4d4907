//! Takes recordings in: looks what each is, and unpacks archives.

use kiskadee_dataset::formats::{BadRow, Format, MissingAudio};
use kiskadee_runner::{Attempt, JobError, Made};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    MOST_TOLD,
    address::Address,
    archive::{self, Wanted, is_zip},
    args::{
        DownloadArgs, FileArgs, FileResult, FileState, ImportArgs, Refused, StepResult, UploadArgs,
    },
    parts::{self, is_zip_at},
    recording::{Fetched, fetch, hear, no_scratch, refusal},
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
        let opened = || fetched.file.reopen().map_err(|error| no_scratch(&error));
        if is_zip(&opened()?) {
            let wanted = Wanted {
                dataset: args.dataset_id,
                format: args.format,
                room: args.room,
            };
            let (found, understood) =
                archive::unpack(workshop, attempt, &wanted, opened()?).await?;
            files.extend(found);
            layout = Some(understood);
        } else {
            files.push(only(workshop, upload, fetched).await?);
        }
    }
    made(files, layout)
}

fn made(files: Vec<FileResult>, layout: Option<LayoutSummary>) -> Result<Made, JobError> {
    let summary = Summary {
        layout,
        ..summary(&files)
    };
    let result = StepResult {
        summary,
        files,
        segments: Vec::new(),
        recut: false,
    };
    Made::new(&result, None)
}

/// The same with what lies at an address: a ZIP, or a recording.
pub(super) async fn import_from(
    workshop: &Workshop,
    attempt: &Attempt,
    args: DownloadArgs,
) -> Result<Made, JobError> {
    attempt.progress.enter("fetching");
    let [url] = &args.urls[..] else {
        return Err(JobError::Reject("names no single address".to_owned()));
    };
    let refused = |reason: String| JobError::Reject(format!("{url}: {reason}"));
    let address = Address {
        workshop,
        attempt,
        args: &args,
        bytes: u64::try_from(args.room_bytes).unwrap_or_default(),
    };
    let told = |bytes: u64| attempt.progress.tell(json!({"bytes": bytes}));
    let come = address.fetch(url, told).await?.map_err(refused)?;
    if !is_zip_at(&come.path) {
        let files = parts::take(&address, url, &come).await?.map_err(refused)?;
        return made(files, None);
    }
    let wanted = Wanted {
        dataset: args.dataset_id,
        format: args.format,
        room: args.room,
    };
    let zip = std::fs::File::open(&come.path).map_err(|error| no_scratch(&error))?;
    let (files, layout) = archive::unpack(workshop, attempt, &wanted, zip).await?;
    made(files, Some(layout))
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
                state: FileState::Ready,
                ..self
            },
            Err(reason) => Self {
                key: None,
                reason: Some(reason),
                state: FileState::Refused,
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
