//! What SSML asks of a word, in the factors of the models.

use kiskadee_text::{Emphasis, Prosody};

use super::protocol::Factors;

/// Beyond these nothing is understood.
const RATES: std::ops::RangeInclusive<f32> = 0.25..=4.0;
const SEMITONES: std::ops::RangeInclusive<f32> = -12.0..=12.0;
const DECIBELS: std::ops::RangeInclusive<f32> = -60.0..=20.0;

/// The factors of a word's ids, and what is added to its loudness in decibels. Emphasis is longer, higher and louder, as it is in
/// the embedded voice.
pub(crate) fn factors(prosody: Prosody) -> (Factors, f32) {
    let strength = match prosody.emphasis {
        Emphasis::Reduced => -0.5,
        Emphasis::None => 0.0,
        Emphasis::Moderate => 0.5,
        Emphasis::Strong => 1.0,
    };
    let rate = prosody.rate / (1.0 + 0.2 * strength);
    let semitones = within(prosody.pitch + 2.0 * strength, &SEMITONES);
    let factors = Factors {
        speed: within(rate, &RATES),
        pitch: (semitones / 12.0).exp2(),
    };
    (factors, within(prosody.volume + 3.0 * strength, &DECIBELS))
}

fn within(value: f32, range: &std::ops::RangeInclusive<f32>) -> f32 {
    value.clamp(*range.start(), *range.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_stays_as_it_is() {
        assert_eq!(factors(Prosody::default()), (Factors::PLAIN, 0.0));
    }

    #[test]
    fn what_is_asked_is_given_within_reason() {
        let asked = Prosody {
            rate: 2.0,
            pitch: 12.0,
            volume: -6.0,
            emphasis: Emphasis::None,
        };
        let octave = Factors {
            speed: 2.0,
            pitch: 2.0,
        };
        assert_eq!(factors(asked), (octave, -6.0));
        let strong = Prosody {
            emphasis: Emphasis::Strong,
            ..Prosody::default()
        };
        let (factors_of_strong, volume) = factors(strong);
        assert!(factors_of_strong.speed < 1.0 && factors_of_strong.pitch > 1.0 && volume > 0.0);
        let absurd = Prosody {
            rate: 1000.0,
            pitch: -90.0,
            volume: 300.0,
            emphasis: Emphasis::Reduced,
        };
        assert_eq!(
            factors(absurd),
            (
                Factors {
                    speed: 4.0,
                    pitch: 0.5
                },
                20.0
            )
        );
    }
}
