//! Packs the segments of a dataset with their words, as other programs lay them out.

use std::{convert::Infallible, fs::File, io};

use futures::stream;
use kiskadee_dataset::{
    archive::{ArchiveError, ArchiveWriter},
    formats::{self, Export, Format, Row},
};
use kiskadee_media::{Encoded, Encoder, Encoding};
use kiskadee_runner::{Attempt, JobError, Made};
use kiskadee_shared::format::ResponseFormat;
use kiskadee_storage::ResultRef;
use serde::{Deserialize, Serialize};

use super::{
    computed,
    import::told,
    recording::{decoded, fetch, no_scratch, refusal, scratch_file, store},
};
use crate::family::Workshop;

const ZIP: &str = "application/zip";

#[derive(Debug, Deserialize)]
pub(super) struct ExportArgs {
    /// As callers know it.
    dataset_id: String,
    language: String,
    format: Format,
    clips: Vec<Clip>,
}

#[derive(Debug, Deserialize)]
struct Clip {
    key: String,
    text: String,
    speaker: Option<String>,
}

#[derive(Debug, Serialize)]
struct ExportResult {
    key: String,
    dataset_id: String,
    bytes: u64,
    clips: usize,
    format: Format,
}

pub(super) async fn export(
    workshop: &Workshop,
    attempt: &Attempt,
    args: ExportArgs,
) -> Result<Made, JobError> {
    attempt.progress.enter("packing");
    let laid_out = formats::export(args.format, &rows(&args))
        .map_err(|error| JobError::Reject(error.to_string()))?;
    let file = scratch_file(&workshop.scratch)?;
    let zip = file.reopen().map_err(|error| no_scratch(&error))?;
    let mut archive = ArchiveWriter::new(zip);
    for (index, (clip, name)) in args.clips.iter().zip(&laid_out.audio).enumerate() {
        let wav = wav(workshop, clip).await?;
        let name = name.clone();
        archive = computed(move || added(archive, &name, &wav)).await?;
        told(attempt, index + 1, args.clips.len());
    }
    computed(move || finished(archive, laid_out)).await?;
    let reference = ResultRef {
        job: attempt.job,
        token: attempt.token,
    };
    let key = reference.key("dataset.zip");
    store(&workshop.store, &key, ZIP, &file).await?;
    let bytes = file.as_file().metadata().map_err(|e| no_scratch(&e))?.len();
    let result = ExportResult {
        key: key.clone(),
        dataset_id: args.dataset_id,
        bytes,
        clips: args.clips.len(),
        format: args.format,
    };
    Made::new(&result, Some(key))
}

fn rows(args: &ExportArgs) -> Vec<Row> {
    let numbered = (1..).zip(&args.clips);
    let rows = numbered.map(|(number, clip): (usize, &Clip)| Row {
        audio: format!("{number:05}.wav"),
        text: clip.text.clone(),
        speaker: clip.speaker.clone(),
        language: Some(args.language.clone()),
    });
    rows.collect()
}

/// A segment as WAV, which every program reads.
async fn wav(workshop: &Workshop, clip: &Clip) -> Result<Encoded, JobError> {
    let fetched = refusal(fetch(workshop, &clip.key).await)?;
    let gone = |reason| JobError::Reject(format!("a segment {reason}; export the dataset again"));
    let fetched = fetched.map_err(gone)?;
    let track = refusal(decoded(workshop, fetched.file.path()).await)?;
    let track = track.map_err(gone)?;
    let samples = track.read(0..track.samples);
    let samples = samples.map_err(|error| no_scratch(&error))?;
    let encoder = Encoder::new(workshop.ffmpeg.to_string_lossy(), &workshop.scratch);
    let encoding = Encoding {
        format: ResponseFormat::Wav,
        sample_rate: track.sample_rate,
        stretch: 1.0,
    };
    let written = encoder.encode(encoding, stream::iter([Ok::<_, Infallible>(samples)]));
    written
        .await
        .map_err(|error| JobError::Retry(error.to_string()))
}

fn added(
    mut archive: ArchiveWriter<File>,
    name: &str,
    wav: &Encoded,
) -> Result<ArchiveWriter<File>, JobError> {
    archive.start(name, wav.bytes).map_err(unwritten)?;
    let mut reader = wav.file.reopen().map_err(|error| no_scratch(&error))?;
    io::copy(&mut reader, &mut archive).map_err(|error| no_scratch(&error))?;
    Ok(archive)
}

fn finished(mut archive: ArchiveWriter<File>, laid_out: Export) -> Result<(), JobError> {
    for file in laid_out.files {
        let bytes = file.content.len() as u64;
        archive.start(&file.name, bytes).map_err(unwritten)?;
        io::copy(&mut file.content.as_bytes(), &mut archive).map_err(|error| no_scratch(&error))?;
    }
    archive.finish().map_err(unwritten)?;
    Ok(())
}

fn unwritten(error: ArchiveError) -> JobError {
    match error {
        ArchiveError::Write(error) => no_scratch(&error),
        error => JobError::Retry(error.to_string()),
    }
}
