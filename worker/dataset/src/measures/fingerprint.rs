//! How a segment sounds, coarsely, so that a copy of it is known again although it was packed, made louder or cut a little elsewhere.
//!
//! After Haitsma and Kalker (A Highly Robust Audio Fingerprinting System, 2002), with fewer bands and a longer step: of each frame the signs of
//! how the energies of neighbouring bands have changed against each other.

use std::fmt::Write as _;

use std::collections::HashMap;

use kiskadee_dsp::{DspError, PowerSpectrum, Window};
use serde::{Deserialize, Serialize};

/// Hz, of the samples that are looked at.
const SAMPLE_RATE: u32 = 16_000;
const SIZE: usize = 4096;
/// 50 ms.
const HOP: usize = 800;
/// A change is looked at over so many frames: over one it would hang on where the frames happen to begin.
const STEP: usize = 2;
const BANDS: usize = 17;
const LOWEST_HZ: f32 = 300.0;
const HIGHEST_HZ: f32 = 2800.0;
/// A frame so far below the loudest says nothing (−40 dB).
const QUIET: f32 = 1e-4;

/// Bits in which a copy may differ; what is not one differs in about half.
pub const MOST_DIFFERENT: f64 = 0.32;
/// Frames that are compared at least: a second.
const LEAST_FRAMES: usize = 20;
/// Frames of the shorter one that lie beside those of the other.
const LEAST_SHARE: f64 = 0.6;
/// Equal frames at one distance that make two segments worth a comparison.
const LEAST_HITS: u16 = 3;
/// Segments that are kept for one frame: a frame that many have tells them not apart.
const MOST_PLACES: usize = 300;

/// 16 bits for each 50 ms; 0 where it is quiet. Written as hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(Vec<u16>);

/// This is no fingerprint.
#[derive(Debug, thiserror::Error)]
#[error("a fingerprint is four hexadecimal digits for each frame")]
pub struct NoFingerprint;

impl TryFrom<String> for Fingerprint {
    type Error = NoFingerprint;

    fn try_from(text: String) -> Result<Self, NoFingerprint> {
        let (frames, rest) = text.as_bytes().as_chunks::<4>();
        if !rest.is_empty() {
            return Err(NoFingerprint);
        }
        let frame = |digits: &[u8; 4]| {
            let digits = std::str::from_utf8(digits).map_err(|_| NoFingerprint)?;
            u16::from_str_radix(digits, 16).map_err(|_| NoFingerprint)
        };
        frames.iter().map(frame).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        let mut digits = String::with_capacity(4 * fingerprint.0.len());
        for frame in &fingerprint.0 {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{frame:04x}");
        }
        digits
    }
}

impl Fingerprint {
    /// Of samples at 16 kHz; none of what is too short to be known again.
    pub(super) fn of(samples: &[f32]) -> Result<Option<Self>, DspError> {
        if samples.len() < SAMPLE_RATE as usize {
            return Ok(None);
        }
        let mut bands: Vec<[f32; BANDS]> = Vec::new();
        PowerSpectrum::new(SIZE, Window::Hann, SIZE, HOP)
            .each_frame(samples, |_, power| bands.push(energies(power)))?;
        let loudness = |bands: &[f32; BANDS]| bands.iter().sum::<f32>();
        let loudest = bands.iter().map(loudness).fold(0.0, f32::max);
        let frames = bands.windows(STEP + 1).map(|frames| {
            let (before, now) = (&frames[0], &frames[STEP]);
            if loudness(now) < loudest * QUIET || loudness(before) < loudest * QUIET {
                return 0;
            }
            bits(before, now)
        });
        Ok(Some(Self(frames.collect())))
    }

    /// The share of bits in which two differ where the other begins `later` frames behind this one; none where too little lies side by side.
    fn differs(&self, other: &Self, later: isize) -> Option<f64> {
        let start = later.max(0) as usize;
        let theirs = (-later).max(0) as usize;
        let pairs = self.0.get(start..)?.iter().zip(other.0.get(theirs..)?);
        let told = pairs.filter(|(a, b)| **a != 0 && **b != 0);
        let (mut bits, mut frames) = (0, 0);
        for (a, b) in told {
            bits += (a ^ b).count_ones();
            frames += 1;
        }
        let shorter = self.told().min(other.told());
        let is_enough = frames >= LEAST_FRAMES && frames as f64 >= LEAST_SHARE * shorter as f64;
        is_enough.then(|| f64::from(bits) / (16 * frames) as f64)
    }

    fn told(&self) -> usize {
        self.0.iter().filter(|frame| **frame != 0).count()
    }
}

fn energies(power: &[f32]) -> [f32; BANDS] {
    let edge = |band: usize| {
        let share = band as f32 / BANDS as f32;
        let hertz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(share);
        (hertz * SIZE as f32 / SAMPLE_RATE as f32) as usize
    };
    std::array::from_fn(|band| power[edge(band)..edge(band + 1)].iter().sum::<f32>() + 1e-12)
}

fn bits(before: &[f32; BANDS], now: &[f32; BANDS]) -> u16 {
    let change = |band: usize| (now[band] / before[band]).ln();
    let bits = (0..BANDS - 1).fold(0, |bits, band| {
        bits << 1 | u16::from(change(band) > change(band + 1))
    });
    // 0 is for quiet frames.
    bits.max(1)
}

/// For each of a list whether one before it sounds the same.
pub fn near_copies(fingerprints: &[Option<&Fingerprint>]) -> Vec<bool> {
    let mut places: HashMap<u16, Vec<(usize, usize)>> = HashMap::new();
    let mut found = Vec::with_capacity(fingerprints.len());
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        let Some(fingerprint) = fingerprint else {
            found.push(false);
            continue;
        };
        let is_copy = candidates(fingerprint, &places)
            .into_iter()
            .any(|(other, later)| {
                let other = fingerprints[other].and_then(|other| fingerprint.differs(other, later));
                other.is_some_and(|share| share < MOST_DIFFERENT)
            });
        found.push(is_copy);
        let told = fingerprint
            .0
            .iter()
            .enumerate()
            .filter(|(_, frame)| **frame != 0);
        for (place, frame) in told {
            let there = places.entry(*frame).or_default();
            if there.len() < MOST_PLACES {
                there.push((index, place));
            }
        }
    }
    found
}

/// Which may be the same, and how many frames later they begin.
fn candidates(
    fingerprint: &Fingerprint,
    places: &HashMap<u16, Vec<(usize, usize)>>,
) -> Vec<(usize, isize)> {
    let mut hits: HashMap<(usize, isize), u16> = HashMap::new();
    for (place, frame) in fingerprint.0.iter().enumerate() {
        for (other, there) in places.get(frame).into_iter().flatten() {
            let later = place.cast_signed() - there.cast_signed();
            *hits.entry((*other, later)).or_default() += 1;
        }
    }
    let near = hits.into_iter().filter(|(_, hits)| *hits >= LEAST_HITS);
    near.map(|(candidate, _)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_and_read() {
        let fingerprint = Fingerprint(vec![0, 1, 0xabcd]);
        let text = String::from(fingerprint.clone());
        assert_eq!(text, "00000001abcd");
        assert_eq!(Fingerprint::try_from(text).unwrap(), fingerprint);
        assert!(Fingerprint::try_from("123".to_owned()).is_err());
        assert!(Fingerprint::try_from("12ü".to_owned()).is_err());
    }

    #[test]
    fn what_is_cut_elsewhere_is_found() {
        let frame = |place: u32| (place.wrapping_mul(2_654_435_761) >> 16) as u16 | 1;
        let frames = |range: std::ops::Range<u32>| Fingerprint(range.map(frame).collect());
        let all = [
            frames(0..60),
            frames(5..60),
            frames(500..560),
            frames(560..570),
        ];
        let all: Vec<_> = all.iter().map(Some).collect();
        assert_eq!(near_copies(&all), [false, true, false, false]);
        assert_eq!(near_copies(&[None, all[0], None]), [false; 3]);
    }
}
