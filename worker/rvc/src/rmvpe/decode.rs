//! From how likely each pitch is to the pitch.

use super::PITCHES;

/// Where the first pitch lies, in cents over 10 Hz, and how far the others are apart.
const FIRST: f64 = 1_997.379_408_437_619;
const STEP: f64 = 20.0;
/// Pitches to each side of the likeliest that count.
const AROUND: usize = 4;
/// At or below which nobody sings.
const THRESHOLD: f32 = 0.03;

/// Rows of likelihoods to pitches in Hz; 0 where there is none.
pub(crate) fn decode(salience: &[f32]) -> Vec<f32> {
    salience.chunks_exact(PITCHES).map(pitch).collect()
}

fn pitch(row: &[f32]) -> f32 {
    let mut likeliest = (0, 0.0_f32);
    for (number, value) in row.iter().enumerate() {
        if *value > likeliest.1 {
            likeliest = (number, *value);
        }
    }
    let (centre, value) = likeliest;
    if value <= THRESHOLD {
        return 0.0;
    }
    let first = centre.saturating_sub(AROUND);
    let last = (centre + AROUND + 1).min(PITCHES);
    let (mut weights, mut sum) = (0.0, 0.0);
    for (number, value) in (first..last).zip(&row[first..last]) {
        let weight = f64::from(*value);
        weights += weight;
        sum += weight * (FIRST + STEP * number as f64);
    }
    (10.0 * (sum / weights / 1200.0).exp2()) as f32
}
