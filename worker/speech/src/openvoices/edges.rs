//! The ends of a line: the model's own silence is cut off but for a margin, and what is left fades in and out. It works on a
//! stream, by the same rules as [`crate::Joiner`] on whole pieces, so a line sounds the same however it is cut.

/// Of a second: 5 ms for a fade and for a window that is silent or not, 75 and 40 ms of silence that stay. With 15 ms at the
/// beginning Whisper misses a first vowel now and then (`I left` as `left`): 2.0 % of words misheard instead of 1.3 %.
const WINDOWS: usize = 200;
const FADES: usize = 200;
const KEPT_BEFORE: (usize, usize) = (75, 1000);
const KEPT_AFTER: (usize, usize) = (40, 1000);
/// A window that moves less is silent: -50 dB of speech at the loudness of all voices.
const SILENT: f32 = 0.003;

pub(super) struct Edges {
    window: usize,
    fade: usize,
    kept_before: usize,
    kept_after: usize,
    /// Does not fill a window yet.
    partial: Vec<f32>,
    /// Before the first sound: what may be kept. After it: what may still be cut off or fade out.
    held: Vec<f32>,
    /// Up to where what is held is no trailing silence.
    sounding: usize,
    /// Samples that were cut off at the beginning, once there is a sound.
    cut: Option<usize>,
    passed: usize,
    given: usize,
}

impl Edges {
    pub(super) fn new(sample_rate: u32) -> Self {
        let rate = sample_rate as usize;
        Self {
            window: (rate / WINDOWS).max(1),
            fade: rate / FADES,
            kept_before: rate * KEPT_BEFORE.0 / KEPT_BEFORE.1,
            kept_after: rate * KEPT_AFTER.0 / KEPT_AFTER.1,
            partial: Vec::new(),
            held: Vec::new(),
            sounding: 0,
            cut: None,
            passed: 0,
            given: 0,
        }
    }

    /// How many samples were cut off at the beginning; none before anything sounds.
    pub(super) fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// The next samples in, those that are settled out.
    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.partial.extend_from_slice(samples);
        let whole = self.partial.len() / self.window * self.window;
        let rest = self.partial.split_off(whole);
        let windows = std::mem::replace(&mut self.partial, rest);
        for window in windows.chunks(self.window) {
            self.take(window);
        }
        let settled = self.sounding.saturating_sub(self.fade);
        self.sounding -= settled;
        let held = self.held.split_off(settled);
        let settled = std::mem::replace(&mut self.held, held);
        self.faded_in(settled)
    }

    /// What was held back, without the silence at its end.
    pub(super) fn finish(mut self) -> Vec<f32> {
        let rest = std::mem::take(&mut self.partial);
        if !rest.is_empty() {
            self.take(&rest);
        }
        if self.cut.is_none() {
            return Vec::new();
        }
        self.held.truncate(self.sounding + self.kept_after);
        let held = std::mem::take(&mut self.held);
        let mut last = self.faded_in(held);
        let fade = self.fade.min(last.len());
        for (step, sample) in last.iter_mut().rev().take(fade).enumerate() {
            *sample *= raised_cosine(step, fade);
        }
        last
    }

    fn take(&mut self, window: &[f32]) {
        let least = window.iter().copied().fold(f32::INFINITY, f32::min);
        let most = window.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sounds = most - least > SILENT;
        if sounds && self.cut.is_none() {
            self.cut = Some(self.passed - self.held.len());
        }
        self.held.extend_from_slice(window);
        self.passed += window.len();
        if sounds {
            self.sounding = self.held.len();
        }
        if self.cut.is_none() {
            let surplus = self.held.len().saturating_sub(self.kept_before);
            self.held.drain(..surplus);
        }
    }

    fn faded_in(&mut self, mut samples: Vec<f32>) -> Vec<f32> {
        let fade = self.fade;
        for (step, sample) in (self.given..fade).zip(&mut samples) {
            *sample *= raised_cosine(step, fade);
        }
        self.given += samples.len();
        samples
    }
}

fn raised_cosine(step: usize, steps: usize) -> f32 {
    0.5 - 0.5 * (std::f32::consts::PI * step as f32 / steps as f32).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    fn passed(samples: &[f32], pieces: usize) -> (Vec<f32>, Option<usize>) {
        let mut edges = Edges::new(RATE);
        let mut given = Vec::new();
        for piece in samples.chunks(samples.len().div_ceil(pieces).max(1)) {
            given.extend(edges.push(piece));
        }
        let cut = edges.cut();
        given.extend(edges.finish());
        (given, cut)
    }

    /// 0.1 s of a tone, a pause of 0.3 s within it, between silences.
    fn line() -> Vec<f32> {
        let tone = || (0..1600).map(|n| 0.5 * (n as f32 * 0.2).sin());
        let silence = |count| std::iter::repeat_n(0.0, count);
        let line = silence(4000).chain(tone()).chain(silence(4800));
        line.chain(tone()).chain(silence(3000)).collect()
    }

    #[test]
    fn silence_goes_from_the_ends_and_stays_within() {
        let (given, cut) = passed(&line(), 1);
        assert_eq!(cut, Some(4000 - 1200));
        assert_eq!(given.len(), 1200 + 1600 + 4800 + 1600 + 640);
        assert!(given[0].abs() < 1e-6 && given.last().unwrap().abs() < 1e-6);
        assert_eq!(given[1260..2460], line()[4060..5260]);
    }

    #[test]
    fn pieces_sound_as_the_whole() {
        let whole = passed(&line(), 1);
        for pieces in [2, 7, 100, 15_000] {
            assert_eq!(passed(&line(), pieces), whole, "{pieces}");
        }
    }

    #[test]
    fn silence_alone_is_nothing_and_a_click_is_something() {
        assert_eq!(passed(&vec![0.001; 9000], 3), (Vec::new(), None));
        assert!(passed(&[], 1).0.is_empty());
        assert_eq!(passed(&[0.5, -0.5, 0.5], 1).0.len(), 3);
    }
}
