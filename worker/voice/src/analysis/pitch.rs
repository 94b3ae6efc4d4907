//! The fundamental frequency: normalised cross-correlation and dynamic programming (RAPT; Talkin, 1995).
//!
//! Peaks of the correlation are a frame's candidates, being unvoiced is another; the cheapest path through all frames
//! tells which of them is right.

use super::correlation::{Correlator, FIRST_LAG, LAGS};
use crate::{HOP, SAMPLE_RATE};

/// Hz
pub(super) const LOWEST: f32 = 60.0;
pub(super) const HIGHEST: f32 = 500.0;

/// Candidates of a frame, besides being unvoiced.
const CANDIDATES: usize = 8;
/// Peaks below this are nobody's voice.
const LEAST_PEAK: f32 = 0.3;
/// Cost of an unvoiced frame without any correlation; raises and lowers how much is taken for voiced.
const UNVOICED: f32 = 0.18;
/// How much better the longest period must be than the shortest: its multiples correlate too.
const LONG_PERIODS: f32 = 0.25;
/// Cost of a change between voiced and unvoiced.
const CHANGE: f32 = 0.25;
/// Cost of a change of pitch by a factor of e, and what a jump by an octave may cost less.
const GLIDE: f32 = 1.0;
const OCTAVE: f32 = 0.35;

/// A state that a frame may be in.
#[derive(Debug, Clone, Copy)]
struct State {
    /// Samples; 0 if unvoiced.
    period: f32,
    /// Of the frame in this state.
    cost: f32,
    /// Of the whole way here.
    total: f32,
    /// Index of the state before.
    from: usize,
}

/// f0 in Hz of each frame, 0 where unvoiced; frame t lies at sample 80 (t + 1).
pub(super) fn track(samples: &[f32], frames: usize) -> Vec<f32> {
    let correlator = Correlator::new(samples);
    let mut columns: Vec<Vec<State>> = Vec::with_capacity(frames);
    for frame in 0..frames {
        let correlation = correlator.at((frame + 1) * HOP);
        let mut states = states(&correlation);
        if let Some(before) = columns.last() {
            join(&mut states, before);
        }
        columns.push(states);
    }
    trace(&columns)
}

fn states(correlation: &[f32; LAGS]) -> Vec<State> {
    let mut peaks: Vec<(f32, f32)> = (1..LAGS - 1)
        .filter(|i| {
            correlation[*i] > LEAST_PEAK
                && correlation[*i] >= correlation[i - 1]
                && correlation[*i] > correlation[i + 1]
        })
        .map(|i| interpolate(correlation, i))
        .collect();
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
    peaks.truncate(CANDIDATES);
    let best = peaks.first().map_or(0.0, |peak| peak.1);
    let unvoiced = (0.0, UNVOICED + best.max(0.0));
    let longest = SAMPLE_RATE as f32 / LOWEST;
    let voiced = peaks.into_iter().map(|(period, height)| {
        let cost = 1.0 - height * (1.0 - LONG_PERIODS * period / longest);
        (period, cost)
    });
    let all = std::iter::once(unvoiced).chain(voiced);
    all.map(|(period, cost)| State {
        period,
        cost,
        total: cost,
        from: 0,
    })
    .collect()
}

/// The place and height of the parabola through a peak and its neighbours.
fn interpolate(correlation: &[f32; LAGS], peak: usize) -> (f32, f32) {
    let [left, middle, right] = [peak - 1, peak, peak + 1].map(|i| correlation[i]);
    let bend = left - 2.0 * middle + right;
    let offset = if bend < 0.0 {
        0.5 * (left - right) / bend
    } else {
        0.0
    };
    let height = middle - 0.25 * (left - right) * offset;
    ((FIRST_LAG + peak) as f32 + offset, height.min(1.0))
}

fn join(states: &mut [State], before: &[State]) {
    for state in states {
        let ways = before
            .iter()
            .map(|last| last.total + transition(last.period, state.period))
            .enumerate();
        if let Some((from, cost)) = ways.min_by(|a, b| a.1.total_cmp(&b.1)) {
            state.from = from;
            state.total = cost + state.cost;
        }
    }
}

fn transition(from: f32, to: f32) -> f32 {
    match (from > 0.0, to > 0.0) {
        (true, true) => {
            let interval = (to / from).ln().abs();
            let octave = (interval - std::f32::consts::LN_2).abs();
            GLIDE * interval.min(OCTAVE + octave)
        }
        (false, false) => 0.0,
        _ => CHANGE,
    }
}

fn trace(columns: &[Vec<State>]) -> Vec<f32> {
    let cheapest = |column: &Vec<State>| {
        let totals = column.iter().enumerate();
        totals
            .min_by(|a, b| a.1.total.total_cmp(&b.1.total))
            .map_or(0, |(index, _)| index)
    };
    let mut index = columns.last().map_or(0, cheapest);
    let mut track: Vec<f32> = columns
        .iter()
        .rev()
        .map(|column| {
            let state = column[index];
            index = state.from;
            if state.period > 0.0 {
                SAMPLE_RATE as f32 / state.period
            } else {
                0.0
            }
        })
        .collect();
    track.reverse();
    track
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// Harmonics that fall off, of a voice whose f0 is given for each second.
    fn voice(f0: impl Fn(f32) -> f32, harmonics: u8) -> Vec<f32> {
        let mut phase = 0f32;
        (0..16_000u16)
            .map(|n| {
                let hertz = f0(f32::from(n) / 16_000.0);
                phase = (phase + hertz / 16_000.0).fract();
                (1..=harmonics)
                    .map(f32::from)
                    .filter(|h| h * hertz < 7000.0)
                    .map(|h| 0.1 / h * (TAU * h * phase).sin())
                    .sum()
            })
            .collect()
    }

    fn noise(count: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect()
    }

    #[test]
    fn finds_steady_and_gliding_voices() {
        for hertz in [65.0f32, 110.0, 220.0, 350.0, 480.0] {
            let track = track(&voice(|_| hertz, 20), 198);
            let wrong = track[3..195]
                .iter()
                .filter(|f| (**f / hertz).ln().abs() > 0.01);
            assert_eq!(wrong.count(), 0, "{hertz}: {:?}", &track[..40]);
        }
        let glide = |t: f32| 100.0 + 150.0 * t;
        let track = track(&voice(glide, 30), 198);
        for (frame, f0) in track.iter().enumerate().take(190).skip(5) {
            let wanted = glide((frame + 1) as f32 * 0.005);
            assert!((f0 / wanted).ln().abs() < 0.02, "{frame}: {f0} {wanted}");
        }
    }

    #[test]
    fn noise_and_silence_are_unvoiced() {
        let quiet = track(&vec![0.0; 16_000], 200);
        assert!(quiet.iter().all(|f| *f == 0.0));
        let voiced = track(&noise(16_000), 200)
            .iter()
            .filter(|f| **f > 0.0)
            .count();
        assert!(voiced < 10, "{voiced}");
    }

    #[test]
    fn a_voice_is_found_in_noise() {
        let noisy: Vec<f32> = voice(|_| 150.0, 20)
            .iter()
            .zip(noise(16_000))
            .map(|(v, n)| v + 0.03 * n)
            .collect();
        let track = track(&noisy, 198);
        let right = track.iter().filter(|f| (**f / 150.0).ln().abs() < 0.02);
        assert!(right.count() > 185);
    }
}
