//! What the measures of a segment must be.

use serde::{Deserialize, Serialize};

use super::{Measures, characters_per_second};
use crate::{Finding, Reason};

pub const SNR_DB_MARK: f64 = 20.0;
pub const SNR_DB_REJECT: f64 = 10.0;
pub const CLIPPED_PERCENT_MARK: f64 = 0.1;
pub const CLIPPED_PERCENT_REJECT: f64 = 2.0;
/// From here on nobody speaks.
pub const SILENT_PERCENT: f64 = 95.0;
/// So long something must play for it to be music.
pub const STEADY_PERCENT_MARK: f64 = 20.0;
/// Two voices must explain so much of the variance (see [`VoiceLook::two_voices`](super::VoiceLook::two_voices)).
pub const TWO_VOICES_MARK: f64 = 1.5;
/// Where a spectrum has fallen by so much it ends.
pub const BANDWIDTH_FALL_DB: f64 = 50.0;
/// XTTS takes 200 tokens: some 300 characters.
pub const TEXT_CHARACTERS_MARK: usize = 300;
/// Nobody speaks slower or faster, in any language; a set's own limits are much closer.
pub const CHARACTERS_PER_SECOND: std::ops::RangeInclusive<f64> = 2.0..=30.0;

/// How long a segment may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    pub min_seconds: f64,
    pub max_seconds: f64,
}

impl Default for Bounds {
    /// What XTTS takes.
    fn default() -> Self {
        Self {
            min_seconds: 1.0,
            max_seconds: 11.6,
        }
    }
}

/// What is wrong with a segment by itself.
pub fn reasons(measures: &Measures, text: Option<&str>, bounds: &Bounds) -> Vec<Finding> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let found = [
        length(measures.seconds, bounds),
        clipped(measures.clipped_percent),
        heard(measures),
        played(measures),
        spoken_by_two(measures),
        text.map_or(Some(Finding::mark(Reason::NoText)), too_long),
        text.and_then(|text| pace(text, measures.seconds)),
    ];
    found.into_iter().flatten().collect()
}

fn length(seconds: f64, bounds: &Bounds) -> Option<Finding> {
    if seconds < bounds.min_seconds {
        Some(Finding::reject(Reason::TooShort))
    } else if seconds > bounds.max_seconds {
        Some(Finding::reject(Reason::TooLong))
    } else {
        None
    }
}

fn clipped(percent: f64) -> Option<Finding> {
    if percent > CLIPPED_PERCENT_REJECT {
        Some(Finding::reject(Reason::Clipped))
    } else {
        (percent > CLIPPED_PERCENT_MARK).then_some(Finding::mark(Reason::Clipped))
    }
}

/// Silence has no noise to be told of.
fn heard(measures: &Measures) -> Option<Finding> {
    if measures.silence_percent >= SILENT_PERCENT || measures.loudness_lufs.is_none() {
        Some(Finding::reject(Reason::Silent))
    } else if measures.snr_db < SNR_DB_REJECT {
        Some(Finding::reject(Reason::Noisy))
    } else {
        (measures.snr_db < SNR_DB_MARK).then_some(Finding::mark(Reason::Noisy))
    }
}

/// Not sure enough for a rejection: a voice may sing, and a machine may hum.
fn played(measures: &Measures) -> Option<Finding> {
    let is_music = measures.steady_percent? > STEADY_PERCENT_MARK;
    is_music.then_some(Finding::mark(Reason::Music))
}

fn spoken_by_two(measures: &Measures) -> Option<Finding> {
    let are_two = measures.voice.as_ref()?.two_voices > TWO_VOICES_MARK;
    are_two.then_some(Finding::mark(Reason::TwoSpeakers))
}

fn too_long(text: &str) -> Option<Finding> {
    let is_long = text.chars().count() > TEXT_CHARACTERS_MARK;
    is_long.then_some(Finding::mark(Reason::TextTooLong))
}

fn pace(text: &str, seconds: f64) -> Option<Finding> {
    let pace = characters_per_second(text, seconds)?;
    let is_odd = !CHARACTERS_PER_SECOND.contains(&pace);
    is_odd.then_some(Finding::mark(Reason::RateOdd))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Measures {
        Measures {
            seconds: 4.0,
            sample_rate: 24_000,
            snr_db: 35.0,
            clipped_percent: 0.0,
            loudness_lufs: Some(-23.0),
            peak: 0.6,
            silence_percent: 15.0,
            bandwidth_hz: Some(11_000.0),
            ..Measures::default()
        }
    }

    const TEXT: &str = "Somebody says this within four seconds.";

    fn of(change: impl FnOnce(&mut Measures)) -> Vec<Finding> {
        let mut measures = good();
        change(&mut measures);
        reasons(&measures, Some(TEXT), &Bounds::default())
    }

    #[test]
    fn limits_mark_first_and_reject_then() {
        use Reason::{Clipped, Noisy, Silent, TooLong, TooShort};
        assert_eq!(of(|_| ()), []);
        assert_eq!(of(|m| m.snr_db = 19.9), [Finding::mark(Noisy)]);
        assert_eq!(of(|m| m.snr_db = 9.9), [Finding::reject(Noisy)]);
        assert_eq!(of(|m| m.clipped_percent = 0.2), [Finding::mark(Clipped)]);
        assert_eq!(of(|m| m.clipped_percent = 2.1), [Finding::reject(Clipped)]);
        assert_eq!(of(|m| m.silence_percent = 96.0), [Finding::reject(Silent)]);
        assert_eq!(of(|m| m.seconds = 11.7), [Finding::reject(TooLong)]);
        let short = of(|m| m.seconds = 0.9);
        assert_eq!(
            short,
            [Finding::reject(TooShort), Finding::mark(Reason::RateOdd)]
        );
        let silent = of(|m| (m.loudness_lufs, m.snr_db) = (None, 0.0));
        assert_eq!(silent, [Finding::reject(Silent)]);
    }

    #[test]
    fn a_text_is_missed_and_may_be_too_long() {
        let of = |text| reasons(&good(), text, &Bounds::default());
        assert_eq!(of(None), [Finding::mark(Reason::NoText)]);
        assert_eq!(of(Some(" ")), [Finding::mark(Reason::NoText)]);
        let long = "word ".repeat(61);
        let expected = [Reason::TextTooLong, Reason::RateOdd].map(Finding::mark);
        assert_eq!(of(Some(&long)), expected);
    }
}
