//! Cuts recordings into segments, measures each, and stores them as FLAC at the rate of their recording.

use std::{collections::BTreeMap, convert::Infallible, ops::Range, sync::Arc};

use candle_core::Device;
use futures::stream;
use kiskadee_dataset::{
    Reason,
    measures::{Bounds, Measures, measure, reasons},
    vad::{SAMPLE_RATE, SpeechDetector},
};
use kiskadee_media::{EncodeError, Encoder, Encoding, Track};
use kiskadee_runner::{Attempt, JobError, Made};
use kiskadee_shared::format::ResponseFormat;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    MOST_TOLD,
    args::{
        BoundsArgs, CutOptions, FileArgs, FileResult, Judgement, Refused, SegmentArgs,
        SegmentResult, StepResult,
    },
    computed,
    cut::{Cuts, cut},
    import::told,
    notes::{Notes, Stored},
    recording::{Unusable, fetch, hear, no_scratch, refusal, resampled, store},
};
use crate::family::Workshop;

/// A person could not look through more, and the answer of the job would be too long.
const MOST_SEGMENTS: usize = 20_000;
const SECONDS_OF_AN_HOUR: f64 = 3600.0;

#[derive(Debug, Default, Serialize)]
struct Summary {
    segments: usize,
    hours: f64,
    rejected: BTreeMap<Reason, usize>,
    refused: Vec<Refused>,
    /// Recordings with words that are too long for one segment.
    cut_apart: Vec<String>,
}

pub(super) async fn segment(
    workshop: &Workshop,
    attempt: &Attempt,
    args: SegmentArgs,
) -> Result<Made, JobError> {
    attempt.progress.enter("cutting");
    if let Some(bounds) = &args.bounds {
        return recut(workshop, attempt, &args, bounds).await;
    }
    let mut notes = Notes::read(workshop, attempt).await?;
    let detector = SpeechDetector::built_in(&Device::Cpu);
    let detector = detector.map_err(|error| JobError::Retry(error.to_string()))?;
    let mut cutting = Cutting {
        workshop,
        attempt,
        options: args.options,
        dataset: args.dataset_id,
        detector: Some(Arc::new(detector)),
        result: StepResult {
            summary: Summary::default(),
            files: Vec::new(),
            segments: Vec::new(),
            recut: false,
        },
    };
    for (index, file) in args.files.iter().enumerate() {
        let place = format!("file:{}", file.file_id);
        let cut = if let Some(cut) = notes.take(&place) {
            cut
        } else {
            let cut = cutting.take(file).await?;
            notes.write(&place, &cut, &cut.stored()).await?;
            cut
        };
        cutting.add(file, cut)?;
        told(attempt, index + 1, args.files.len());
    }
    Made::new(&cutting.finished(), None)
}

/// What one recording was cut into.
#[derive(Debug, Serialize, Deserialize)]
struct Cut {
    file: FileResult,
    segments: Vec<SegmentResult>,
    /// Why there are none.
    refused: Option<String>,
    /// It had words, which are those of no single segment.
    parted: bool,
}

impl Cut {
    fn refused(file: FileResult, reason: String) -> Self {
        Self {
            file,
            segments: Vec::new(),
            refused: Some(reason),
            parted: false,
        }
    }

    fn stored(&self) -> Vec<Stored> {
        let stored = self.segments.iter().map(|segment| Stored {
            key: segment.key.clone(),
            bytes: segment.bytes,
        });
        stored.collect()
    }
}

/// Cuts one segment anew, where a person wants it.
async fn recut(
    workshop: &Workshop,
    attempt: &Attempt,
    args: &SegmentArgs,
    bounds: &BoundsArgs,
) -> Result<Made, JobError> {
    let [file] = &args.files[..] else {
        return Err(JobError::Reject("names no single recording".to_owned()));
    };
    let mut cutting = Cutting {
        workshop,
        attempt,
        options: args.options.clone(),
        dataset: args.dataset_id,
        detector: None,
        result: StepResult {
            summary: Summary::default(),
            files: Vec::new(),
            segments: Vec::new(),
            recut: true,
        },
    };
    let track = refusal(cutting.heard(file).await)?;
    let track =
        track.map_err(|reason| JobError::Reject(format!("`{}` {reason}", file.filename)))?;
    let seconds = bounds.start_seconds..bounds.end_seconds.min(track.seconds());
    let segment = cutting.piece(file, &track, seconds, bounds.text.clone());
    let segment = SegmentResult {
        segment_id: bounds.segment_id,
        ..segment.await?
    };
    cutting.result.segments.push(segment);
    Made::new(&cutting.finished(), None)
}

struct Cutting<'a> {
    workshop: &'a Workshop,
    attempt: &'a Attempt,
    options: CutOptions,
    dataset: Uuid,
    /// None where it is known where to cut.
    detector: Option<Arc<SpeechDetector>>,
    result: StepResult<Summary>,
}

impl Cutting<'_> {
    async fn heard(&self, file: &FileArgs) -> Result<Track, Unusable> {
        let fetched = fetch(self.workshop, &file.key).await?;
        hear(self.workshop, fetched.file.path()).await
    }

    async fn take(&self, file: &FileArgs) -> Result<Cut, JobError> {
        let begun = FileResult {
            file_id: file.file_id,
            filename: file.filename.clone(),
            ..FileResult::default()
        };
        let track = match refusal(self.heard(file).await)? {
            Ok(track) => track,
            Err(reason) => return Ok(Cut::refused(begun.judged(Err(reason.clone())), reason)),
        };
        let looked = begun.judged(Ok((track.seconds(), track.sample_rate)));
        let cuts = self.cuts(&track, file.text.is_some()).await?;
        if cuts.pieces.is_empty() {
            return Ok(Cut::refused(looked, "has no speech in it".to_owned()));
        }
        let parted = file.text.is_some() && cuts.pieces.len() > 1;
        let words = file.text.clone().filter(|_| cuts.is_whole);
        let mut segments = Vec::with_capacity(cuts.pieces.len());
        for piece in cuts.pieces {
            segments.push(self.piece(file, &track, piece, words.clone()).await?);
        }
        Ok(Cut {
            file: looked,
            segments,
            refused: None,
            parted,
        })
    }

    fn add(&mut self, file: &FileArgs, cut: Cut) -> Result<(), JobError> {
        let StepResult {
            summary,
            files,
            segments,
            ..
        } = &mut self.result;
        if let Some(reason) = cut.refused.filter(|_| summary.refused.len() < MOST_TOLD) {
            summary.refused.push(Refused {
                filename: file.filename.clone(),
                reason,
            });
        }
        if cut.parted && summary.cut_apart.len() < MOST_TOLD {
            summary.cut_apart.push(file.filename.clone());
        }
        files.push(cut.file);
        segments.extend(cut.segments);
        if segments.len() > MOST_SEGMENTS {
            return Err(JobError::Reject(format!(
                "the recordings make over {MOST_SEGMENTS} segments: cut some of them at a time (`files`)"
            )));
        }
        Ok(())
    }

    async fn cuts(&self, track: &Track, has_words: bool) -> Result<Cuts, JobError> {
        let samples = resampled(self.workshop, track, SAMPLE_RATE).await?;
        let (detector, options) = (self.detector.clone(), self.options.clone());
        computed(move || {
            let detector = detector.ok_or_else(|| JobError::Retry("nobody listens".to_owned()))?;
            let cuts = cut(&detector, &samples, &options, has_words);
            cuts.map_err(|error| JobError::Reject(error.to_string()))
        })
        .await
    }

    async fn piece(
        &self,
        file: &FileArgs,
        track: &Track,
        seconds: Range<f64>,
        text: Option<String>,
    ) -> Result<SegmentResult, JobError> {
        let place = |seconds: f64| (seconds * f64::from(track.sample_rate)).round() as u64;
        let samples = track.read(place(seconds.start)..place(seconds.end));
        let samples = samples.map_err(|error| no_scratch(&error))?;
        let (rate, bounds, words) = (track.sample_rate, self.bounds(), text.clone());
        let (samples, measures, judgement) = computed(move || {
            let (measures, judgement) = judged(&samples, rate, words.as_deref(), &bounds)?;
            Ok((samples, measures, judgement))
        })
        .await?;
        let segment_id = Uuid::now_v7();
        let (key, bytes) = self.stored(segment_id, samples, rate).await?;
        Ok(SegmentResult {
            segment_id,
            file_id: file.file_id,
            start_seconds: seconds.start,
            end_seconds: seconds.end,
            key,
            bytes,
            text_source: text.as_ref().and(file.text_source.clone()),
            text,
            judgement,
            measures,
        })
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            min_seconds: self.options.min_seconds,
            max_seconds: self.options.max_seconds,
        }
    }

    async fn stored(
        &self,
        segment: Uuid,
        samples: Vec<f32>,
        sample_rate: u32,
    ) -> Result<(String, u64), JobError> {
        let encoder = Encoder::new(
            self.workshop.ffmpeg.to_string_lossy(),
            &self.workshop.scratch,
        );
        let encoding = Encoding {
            format: ResponseFormat::Flac,
            sample_rate,
            stretch: 1.0,
        };
        let audio = stream::iter([Ok::<_, Infallible>(samples)]);
        let written = encoder.encode(encoding, audio).await.map_err(unwritten)?;
        let key = format!(
            "datasets/{}/{}/{}.flac",
            self.dataset.simple(),
            self.attempt.token,
            segment.simple()
        );
        store(&self.workshop.store, &key, "audio/flac", &written.file).await?;
        Ok((key, written.bytes))
    }

    fn finished(self) -> StepResult<Summary> {
        let mut result = self.result;
        let segments = &result.segments;
        result.summary.segments = segments.len();
        let seconds: f64 = segments
            .iter()
            .map(|segment| segment.end_seconds - segment.start_seconds)
            .sum();
        result.summary.hours = seconds / SECONDS_OF_AN_HOUR;
        for fault in segments
            .iter()
            .flat_map(|segment| &segment.judgement.faults)
        {
            *result.summary.rejected.entry(*fault).or_default() += 1;
        }
        result
    }
}

fn judged(
    samples: &[f32],
    rate: u32,
    text: Option<&str>,
    bounds: &Bounds,
) -> Result<(Measures, Judgement), JobError> {
    let measures = measure(samples, rate).map_err(|error| JobError::Retry(error.to_string()))?;
    let judgement = Judgement::of(reasons(&measures, text, bounds));
    Ok((measures, judgement))
}

pub(super) fn unwritten(error: EncodeError) -> JobError {
    match error {
        EncodeError::Scratch(error) => no_scratch(&error),
        error => JobError::Retry(error.to_string()),
    }
}
