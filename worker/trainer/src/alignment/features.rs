//! What of a frame tells phones apart: the lower part of its spectrum's shape and how that moves.

use kiskadee_voice::{MEL_CEPSTRUM, VocoderFrames};

/// Coefficients of the mel-cepstrum that are looked at.
const COEFFICIENTS: usize = 13;
/// Values of a frame.
pub(super) const WIDTH: usize = 2 * COEFFICIENTS;
/// Slopes are small beside the values that they are slopes of.
const SLOPE_WEIGHT: f32 = 3.0;

/// `[frame][WIDTH]`
pub(super) type Features = Vec<[f32; WIDTH]>;

/// Coefficients in units of their deviation within the recording, so that neither loudness nor the microphone counts, then their slopes over
/// five frames.
pub(super) fn features(frames: &VocoderFrames) -> Features {
    let standard = standardized(&frames.mel_cepstrum);
    let last = standard.len().saturating_sub(1);
    let frame = |index: usize, value: &[f32; COEFFICIENTS]| {
        let at = |offset: isize| {
            let place = index.saturating_add_signed(offset).min(last);
            standard.get(place).unwrap_or(value)
        };
        let mut row = [0.0; WIDTH];
        row[..COEFFICIENTS].copy_from_slice(value);
        for (order, slope) in row[COEFFICIENTS..].iter_mut().enumerate() {
            let near = at(1)[order] - at(-1)[order];
            let far = at(2)[order] - at(-2)[order];
            *slope = SLOPE_WEIGHT * (near + 2.0 * far) / 10.0;
        }
        row
    };
    let rows = standard.iter().enumerate();
    rows.map(|(index, value)| frame(index, value)).collect()
}

fn standardized(cepstrum: &[[f32; MEL_CEPSTRUM]]) -> Vec<[f32; COEFFICIENTS]> {
    let count = cepstrum.len().max(1) as f32;
    let moments: [(f32, f32); COEFFICIENTS] = std::array::from_fn(|order| {
        let mean = cepstrum.iter().map(|row| row[order]).sum::<f32>() / count;
        let squares = cepstrum.iter().map(|row| (row[order] - mean).powi(2));
        (mean, (squares.sum::<f32>() / count).sqrt() + 1e-3)
    });
    let row = |row: &[f32; MEL_CEPSTRUM]| {
        std::array::from_fn(|order| (row[order] - moments[order].0) / moments[order].1)
    };
    cepstrum.iter().map(row).collect()
}
