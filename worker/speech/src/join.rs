//! Joins pieces of speech that were made one by one into one recording without clicks.
//!
//! An engine pads its pieces with silence of its own and may carry a constant offset; two pieces set side by
//! side would jump. Each piece is freed of its offset, trimmed to its speech and faded over a few
//! milliseconds at both ends, and the pauses between pieces are true silence of a documented length.

use kiskadee_text::Pause;

/// How long a fade at the edge of a piece takes.
const FADE_MS: u32 = 5;
/// What is kept of the engine's own silence, so that soft onsets and decays survive the trimming.
const KEEP_BEFORE_MS: u32 = 15;
const KEEP_AFTER_MS: u32 = 40;
/// A window that moves less than this share of the whole piece counts as silence (-50 dB).
const SILENCE: f32 = 0.003;
const WINDOW_MS: u32 = 5;

/// Milliseconds of silence for a pause, beside the few that are kept at the edges of the pieces.
pub(crate) const fn silence_ms(pause: Pause) -> u32 {
    match pause {
        Pause::Word => 0,
        Pause::Phrase => 120,
        Pause::Sentence => 300,
        Pause::Paragraph => 600,
    }
}

/// Joins the pieces of one utterance.
#[derive(Debug)]
pub struct Joiner {
    sample_rate: u32,
    /// The pause that is due when another piece follows.
    due: Option<Pause>,
}

impl Joiner {
    pub fn new(sample_rate: u32) -> Self {
        Self {
            sample_rate,
            due: None,
        }
    }

    /// The samples to append for a piece that is followed by `pause`. A silent piece adds nothing.
    pub fn join(&mut self, piece: &[f32], pause: Pause) -> Vec<f32> {
        let speech = self.trim(piece);
        if speech.is_empty() {
            return Vec::new();
        }
        let gap = self
            .due
            .replace(pause)
            .map_or(0, |due| self.samples(silence_ms(due)));
        let offset = mean(speech);
        let mut joined = vec![0.0; gap];
        joined.extend(speech.iter().map(|sample| sample - offset));
        self.fade(joined.split_at_mut(gap).1);
        joined
    }

    fn samples(&self, milliseconds: u32) -> usize {
        (self.sample_rate as usize * milliseconds as usize) / 1000
    }

    /// The part of a piece that sounds, with a margin on both sides. What counts is how far the signal moves
    /// within a window, so a constant offset is not taken for sound.
    fn trim<'a>(&self, piece: &'a [f32]) -> &'a [f32] {
        let window = self.samples(WINDOW_MS).max(1);
        let floor = (range(piece) * SILENCE).max(f32::EPSILON);
        let sounding: Vec<bool> = piece
            .chunks(window)
            .map(|chunk| range(chunk) > floor)
            .collect();
        let first = sounding.iter().position(|&sounds| sounds);
        let last = sounding.iter().rposition(|&sounds| sounds);
        let (Some(first), Some(last)) = (first, last) else {
            return &[];
        };
        let start = (first * window).saturating_sub(self.samples(KEEP_BEFORE_MS));
        let end = ((last + 1) * window + self.samples(KEEP_AFTER_MS)).min(piece.len());
        piece.get(start..end).unwrap_or_default()
    }

    /// Raised-cosine fades at both ends; a piece shorter than both shares what there is.
    fn fade(&self, speech: &mut [f32]) {
        let length = self.samples(FADE_MS).min(speech.len() / 2);
        let gain =
            |step: usize| 0.5 - 0.5 * (std::f32::consts::PI * step as f32 / length as f32).cos();
        for (step, sample) in speech.iter_mut().take(length).enumerate() {
            *sample *= gain(step);
        }
        for (step, sample) in speech.iter_mut().rev().take(length).enumerate() {
            *sample *= gain(step);
        }
    }
}

fn mean(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample)).sum();
    (sum / samples.len().max(1) as f64) as f32
}

/// The distance between the lowest and the highest sample.
fn range(samples: &[f32]) -> f32 {
    let low = samples.iter().copied().reduce(f32::min).unwrap_or_default();
    let high = samples.iter().copied().reduce(f32::max).unwrap_or_default();
    high - low
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 22_050;

    /// A loud tone that starts and ends in mid-wave, on an offset, between stretches of the engine's silence.
    fn piece(silence: usize, speech: usize) -> Vec<f32> {
        let tone = (0..speech).map(|i| 0.1 + 0.7 * (i as f32 * 0.06 + 1.2).sin());
        let pad = || std::iter::repeat_n(0.0, silence);
        pad().chain(tone).chain(pad()).collect()
    }

    fn largest_step(samples: &[f32]) -> f32 {
        samples
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn joins_are_no_rougher_than_the_speech() {
        let inside = largest_step(&piece(0, 10_000));
        for silence in [0, 50, 5_000] {
            let mut joiner = Joiner::new(RATE);
            let mut all = vec![0.0];
            for pause in [Pause::Word, Pause::Phrase, Pause::Sentence, Pause::Word] {
                all.extend(joiner.join(&piece(silence, 10_000), pause));
            }
            all.push(0.0);
            // The engine's own edges inside the kept margin are steps of the piece itself, so only the
            // unpadded case can be held against the smooth tone.
            if silence == 0 {
                assert!(
                    largest_step(&all) <= inside,
                    "{} > {inside}",
                    largest_step(&all)
                );
            }
            assert!(all[1].abs() < 1e-6 && all[all.len() - 2].abs() < 1e-6);
        }
    }

    #[test]
    fn engine_silence_gives_way_to_the_documented_pause() {
        let mut joiner = Joiner::new(RATE);
        let first = joiner.join(&piece(5_000, 10_000), Pause::Sentence);
        let second = joiner.join(&piece(5_000, 10_000), Pause::Sentence);
        let margins = joiner.samples(KEEP_BEFORE_MS) + joiner.samples(KEEP_AFTER_MS);
        assert!(
            first.len().abs_diff(10_000 + margins) < 2 * joiner.samples(WINDOW_MS),
            "{}",
            first.len()
        );
        assert_eq!(second.len(), first.len() + joiner.samples(300));
    }

    #[test]
    fn silence_adds_nothing_and_owes_no_pause() {
        let mut joiner = Joiner::new(RATE);
        assert!(joiner.join(&[], Pause::Sentence).is_empty());
        assert!(joiner.join(&vec![0.0; 5_000], Pause::Sentence).is_empty());
        assert!(
            joiner.join(&vec![0.25; 5_000], Pause::Sentence).is_empty(),
            "an offset alone is silence"
        );
        let first = joiner.join(&piece(0, 10_000), Pause::Sentence);
        assert!(first.len() <= 10_000);
    }

    #[test]
    fn a_piece_shorter_than_its_fades_survives() {
        let mut joiner = Joiner::new(RATE);
        assert_eq!(joiner.join(&[0.5, -0.5, 0.5], Pause::Word).len(), 3);
    }
}
