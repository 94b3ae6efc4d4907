//! A speaker, and a mix of several.

use crate::acoustic::SPEAKER_WIDTH;

/// A point in the space of timbres that the model learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeakerVector(pub [f32; SPEAKER_WIDTH]);

/// A timbre and a pitch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speaker {
    pub vector: SpeakerVector,
    /// The middle of the voice's melody in Hz.
    pub pitch: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    #[error("there are {speakers} speakers and {weights} weights, give as many of both")]
    Counts { speakers: usize, weights: usize },
    #[error("weight {0} is not a finite number of at least 0")]
    Weight(usize),
    #[error("all weights are 0, give one above 0")]
    Nothing,
}

/// The speaker between `speakers`, each as near as its share of the weights; pitches are mixed on the scale of the ear.
pub fn mix(speakers: &[Speaker], weights: &[f32]) -> Result<Speaker, MixError> {
    if speakers.len() != weights.len() {
        return Err(MixError::Counts {
            speakers: speakers.len(),
            weights: weights.len(),
        });
    }
    if let Some(index) = weights
        .iter()
        .position(|weight| !weight.is_finite() || *weight < 0.0)
    {
        return Err(MixError::Weight(index));
    }
    // Scaled by the largest first, so that the sum cannot overflow.
    let largest = weights.iter().fold(0f32, |a, b| a.max(*b));
    if largest <= 0.0 {
        return Err(MixError::Nothing);
    }
    let sum: f32 = weights.iter().map(|weight| weight / largest).sum();
    let (mut vector, mut log_pitch) = ([0f32; SPEAKER_WIDTH], 0f32);
    for (speaker, weight) in speakers.iter().zip(weights) {
        let share = weight / largest / sum;
        vector
            .iter_mut()
            .zip(speaker.vector.0)
            .for_each(|(mixed, value)| *mixed += share * value);
        log_pitch += share * speaker.pitch.ln();
    }
    Ok(Speaker {
        vector: SpeakerVector(vector),
        pitch: log_pitch.exp(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker(value: f32, pitch: f32) -> Speaker {
        Speaker {
            vector: SpeakerVector([value; SPEAKER_WIDTH]),
            pitch,
        }
    }

    #[test]
    fn mixes_by_the_share_of_the_weights() {
        let mixed = mix(&[speaker(0.0, 100.0), speaker(1.0, 200.0)], &[3.0, 1.0]).unwrap();
        assert!((mixed.vector.0[5] - 0.25).abs() < 1e-6);
        assert!((mixed.pitch - 100.0 * 2f32.powf(0.25)).abs() < 0.01);
        let huge = mix(
            &[speaker(0.0, 100.0), speaker(1.0, 200.0)],
            &[f32::MAX, f32::MAX],
        )
        .unwrap();
        assert!((huge.vector.0[0] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn refuses_weights_that_mean_nothing() {
        let speakers = [speaker(0.0, 100.0), speaker(1.0, 200.0)];
        assert_eq!(
            mix(&speakers, &[1.0]),
            Err(MixError::Counts {
                speakers: 2,
                weights: 1
            })
        );
        assert_eq!(mix(&speakers, &[1.0, -1.0]), Err(MixError::Weight(1)));
        assert_eq!(mix(&speakers, &[f32::NAN, 1.0]), Err(MixError::Weight(0)));
        assert_eq!(mix(&speakers, &[0.0, 0.0]), Err(MixError::Nothing));
    }
}
