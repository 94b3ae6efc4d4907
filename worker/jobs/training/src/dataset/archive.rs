//! Recordings that come in a ZIP, with their words. What an archive names its files is never used as a path.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use kiskadee_dataset::{
    archive::{Archive, ArchiveError, Limits},
    formats::{Format, Layout, Row, TEXT_BYTES, TextFile, is_audio, is_text, recognize},
};
use kiskadee_runner::{Attempt, JobError};
use serde_json::json;
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{
    MOST_TOLD,
    args::FileResult,
    computed,
    download::stored,
    import::{LayoutSummary, told},
    notes::Notes,
    recording::{BINARY, digest, hear, no_scratch, refusal, scratch_file, store},
};
use crate::family::Workshop;

/// Of all text files of an archive together.
const TEXTS_BYTES: u64 = 64 << 20;

type Shared = Arc<Mutex<Archive<File>>>;

/// Whether a file begins as a ZIP does, an empty one, too.
pub(super) fn is_zip(mut file: &File) -> bool {
    let mut head = [0; 4];
    let read = file.read_exact(&mut head);
    read.is_ok() && (head == *b"PK\x03\x04" || head == *b"PK\x05\x06")
}

/// What is wanted of an archive.
pub(super) struct Wanted {
    pub(super) dataset: Uuid,
    /// How it must be laid out; as it looks where nothing is said.
    pub(super) format: Option<Format>,
    /// How many more recordings the dataset takes.
    pub(super) room: usize,
}

/// All recordings of an archive, stored one by one.
pub(super) async fn unpack(
    workshop: &Workshop,
    attempt: &Attempt,
    args: &Wanted,
    zip: File,
) -> Result<(Vec<FileResult>, LayoutSummary), JobError> {
    let (archive, names, layout) = computed(move || read(zip)).await?;
    if let Some(wanted) = args.format.filter(|wanted| *wanted != layout.format) {
        return Err(JobError::Reject(format!(
            "the archive is laid out as `{}`, and not as `{}`",
            layout.format.name(),
            wanted.name()
        )));
    }
    let recordings: Vec<(usize, String)> = names
        .into_iter()
        .enumerate()
        .filter(|(_, name)| is_audio(name))
        .collect();
    if recordings.len() > args.room {
        return Err(JobError::Reject(format!(
            "the archive has {} recordings, and the dataset takes {} more",
            recordings.len(),
            args.room
        )));
    }
    let unpacking = Unpacking {
        workshop,
        attempt,
        archive,
        dataset: args.dataset,
    };
    let files = unpacking.all(&recordings, &layout.rows).await?;
    Ok((files, understood(layout)))
}

/// Opens an archive and reads the words in it.
fn read(zip: File) -> Result<(Shared, Vec<String>, Layout), JobError> {
    let mut archive = Archive::open(zip, Limits::default()).map_err(refused)?;
    let entries = archive.entries();
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    let (mut texts, mut left) = (Vec::new(), TEXTS_BYTES);
    for (index, name) in names.iter().enumerate().filter(|(_, name)| is_text(name)) {
        let bytes = archive.read(index, TEXT_BYTES.min(left)).map_err(refused)?;
        left = left.saturating_sub(bytes.len() as u64);
        texts.push((name, bytes));
    }
    let texts: Vec<TextFile<'_>> = texts
        .iter()
        .map(|(name, bytes)| TextFile { name, bytes })
        .collect();
    let layout = recognize(&names, &texts)
        .map_err(|error| JobError::Reject(format!("the archive cannot be used: {error}")))?;
    Ok((Arc::new(Mutex::new(archive)), names, layout))
}

fn refused(error: ArchiveError) -> JobError {
    match error {
        ArchiveError::Write(error) => no_scratch(&error),
        error => JobError::Reject(format!("the archive {error}")),
    }
}

fn understood(layout: Layout) -> LayoutSummary {
    let mut summary = LayoutSummary {
        format: layout.format,
        bad_rows: layout.bad_rows,
        missing_audio: layout.missing_audio,
        unused_audio: layout.unused_audio,
    };
    summary.bad_rows.truncate(MOST_TOLD);
    summary.missing_audio.truncate(MOST_TOLD);
    summary.unused_audio.truncate(MOST_TOLD);
    summary
}

struct Unpacking<'a> {
    workshop: &'a Workshop,
    attempt: &'a Attempt,
    archive: Shared,
    dataset: Uuid,
}

impl Unpacking<'_> {
    async fn all(
        &self,
        recordings: &[(usize, String)],
        rows: &[Row],
    ) -> Result<Vec<FileResult>, JobError> {
        let rows: HashMap<&str, &Row> = rows.iter().map(|row| (row.audio.as_str(), row)).collect();
        let mut notes = Notes::read(self.workshop, self.attempt).await?;
        let mut files = Vec::with_capacity(recordings.len());
        for (index, name) in recordings {
            let place = format!("entry:{index}");
            let file = if let Some(file) = notes.take(&place) {
                file
            } else {
                let file = self.one(*index, name).await?;
                let stored = stored(std::slice::from_ref(&file));
                notes.write(&place, &file, &stored).await?;
                file
            };
            let row = rows.get(name.as_str());
            files.push(FileResult {
                text: row.map(|row| row.text.clone()),
                speaker: row.and_then(|row| row.speaker.clone()),
                ..file
            });
            told(self.attempt, files.len(), recordings.len());
        }
        Ok(files)
    }

    async fn one(&self, index: usize, name: &str) -> Result<FileResult, JobError> {
        let begun = FileResult {
            file_id: Uuid::now_v7(),
            filename: shown(name),
            source: Some(json!({"kind": "archive", "name": shown(name)})),
            ..FileResult::default()
        };
        let file = match self.extracted(index).await? {
            Ok(file) => file,
            Err(reason) => return Ok(begun.judged(Err(reason))),
        };
        let (sha256, bytes) = digest(&file).map_err(|error| no_scratch(&error))?;
        let begun = FileResult {
            bytes,
            sha256: Some(sha256),
            ..begun
        };
        let track = match refusal(hear(self.workshop, file.path()).await)? {
            Ok(track) => track,
            Err(reason) => return Ok(begun.judged(Err(reason))),
        };
        let key = format!(
            "datasets/{}/{}/{}",
            self.dataset.simple(),
            self.attempt.token,
            begun.file_id.simple()
        );
        store(&self.workshop.store, &key, BINARY, &file).await?;
        let begun = FileResult {
            key: Some(key),
            ..begun
        };
        Ok(begun.judged(Ok((track.seconds(), track.sample_rate))))
    }

    /// One file of the archive; or why it alone cannot be used, while the others can.
    async fn extracted(&self, index: usize) -> Result<Result<NamedTempFile, String>, JobError> {
        let (archive, file) = (
            Arc::clone(&self.archive),
            scratch_file(&self.workshop.scratch)?,
        );
        computed(move || {
            let target = file.reopen().map_err(|error| no_scratch(&error))?;
            let mut target = BufWriter::new(target);
            let mut archive = archive.lock().unwrap_or_else(PoisonError::into_inner);
            let copied = archive.copy(index, &mut target);
            target.flush().map_err(|error| no_scratch(&error))?;
            match copied {
                Ok(_) => Ok(Ok(file)),
                Err(ArchiveError::DamagedEntry { .. }) => Ok(Err("is damaged".to_owned())),
                Err(error) => Err(refused(error)),
            }
        })
        .await
    }
}

/// A name as people are shown it: the database keeps no U+0000.
fn shown(name: &str) -> String {
    let shown = name.chars().filter(|letter| !letter.is_control());
    shown.take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_for_people() {
        assert_eq!(shown("wavs/a\0b\n.wav"), "wavs/ab.wav");
        assert_eq!(shown(&"x".repeat(300)).len(), 255);
    }
}
