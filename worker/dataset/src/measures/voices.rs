//! Whether one voice speaks or two: where pitch and timbre before a place differ from those behind it far more than they vary on each side.

use kiskadee_voice::{VocoderFrames, analysis::analyze};
use serde::{Deserialize, Serialize};

/// Of the mel-cepstrum, behind the loudness.
const TIMBRE: usize = 12;
const FEATURES: usize = TIMBRE + 1;
/// Voiced frames of 5 ms on each side of a place: 0.8 s.
const LEAST_FRAMES: usize = 160;
/// The strongest frames tell a voice; what is fainter than their middle by so much is left out (in the cepstrum's nepers).
const FAINT: f32 = 3.0;

/// What a voice is like in a segment, by its voiced frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceLook {
    /// The middle one, in Hz.
    pub pitch_hz: f64,
    /// Between-voices variance in the variance within, at the place where it is greatest: how much two voices explain.
    pub two_voices: f64,
}

/// Of samples at 16 kHz; none where too little is voiced.
pub(super) fn look(samples: &[f32]) -> Option<VoiceLook> {
    let frames = features(&analyze(samples));
    if frames.len() < 2 * LEAST_FRAMES {
        return None;
    }
    let mut pitches: Vec<f64> = frames.iter().map(|frame| frame[0]).collect();
    pitches.sort_by(f64::total_cmp);
    Some(VoiceLook {
        pitch_hz: pitches[pitches.len() / 2].exp2(),
        two_voices: parted(&frames),
    })
}

/// Pitch in octaves, and timbre, of the frames that are voiced and not faint.
fn features(frames: &VocoderFrames) -> Vec<[f64; FEATURES]> {
    let voiced = || {
        let frames = frames.f0.iter().zip(&frames.mel_cepstrum);
        frames.filter(|(f0, _)| **f0 > 0.0)
    };
    let mut loudness: Vec<f32> = voiced().map(|(_, cepstrum)| cepstrum[0]).collect();
    loudness.sort_by(f32::total_cmp);
    let middle = loudness
        .get(loudness.len() / 2)
        .copied()
        .unwrap_or_default();
    let heard = voiced().filter(|(_, cepstrum)| cepstrum[0] > middle - FAINT);
    let feature = |(f0, cepstrum): (&f32, &[f32; 25])| {
        std::array::from_fn(|place| match place {
            0 => f64::from(*f0).log2(),
            _ => f64::from(cepstrum[place]),
        })
    };
    heard.map(feature).collect()
}

/// The greatest share of variance that a place explains.
fn parted(frames: &[[f64; FEATURES]]) -> f64 {
    let count = frames.len();
    let all = Sums::of(frames);
    let mut before = Sums::default();
    let mut most = 0.0_f64;
    for (place, frame) in frames.iter().enumerate() {
        if (LEAST_FRAMES..=count - LEAST_FRAMES).contains(&place) {
            most = most.max(before.parted_from(&all.without(&before)));
        }
        before.add(frame);
    }
    most
}

#[derive(Debug, Clone, Default)]
struct Sums {
    count: f64,
    sums: [f64; FEATURES],
    squares: [f64; FEATURES],
}

impl Sums {
    fn of(frames: &[[f64; FEATURES]]) -> Self {
        let mut sums = Self::default();
        for frame in frames {
            sums.add(frame);
        }
        sums
    }

    fn add(&mut self, frame: &[f64; FEATURES]) {
        self.count += 1.0;
        for (place, value) in frame.iter().enumerate() {
            self.sums[place] += value;
            self.squares[place] += value * value;
        }
    }

    fn without(&self, part: &Self) -> Self {
        Self {
            count: self.count - part.count,
            sums: std::array::from_fn(|place| self.sums[place] - part.sums[place]),
            squares: std::array::from_fn(|place| self.squares[place] - part.squares[place]),
        }
    }

    /// The variance between two sides in the variance within them, summed over pitch and timbre.
    fn parted_from(&self, other: &Self) -> f64 {
        let count = self.count + other.count;
        let share = self.count * other.count / (count * count);
        let parted = |place: usize| {
            let spread = |side: &Self| {
                side.squares[place] - side.sums[place] * side.sums[place] / side.count
            };
            let within = (spread(self) + spread(other)) / count;
            let apart = self.sums[place] / self.count - other.sums[place] / other.count;
            share * apart * apart / within.max(1e-9)
        };
        (0..FEATURES).map(parted).sum()
    }
}
