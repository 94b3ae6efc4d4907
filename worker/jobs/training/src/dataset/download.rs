//! Recordings from addresses, one after the other: one that leads nowhere keeps none of the others out.

use kiskadee_runner::{Attempt, JobError, Made};
use kiskadee_shared::id::FileId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    address::{Address, Come},
    args::{DownloadArgs, FileResult, FileState, StepResult},
    notes::{Notes, Stored},
    parts,
};
use crate::family::Workshop;

#[derive(Debug, Default, Serialize)]
struct Summary {
    files: Vec<Taken>,
    failed: Vec<Failed>,
}

/// A recording that was taken in. A long one is several, of the same address.
#[derive(Debug, Serialize)]
struct Taken {
    file_id: String,
    url: String,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Failed {
    url: String,
    reason: String,
}

/// What became of an address.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) files: Vec<FileResult>,
    failed: Option<String>,
}

pub(super) async fn download(
    workshop: &Workshop,
    attempt: &Attempt,
    args: DownloadArgs,
) -> Result<Made, JobError> {
    attempt.progress.enter("fetching");
    let mut notes = Notes::read(workshop, attempt).await?;
    let mut fetching = Fetching {
        workshop,
        attempt,
        room: args.room,
        room_bytes: u64::try_from(args.room_bytes).unwrap_or_default(),
        args: &args,
    };
    let mut result = StepResult {
        summary: Summary::default(),
        files: Vec::new(),
        segments: Vec::new(),
        recut: false,
    };
    for (index, url) in args.urls.iter().enumerate() {
        let place = format!("url:{index}");
        let outcome = if let Some(outcome) = notes.take(&place) {
            outcome
        } else {
            let outcome = fetching.one(index, url).await?;
            let stored = stored(&outcome.files);
            notes.write(&place, &outcome, &stored).await?;
            outcome
        };
        fetching.count(&outcome);
        result.summary.add(url, &outcome);
        result.files.extend(outcome.files);
        attempt
            .progress
            .set((index + 1) as f64 / args.urls.len() as f64);
    }
    Made::new(&result, None)
}

impl Summary {
    fn add(&mut self, url: &str, outcome: &Outcome) {
        let ready = outcome
            .files
            .iter()
            .filter(|file| file.state == FileState::Ready);
        self.files.extend(ready.map(|file| Taken {
            file_id: FileId::new(file.file_id).to_string(),
            url: url.to_owned(),
            seconds: file.seconds.unwrap_or_default(),
        }));
        if let Some(reason) = &outcome.failed {
            self.failed.push(Failed {
                url: url.to_owned(),
                reason: reason.clone(),
            });
        }
    }
}

/// The objects of recordings.
pub(super) fn stored(files: &[FileResult]) -> Vec<Stored> {
    let stored = files.iter().filter_map(|file| {
        Some(Stored {
            key: file.key.clone()?,
            bytes: file.bytes,
        })
    });
    stored.collect()
}

struct Fetching<'a> {
    workshop: &'a Workshop,
    attempt: &'a Attempt,
    args: &'a DownloadArgs,
    /// What is left.
    room: usize,
    room_bytes: u64,
}

impl Fetching<'_> {
    async fn one(&self, index: usize, url: &str) -> Result<Outcome, JobError> {
        let of = self.args.urls.len();
        let told = |bytes: u64| {
            let detail = json!({"done": index, "of": of, "bytes": bytes});
            self.attempt.progress.tell(detail);
        };
        told(0);
        let address = Address {
            workshop: self.workshop,
            attempt: self.attempt,
            args: self.args,
            bytes: self.room_bytes,
        };
        let come = match address.fetch(url, told).await? {
            Ok(come) => come,
            Err(reason) => return Ok(Outcome::failed(reason)),
        };
        self.kept(&address, url, &come).await
    }

    async fn kept(
        &self,
        address: &Address<'_>,
        url: &str,
        come: &Come,
    ) -> Result<Outcome, JobError> {
        let files = match parts::take(address, url, come).await? {
            Ok(files) => files,
            Err(reason) => return Ok(Outcome::failed(reason)),
        };
        let bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let full = if files.len() > self.room {
            Some("the dataset takes no more recordings")
        } else {
            (bytes > self.room_bytes).then_some("your room for recordings is full")
        };
        Ok(match full {
            // What was stored is no one's, and the sweep finds it.
            Some(reason) => Outcome::failed(reason.to_owned()),
            None => Outcome {
                files,
                failed: None,
            },
        })
    }

    fn count(&mut self, outcome: &Outcome) {
        let bytes: u64 = outcome.files.iter().map(|file| file.bytes).sum();
        self.room = self.room.saturating_sub(outcome.files.len());
        self.room_bytes = self.room_bytes.saturating_sub(bytes);
    }
}

impl Outcome {
    fn failed(reason: String) -> Self {
        Self {
            files: Vec::new(),
            failed: Some(reason),
        }
    }
}
