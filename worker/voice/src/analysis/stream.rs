//! Analysis of a stream: in blocks of fixed places, so that memory is bounded and the frames do not depend on how the stream is cut.

use super::analyze;
use crate::{HOP, MEL_CEPSTRUM, STRENGTHS, VocoderFrames};

/// Frames that a block gives (10 s).
const BLOCK: usize = 2000;
/// Frames on either side that are looked at and left out (0.5 s): the path of the pitch has forgotten its beginning by then.
const MARGIN: usize = 100;

/// Turns samples at 16 kHz within ±1 into frames, block by block. It keeps 11 s of samples.
#[derive(Debug, Default)]
pub struct AnalysisStream {
    /// From the margin before the next block on.
    waiting: Vec<f32>,
    /// Frames of `waiting` that were given already.
    before: usize,
}

impl AnalysisStream {
    pub fn new() -> Self {
        Self::default()
    }

    /// The frames that are known by now, in whole blocks.
    pub fn push(&mut self, samples: &[f32]) -> VocoderFrames {
        let mut found = VocoderFrames::default();
        let mut rest = samples;
        while !rest.is_empty() {
            let room = (self.before + BLOCK + MARGIN) * HOP - self.waiting.len();
            let (taken, after) = rest.split_at(room.min(rest.len()));
            self.waiting.extend_from_slice(taken);
            rest = after;
            if taken.len() == room {
                append(&mut found, &analyze(&self.waiting), self.before, BLOCK);
                let kept = self.before + BLOCK - MARGIN;
                self.waiting.drain(..kept * HOP);
                self.before = MARGIN;
            }
        }
        found
    }

    /// The frames of what is left, the last one of fewer than 80 samples where there are such.
    pub fn finish(mut self) -> VocoderFrames {
        let frames = self.waiting.len().div_ceil(HOP);
        self.waiting.resize(frames * HOP, 0.0);
        let mut found = VocoderFrames::default();
        append(
            &mut found,
            &analyze(&self.waiting),
            self.before,
            frames.saturating_sub(self.before),
        );
        found
    }
}

fn append(to: &mut VocoderFrames, from: &VocoderFrames, start: usize, count: usize) {
    fn part<T>(all: &[T], start: usize, count: usize) -> &[T] {
        all.get(start..start + count).unwrap_or_default()
    }
    let cepstra: &[[f32; MEL_CEPSTRUM]] = part(&from.mel_cepstrum, start, count);
    let strengths: &[[f32; STRENGTHS]] = part(&from.strengths, start, count);
    to.f0.extend_from_slice(part(&from.f0, start, count));
    to.mel_cepstrum.extend_from_slice(cepstra);
    to.strengths.extend_from_slice(strengths);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buzz whose pitch and brightness wander.
    fn buzz(count: usize) -> Vec<f32> {
        let (mut phase, mut last) = (0f32, 0f32);
        (0..count)
            .map(|n| {
                let seconds = n as f32 / 16_000.0;
                phase = (phase + (130.0 + 40.0 * (1.7 * seconds).sin()) / 16_000.0).fract();
                let bright = 0.5 + 0.4 * (2.3 * seconds).sin();
                last += bright * (0.4 * (phase - 0.5) - last);
                last
            })
            .collect()
    }

    #[test]
    fn a_stream_gives_the_same_frames_however_it_is_cut() {
        let samples = buzz(25 * 16_000 + 33);
        let mut whole = AnalysisStream::new();
        let mut at_once = whole.push(&samples);
        assert_eq!(at_once.len(), 2 * BLOCK);
        append_all(&mut at_once, &whole.finish());
        let mut stream = AnalysisStream::new();
        let mut parts = VocoderFrames::default();
        for part in samples.chunks(7_777) {
            append_all(&mut parts, &stream.push(part));
        }
        append_all(&mut parts, &stream.finish());
        assert_eq!(at_once.len(), 25 * 200 + 1);
        assert_eq!(at_once, parts);
    }

    #[test]
    fn blocks_find_what_the_whole_finds() {
        let samples = buzz(13 * 16_000);
        let mut stream = AnalysisStream::new();
        let mut found = stream.push(&samples);
        append_all(&mut found, &stream.finish());
        let whole = analyze(&samples);
        assert_eq!(found.len(), whole.len());
        for frame in BLOCK - 20..BLOCK + 20 {
            let (a, b) = (found.f0[frame], whole.f0[frame]);
            assert!((a / b - 1.0).abs() < 1e-3, "{frame}: {a} and {b}");
        }
    }

    #[test]
    fn nothing_and_a_sample_have_their_frames() {
        assert!(AnalysisStream::new().finish().is_empty());
        let mut stream = AnalysisStream::new();
        assert!(stream.push(&[0.5]).is_empty());
        assert_eq!(stream.finish().len(), 1);
    }

    fn append_all(to: &mut VocoderFrames, from: &VocoderFrames) {
        append(to, from, 0, from.len());
    }
}
