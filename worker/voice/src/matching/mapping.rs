//! Frames of one voice to frames of another.

use std::f32::consts::PI;

use super::pitch::PitchLine;
use super::symmetric::{Matrix, SIZE, transport};
use super::{Options, Source};
use crate::analysis::{unwarp, warp};
use crate::speaker::Moments;
use crate::vocoder::SCALE;
use crate::{MEL_CEPSTRUM, SAMPLE_RATE, VocoderFrames};

/// Added to both covariances, of their mean variance: directions in which voices hardly move say nothing.
const REGULARIZATION: f64 = 0.15;
/// Frames of the source that count as much as knowing nothing of its manner of moving (2 s).
const PRIOR_FRAMES: f64 = 400.0;
/// Hz between which the mean shift of unvoiced frames falls to a half: the colour of hiss is the consonant's, not the speaker's.
const HISS: (f32, f32) = (3500.0, 4500.0);
/// How far below the loudest twentieth nobody speaks, in nepers (30 dB).
const PAUSE_DEPTH: f32 = 3.5;
/// ln of the RMS that the loudest twentieth may have (-18 dB): the vocoder's pulses have peaks that a natural voice has not, and a limiter
/// would bend the spectrum.
const LOUDEST: f32 = -2.07;
/// Points at which spectra are looked at.
const POINTS: usize = 64;

type Row = [f32; SIZE];

/// Where the frames of one voice go.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    source: Row,
    target: Row,
    /// On the distance from the source's mean.
    matrix: [Row; SIZE],
    /// Of unvoiced frames.
    shift: Row,
    pitch: PitchLine,
    /// Added to every `c0`: the two mean spectra are not equally loud, and the loudest frames need room.
    gain: f32,
    /// The `c0` below which nobody speaks.
    pause: f32,
    loudness: Loudness,
}

impl Mapping {
    pub(super) fn new(source: &Source, target: &Moments, options: &Options) -> Self {
        let (from, to) = (without_first(&source.mean), without_first(&target.mean));
        let loudness = Loudness::new();
        Self {
            gain: gain(&loudness, source.loud, &from, &to),
            pause: source.loud - PAUSE_DEPTH,
            loudness,
            matrix: matrix(source, target, options.similarity),
            shift: halve_hiss(&std::array::from_fn(|i| to[i] - from[i])),
            source: from,
            target: to,
            pitch: PitchLine::new(source, target, options.pitch),
        }
    }

    /// Strengths and length stay, and so does `c0` but for one gain; no pause becomes louder.
    pub(super) fn apply(&self, frames: &mut VocoderFrames) {
        for (f0, cepstrum) in frames.f0.iter_mut().zip(&mut frames.mel_cepstrum) {
            let before = without_first(cepstrum);
            let after = if *f0 > 0.0 {
                self.voiced(&before)
            } else {
                std::array::from_fn(|i| before[i] + self.shift[i])
            };
            let mut gain = self.gain;
            if cepstrum[0] < self.pause {
                gain = gain.min(self.loudness.of(&before) - self.loudness.of(&after));
            }
            cepstrum[0] += gain;
            cepstrum[1..].copy_from_slice(&after);
            *f0 = self.pitch.map(*f0);
        }
    }

    pub(super) fn pitch(&self) -> PitchLine {
        self.pitch
    }

    fn voiced(&self, before: &Row) -> Row {
        let distance: Row = std::array::from_fn(|i| before[i] - self.source[i]);
        std::array::from_fn(|row| {
            let weighted = self.matrix[row].iter().zip(&distance).map(|(a, b)| a * b);
            self.target[row] + weighted.sum::<f32>()
        })
    }
}

/// What makes both mean spectra equally loud, as far as there is room.
fn gain(loudness: &Loudness, loud: f32, from: &Row, to: &Row) -> f32 {
    let level = loud + SCALE.ln() + loudness.of(to);
    (loudness.of(from) - loudness.of(to)).min(LOUDEST - level)
}

fn without_first(cepstrum: &[f32; MEL_CEPSTRUM]) -> Row {
    std::array::from_fn(|i| cepstrum[i + 1])
}

/// Between staying as it is and the transport of the source's covariance to the target's.
fn matrix(source: &Source, target: &Moments, similarity: f32) -> [Row; SIZE] {
    let target = regularized(&inner(&target.covariance));
    let heard = regularized(&inner(&source.covariance));
    let known = source.frames as f64 / (source.frames as f64 + PRIOR_FRAMES);
    let source = combine(&heard, known, &target, 1.0 - known);
    let full = transport(&source, &target);
    let similarity = f64::from(similarity);
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let stay = if row == column { 1.0 - similarity } else { 0.0 };
            (stay + similarity * full[row][column]) as f32
        })
    })
}

fn inner(covariance: &[[f32; MEL_CEPSTRUM]; MEL_CEPSTRUM]) -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|c| f64::from(covariance[row + 1][c + 1])))
}

fn regularized(covariance: &Matrix) -> Matrix {
    let mean = (0..SIZE).map(|i| covariance[i][i]).sum::<f64>() / SIZE as f64;
    let mut sum = *covariance;
    for (index, row) in sum.iter_mut().enumerate() {
        row[index] += REGULARIZATION * mean.max(1e-6);
    }
    sum
}

fn combine(a: &Matrix, of_a: f64, b: &Matrix, of_b: f64) -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|c| of_a * a[row][c] + of_b * b[row][c]))
}

/// A difference of two spectra, half as large where hiss is.
fn halve_hiss(shift: &Row) -> Row {
    let mut halved = [0.0; SIZE];
    for point in 0..POINTS {
        let warped = (point as f32 + 0.5) * PI / POINTS as f32;
        let hertz = unwarp(warped) / PI * SAMPLE_RATE as f32 / 2.0;
        let beyond = ((hertz - HISS.0) / (HISS.1 - HISS.0)).clamp(0.0, 1.0);
        let wave = |order: usize| ((order + 1) as f32 * warped).cos();
        let value: f32 = (0..SIZE).map(|order| shift[order] * wave(order)).sum();
        for (order, sum) in halved.iter_mut().enumerate() {
            *sum += value * (1.0 - 0.5 * beyond) * wave(order) * 2.0 / POINTS as f32;
        }
    }
    halved
}

/// How loud spectra of the same `c0` are.
#[derive(Debug, Clone)]
struct Loudness(Vec<Row>);

impl Loudness {
    fn new() -> Self {
        let points = (0..POINTS).map(|point| {
            let warped = warp((point as f32 + 0.5) * PI / POINTS as f32);
            std::array::from_fn(|order| ((order + 1) as f32 * warped).cos())
        });
        Self(points.collect())
    }

    /// Half of ln of the mean power, in nepers.
    fn of(&self, cepstrum: &Row) -> f32 {
        let powers = self.0.iter().map(|cosines| {
            let log: f32 = cosines.iter().zip(cepstrum).map(|(a, b)| a * b).sum();
            (2.0 * log.clamp(-20.0, 20.0)).exp()
        });
        0.5 * (powers.sum::<f32>() / POINTS as f32).ln()
    }
}
