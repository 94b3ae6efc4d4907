//! From the teacher's samples and the lengths of its symbols to a recording: phones, durations, vocoder parameters.

use kiskadee_kokoro::FRAMES_AHEAD;
use kiskadee_pronunciation::PhoneToken;
use kiskadee_voice::SAMPLE_RATE;
use kiskadee_voice::acoustic::SentenceKind;
use kiskadee_voice::analysis::analyze;
use kiskadee_voice::resample::resample;

use super::symbols::Symbol;
use crate::corpus::Recording;
use crate::pitch::take_strays;

/// Frames of 5 ms in one of the teacher's of 25 ms.
const FRAMES: u32 = 5;
/// Silence that is kept at either end, in frames of the teacher.
const SILENCE: u32 = 6;
/// Frames of 5 ms that a phone without a symbol takes from the one before it.
const UNWRITTEN: u32 = 2;

/// What the teacher said.
pub(super) struct Said<'a> {
    pub(super) tokens: Vec<PhoneToken>,
    pub(super) symbols: &'a [Symbol],
    /// Of the symbols, with those of the silence before and after.
    pub(super) frames: &'a [u32],
    /// At 24 kHz.
    pub(super) samples: &'a [f32],
    pub(super) rate: u32,
    pub(super) kind: SentenceKind,
}

impl Said<'_> {
    /// None if the lengths do not fit the symbols or nothing can be analysed.
    pub(super) fn recording(self) -> Option<Recording> {
        let (first, rest) = self.frames.split_first()?;
        let (last, inner) = rest.split_last()?;
        if inner.len() != self.symbols.len() || self.tokens.len() < 3 {
            return None;
        }
        let ahead = (*first).min(FRAMES_AHEAD as u32);
        let (first, last) = (first - ahead, last + ahead);
        let (lead, trail) = (first.min(SILENCE), last.min(SILENCE));
        let mut durations = vec![0u32; self.tokens.len()];
        durations[0] = lead * FRAMES;
        self.share(inner, &mut durations);
        let end = durations.len() - 1;
        durations[end] += trail * FRAMES;
        give_to_unwritten(&mut durations);
        let per_frame = self.samples.len() / self.frames.iter().sum::<u32>().max(1) as usize;
        let from = (first - lead) as usize * per_frame;
        let to = self.samples.len() - (last - trail) as usize * per_frame;
        let samples = resample(self.samples.get(from..to)?, self.rate, SAMPLE_RATE).ok()?;
        let total = durations.iter().sum::<u32>() as usize;
        let mut samples = samples;
        samples.resize(total * kiskadee_voice::HOP, 0.0);
        let mut frames = analyze(&samples);
        take_strays(&mut frames.f0, &self.tokens, &durations);
        Some(Recording {
            tokens: self.tokens,
            durations,
            kind: self.kind,
            frames,
        })
    }

    /// Gives each symbol's frames to its phone; those of a blank go half to the one before, half to the one behind it.
    fn share(&self, inner: &[u32], durations: &mut [u32]) {
        let mut before = 0;
        for (index, (symbol, frames)) in self.symbols.iter().zip(inner).enumerate() {
            let frames = frames * FRAMES;
            if let Some(token) = symbol.token {
                durations[token] += frames;
                before = token;
                continue;
            }
            let next = self.symbols[index..].iter().find_map(|next| next.token);
            durations[before] += frames / 2;
            durations[next.unwrap_or(before)] += frames - frames / 2;
        }
    }
}

fn give_to_unwritten(durations: &mut [u32]) {
    for index in 1..durations.len() {
        if durations[index] == 0 {
            let given = UNWRITTEN.min(durations[index - 1].saturating_sub(1));
            durations[index - 1] -= given;
            durations[index] = given;
        }
    }
}
