//! What came from an address as recordings: as it came where a dataset takes that, else in parts that end where it is quiet.

use std::{io, ops::Range, path::Path};

use futures::stream;
use kiskadee_media::{Encoded, Encoder, Encoding, Track};
use kiskadee_runner::JobError;
use kiskadee_shared::format::ResponseFormat;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{
    address::{Address, Come},
    args::FileResult,
    recording::{
        BINARY, MAX_BYTES, MAX_SECONDS, decoded_long, digest, digest_of, no_scratch, refusal,
        store, store_file, unfit,
    },
    segment::unwritten,
};

/// A part ends behind so many seconds,
const AIM_SECONDS: u64 = 1500;
/// at the quietest place of so many more.
const LOOK_SECONDS: u64 = 120;
/// As long as a pause between sentences, as a share of a second.
const PAUSES_PER_SECOND: u64 = 4;
const CHUNK_SECONDS: u64 = 10;

/// The recordings of a file that came; or why it cannot be used.
pub(super) async fn take(
    address: &Address<'_>,
    url: &str,
    come: &Come,
) -> Result<Result<Vec<FileResult>, String>, JobError> {
    let limits = &address.workshop.downloads.limits;
    let heard = decoded_long(address.workshop, &come.path, limits.seconds + 1.0).await;
    let track = match refusal(heard)? {
        Ok(track) => track,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Some(reason) = unfit(track.seconds(), track.peak, limits.seconds) {
        return Ok(Err(reason));
    }
    let source = source(address, url);
    if track.seconds() <= MAX_SECONDS && come.bytes <= MAX_BYTES {
        return Ok(Ok(vec![whole(address, come, &track, source).await?]));
    }
    let ranges = ranges(&track).map_err(|error| no_scratch(&error))?;
    let mut files = Vec::with_capacity(ranges.len());
    for (index, range) in ranges.into_iter().enumerate() {
        let file = FileResult {
            filename: format!("{} ({})", come.name, index + 1),
            source: Some(source.clone()),
            ..part(address, &track, range).await?
        };
        files.push(file);
    }
    Ok(Ok(files))
}

/// Where it is from and by what right, as it stands beside each recording.
fn source(address: &Address<'_>, url: &str) -> Value {
    json!({
        "kind": "url",
        "url": url,
        "rights": address.args.rights,
        "declared_at": address.args.declared_at,
    })
}

async fn whole(
    address: &Address<'_>,
    come: &Come,
    track: &Track,
    source: Value,
) -> Result<FileResult, JobError> {
    let (file_id, key) = place(address);
    let (sha256, bytes) = digest_of(&come.path).map_err(|error| no_scratch(&error))?;
    store_file(&address.workshop.store, &key, BINARY, &come.path).await?;
    let file = FileResult {
        file_id,
        filename: come.name.clone(),
        key: Some(key),
        bytes,
        sha256: Some(sha256),
        source: Some(source),
        ..FileResult::default()
    };
    Ok(file.judged(Ok((track.seconds(), track.sample_rate))))
}

async fn part(
    address: &Address<'_>,
    track: &Track,
    range: Range<u64>,
) -> Result<FileResult, JobError> {
    let seconds = (range.end - range.start) as f64 / f64::from(track.sample_rate);
    let written = encoded(address, track, range).await?;
    let (file_id, key) = place(address);
    let file: &NamedTempFile = &written.file;
    let (sha256, bytes) = digest(file).map_err(|error| no_scratch(&error))?;
    store(&address.workshop.store, &key, "audio/flac", file).await?;
    let file = FileResult {
        file_id,
        key: Some(key),
        bytes,
        sha256: Some(sha256),
        ..FileResult::default()
    };
    Ok(file.judged(Ok((seconds, track.sample_rate))))
}

/// As FLAC, of which no more than a few seconds are in memory at once.
async fn encoded(
    address: &Address<'_>,
    track: &Track,
    range: Range<u64>,
) -> Result<Encoded, JobError> {
    let chunk = CHUNK_SECONDS * u64::from(track.sample_rate);
    let starts = range
        .clone()
        .step_by(usize::try_from(chunk).unwrap_or(usize::MAX));
    let pieces = starts.map(|start| track.read(start..(start + chunk).min(range.end)));
    let workshop = address.workshop;
    let encoder = Encoder::new(workshop.ffmpeg.to_string_lossy(), &workshop.scratch);
    let encoding = Encoding {
        format: ResponseFormat::Flac,
        sample_rate: track.sample_rate,
        stretch: 1.0,
    };
    let written = encoder.encode(encoding, stream::iter(pieces)).await;
    written.map_err(unwritten)
}

fn place(address: &Address<'_>) -> (Uuid, String) {
    let file = Uuid::now_v7();
    let (dataset, token) = (address.args.dataset_id.simple(), address.attempt.token);
    (
        file,
        format!("datasets/{dataset}/{token}/{}", file.simple()),
    )
}

/// The parts of a recording, in samples: none longer than a dataset takes.
fn ranges(track: &Track) -> io::Result<Vec<Range<u64>>> {
    let rate = u64::from(track.sample_rate);
    let most = MAX_SECONDS as u64 * rate;
    let (mut ranges, mut start) = (Vec::new(), 0);
    while track.samples - start > most {
        let from = start + AIM_SECONDS * rate;
        let heard = track.read(from..from + LOOK_SECONDS * rate)?;
        let end = from + quietest(&heard, (rate / PAUSES_PER_SECOND) as usize) as u64;
        ranges.push(start..end);
        start = end;
    }
    ranges.push(start..track.samples);
    Ok(ranges)
}

/// The middle of the stretch of `length` samples with the least power.
fn quietest(samples: &[f32], length: usize) -> usize {
    let power = |stretch: &[f32]| stretch.iter().map(|sample| sample * sample).sum::<f32>();
    let stretches = samples.chunks_exact(length.max(1)).map(power).enumerate();
    let least = stretches.min_by(|(_, a), (_, b)| a.total_cmp(b));
    least.map_or(0, |(index, _)| index * length + length / 2)
}

/// Whether a path is where a ZIP lies.
pub(super) fn is_zip_at(path: &Path) -> bool {
    std::fs::File::open(path).is_ok_and(|file| super::archive::is_zip(&file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_it_is_quiet() {
        let mut samples = vec![0.5; 1000];
        samples[600..700].fill(0.01);
        assert_eq!(quietest(&samples, 100), 650);
        assert_eq!(quietest(&[], 100), 0);
    }
}
