//! Several recordings of one voice as one.

use super::statistics::loud;
use crate::VocoderFrames;

/// The frames of all recordings, one after the other, each made as loud as the first: else the pauses of a loud one would
/// count as the speech of a faint one.
pub fn join(recordings: Vec<VocoderFrames>) -> VocoderFrames {
    let mut all = VocoderFrames::default();
    let level = recordings.first().and_then(loud);
    for mut frames in recordings {
        // c0 is the logarithm of the gain.
        let gain = level.zip(loud(&frames)).map_or(0.0, |(to, from)| to - from);
        frames.mel_cepstrum.iter_mut().for_each(|c| c[0] += gain);
        all.f0.append(&mut frames.f0);
        all.mel_cepstrum.append(&mut frames.mel_cepstrum);
        all.strengths.append(&mut frames.strengths);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{STRENGTHS, speaker::Moments};

    /// Speech that comes and goes, of a gain in nepers.
    fn recording(frames: usize, pitch: f32, gain: f32) -> VocoderFrames {
        let loudness = |i: usize| if i.is_multiple_of(5) { -8.0 } else { gain };
        let cepstrum =
            |i: usize, order: usize| ((i * (order + 1)) as f32 * 0.37).sin() / (1 + order) as f32;
        VocoderFrames {
            f0: vec![pitch; frames],
            mel_cepstrum: (0..frames)
                .map(|i| {
                    let mut values = std::array::from_fn(|order| cepstrum(i, order));
                    values[0] = loudness(i) + 0.1 * values[0];
                    values
                })
                .collect(),
            strengths: vec![[0.5; STRENGTHS]; frames],
        }
    }

    #[test]
    fn one_recording_stays_as_it_is() {
        let one = recording(400, 120.0, 1.0);
        assert_eq!(join(vec![one.clone()]), one);
        assert!(join(Vec::new()).is_empty());
    }

    #[test]
    fn a_faint_recording_counts_as_much_as_a_loud_one() {
        let measure = |recordings| Moments::measure(&join(recordings)).unwrap();
        let loud = measure(vec![
            recording(500, 120.0, 2.0),
            recording(1000, 150.0, 2.0),
        ]);
        let faint = measure(vec![
            recording(500, 120.0, 2.0),
            recording(1000, 150.0, -3.0),
        ]);
        assert!((loud.pitch() - 150.0).abs() < 0.01 && (faint.pitch() - 150.0).abs() < 0.01);
        assert!((loud.melody - faint.melody).abs() < 1e-4);
        for (a, b) in loud.mean.iter().zip(faint.mean) {
            assert!((a - b).abs() < 1e-3, "{a} and {b}");
        }
    }
}
