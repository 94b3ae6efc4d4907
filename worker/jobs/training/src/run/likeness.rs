//! How near a voice is to the recordings of a dataset: by the statistics of both, whatever is said.

use std::sync::Arc;

use kiskadee_media::{DecodeError, Decoder};
use kiskadee_runner::JobError;
use kiskadee_storage::StoreError;
use kiskadee_voice::{
    MEL_CEPSTRUM, SAMPLE_RATE, VocoderFrames, analysis::analyze, speaker::Moments,
};
use tempfile::NamedTempFile;

use super::{
    compute,
    measures::DECIBELS,
    objects::{fetch, no_scratch},
};
use crate::family::Workshop;

/// Seconds of a clip that are listened to.
const OF_A_CLIP: f64 = 15.0;
const CENTS_OF_AN_E: f64 = 1200.0 / std::f64::consts::LN_2;

/// How a voice differs from recordings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    /// Of the long-term spectra, loudness left out.
    pub(super) spectrum_db: f64,
    /// The voice's median pitch above that of the recordings.
    pub(super) pitch_cents: f64,
}

/// The statistics of clips; none where too little is said in those that are still there.
pub(super) async fn recorded(
    workshop: &Workshop,
    keys: &[String],
) -> Result<Option<Arc<Moments>>, JobError> {
    let mut clips = Vec::with_capacity(keys.len());
    for key in keys {
        clips.extend(clip(workshop, key).await?);
    }
    let pooled = compute(move || {
        let moments = clips
            .iter()
            .map(|samples| Moments::measure(&analyze(samples)));
        let moments: Vec<Moments> = moments.filter_map(Result::ok).collect();
        Moments::pool(&moments).map(Arc::new)
    });
    pooled.await
}

/// None of a clip that has been deleted or cannot be read any more.
async fn clip(workshop: &Workshop, key: &str) -> Result<Option<Vec<f32>>, JobError> {
    if let Err(StoreError::Missing(_)) = workshop.store.read(key, None).await {
        return Ok(None);
    }
    let bytes = fetch(&workshop.store, key, "a clip of the dataset").await?;
    let file = NamedTempFile::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    tokio::fs::write(file.path(), &bytes)
        .await
        .map_err(|error| no_scratch(&error))?;
    let decoder = Decoder::new(workshop.ffmpeg.to_string_lossy());
    match decoder.decode(file.path(), SAMPLE_RATE, OF_A_CLIP).await {
        Ok(sound) => Ok(Some(sound.samples)),
        Err(DecodeError::Unreadable(_) | DecodeError::Slow(_)) => Ok(None),
        Err(other) => Err(JobError::Retry(other.to_string())),
    }
}

/// None where a voice says too little.
pub(super) fn distance(spoken: &VocoderFrames, recorded: &Moments) -> Option<Distance> {
    let spoken = Moments::measure(spoken).ok()?;
    let difference = |order: usize| f64::from(spoken.mean[order] - recorded.mean[order]);
    let squares: f64 = (1..MEL_CEPSTRUM)
        .map(|order| difference(order).powi(2))
        .sum();
    Some(Distance {
        spectrum_db: DECIBELS * squares.sqrt(),
        pitch_cents: CENTS_OF_AN_E * f64::from(spoken.log_pitch - recorded.log_pitch),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(hz: f32) -> VocoderFrames {
        let sample = |n: u32| {
            let phase = (n as f32 * hz / 16_000.0).fract();
            0.3 * (2.0 * phase - 1.0)
        };
        analyze(&(0..24_000).map(sample).collect::<Vec<f32>>())
    }

    #[test]
    fn the_same_voice_is_near_and_a_fourth_is_500_cents() {
        let (low, high) = (sound(120.0), sound(160.0));
        let recorded = Moments::measure(&low).unwrap();
        let same = distance(&low, &recorded).unwrap();
        assert!(
            same.spectrum_db < 1e-6 && same.pitch_cents.abs() < 1e-6,
            "{same:?}"
        );
        let other = distance(&high, &recorded).unwrap();
        assert!((other.pitch_cents - 498.0).abs() < 20.0, "{other:?}");
        assert!(other.spectrum_db > same.spectrum_db);
        assert_eq!(distance(&VocoderFrames::default(), &recorded), None);
    }
}
