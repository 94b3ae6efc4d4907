//! The ends of a passage: it fades in and out over a few milliseconds, so that passages join without a click. What the
//! fade-out may still change is held back, so a passage that comes in pieces sounds as the same in one piece.

/// 5 ms at 24 kHz.
const FADE_SAMPLES: usize = 120;

/// Where in a passage its stream stands.
#[derive(Debug, Default)]
pub(super) struct Fade {
    passed: usize,
    held: Vec<f32>,
}

impl Fade {
    /// The next samples in, those that are settled out.
    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        let begun = self.passed;
        self.held
            .extend(samples.iter().enumerate().map(|(at, sample)| {
                let at = begun + at;
                if at < FADE_SAMPLES {
                    sample * gain(at)
                } else {
                    *sample
                }
            }));
        self.passed += samples.len();
        let rest = self
            .held
            .split_off(self.held.len().saturating_sub(FADE_SAMPLES));
        std::mem::replace(&mut self.held, rest)
    }

    /// What was held back.
    pub(super) fn finish(self) -> Vec<f32> {
        let mut samples = self.held;
        for (at, sample) in samples.iter_mut().rev().enumerate() {
            *sample *= gain(at);
        }
        samples
    }
}

/// A raised cosine.
fn gain(step: usize) -> f32 {
    0.5 - 0.5 * (std::f32::consts::PI * step as f32 / FADE_SAMPLES as f32).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[f32]]) -> Vec<f32> {
        let mut fade = Fade::default();
        let mut samples: Vec<f32> = pieces.iter().flat_map(|piece| fade.push(piece)).collect();
        samples.extend(fade.finish());
        samples
    }

    #[test]
    fn pieces_sound_as_the_whole() {
        let whole: Vec<f32> = (0..1000).map(|at| (at as f32 * 0.1).sin()).collect();
        let joined = passed(&[&whole]);
        assert_eq!(joined.len(), whole.len());
        assert_eq!(
            joined[FADE_SAMPLES..1000 - FADE_SAMPLES],
            whole[FADE_SAMPLES..1000 - FADE_SAMPLES]
        );
        assert!(joined[0].abs() < 1e-6 && joined[999].abs() < 1e-6);
        for pieces in [[0, 1, 2], [50, 100, 200], [119, 120, 121], [500, 900, 999]] {
            let [a, b, c] = pieces;
            let parts = [&whole[..a], &whole[a..b], &whole[b..c], &whole[c..]];
            assert_eq!(passed(&parts), joined, "{pieces:?}");
        }
        assert_eq!(passed(&[&whole[..7]]).len(), 7);
        assert!(passed(&[]).is_empty());
    }
}
