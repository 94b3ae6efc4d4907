//! The values of attributes.

use std::time::Duration;

use crate::Emphasis;

/// The longest single pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A break that says nothing else.
pub(crate) const MEDIUM_BREAK: Duration = Duration::from_millis(400);
const SEMITONES: f32 = 24.0;
const RATES: std::ops::RangeInclusive<f32> = 0.25..=4.0;
const DECIBELS: std::ops::RangeInclusive<f32> = -60.0..=20.0;

/// `500ms`, `1.5s`; to 10 s.
pub(crate) fn time(written: &str) -> Option<Duration> {
    let milliseconds = match written.strip_suffix("ms") {
        Some(milliseconds) => number(milliseconds)?,
        None => number(written.strip_suffix('s')?)? * 1000.0,
    };
    // A larger number ends at the largest there is.
    let pause = Duration::from_millis(milliseconds.round() as u64);
    (pause <= LONGEST_PAUSE).then_some(pause)
}

/// How long a pause of a named strength is.
pub(crate) fn strength(name: &str) -> Option<Duration> {
    let milliseconds = match name {
        "none" => 0,
        "x-weak" => 100,
        "weak" => 250,
        "medium" => 400,
        "strong" => 700,
        "x-strong" => 1200,
        _ => return None,
    };
    Some(Duration::from_millis(milliseconds))
}

pub(crate) fn emphasis(name: &str) -> Option<Emphasis> {
    Some(match name {
        "strong" => Emphasis::Strong,
        "moderate" => Emphasis::Moderate,
        "none" => Emphasis::None,
        "reduced" => Emphasis::Reduced,
        _ => return None,
    })
}

/// Times the pace: a name, `80%` and `0.8` of it, `+20%` and `-20%` beyond it.
pub(crate) fn rate(written: &str) -> Option<f32> {
    let rate = match written {
        "x-slow" => 0.5,
        "slow" => 0.75,
        "medium" | "default" => 1.0,
        "fast" => 1.25,
        "x-fast" => 1.75,
        _ => match written.strip_suffix('%') {
            Some(percent) if percent.starts_with(['+', '-']) => 1.0 + signed(percent)? / 100.0,
            Some(percent) => number(percent)? / 100.0,
            None => number(written)?,
        },
    };
    RATES.contains(&rate).then_some(rate)
}

/// Semitones: a name, `+2st`, `-10%`.
pub(crate) fn pitch(written: &str) -> Option<f32> {
    let semitones = match written {
        "x-low" => -6.0,
        "low" => -3.0,
        "medium" | "default" => 0.0,
        "high" => 3.0,
        "x-high" => 6.0,
        _ => match written.strip_suffix("st") {
            Some(semitones) => signed(semitones)?,
            None => 12.0 * (1.0 + signed(written.strip_suffix('%')?)? / 100.0).log2(),
        },
    };
    (semitones.abs() <= SEMITONES).then_some(semitones)
}

/// Decibels: a name, `+6dB`.
pub(crate) fn volume(written: &str) -> Option<f32> {
    let decibels = match written {
        "silent" => *DECIBELS.start(),
        "x-soft" => -12.0,
        "soft" => -6.0,
        "medium" | "default" => 0.0,
        "loud" => 4.0,
        "x-loud" => 8.0,
        _ => signed(written.strip_suffix("dB")?)?,
    };
    DECIBELS.contains(&decibels).then_some(decibels)
}

/// The sum or product of nested wishes, as far as a voice follows.
pub(crate) fn bounded_rate(rate: f32) -> f32 {
    rate.clamp(*RATES.start(), *RATES.end())
}

pub(crate) fn bounded_pitch(semitones: f32) -> f32 {
    semitones.clamp(-SEMITONES, SEMITONES)
}

pub(crate) fn bounded_volume(decibels: f32) -> f32 {
    decibels.clamp(*DECIBELS.start(), *DECIBELS.end())
}

/// A number with its sign, which tells a change from an amount.
fn signed(written: &str) -> Option<f32> {
    match written.strip_prefix('-') {
        Some(amount) => number(amount).map(|amount| -amount),
        None => number(written.strip_prefix('+')?),
    }
}

/// Figures with at most one point; no sign, no exponent.
fn number(written: &str) -> Option<f32> {
    let plain = written.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && written.bytes().any(|b| b.is_ascii_digit());
    plain.then(|| written.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_at_ten_seconds() {
        let ms = |written: &str| time(written).map(|time| time.as_millis());
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("1.5s"), Some(1500));
        assert_eq!(ms(".5s"), Some(500));
        assert_eq!(ms("10s"), Some(10_000));
        for bad in [
            "",
            "s",
            "ms",
            "1",
            "-1s",
            "1 s",
            "1e3s",
            "10.1s",
            "infs",
            "nans",
            "1..2s",
            "99999999999999999999999999999999999999999999s",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn prosody_is_named_or_measured() {
        for (written, expected) in [
            ("50%", 0.5),
            ("+50%", 1.5),
            ("-20%", 0.8),
            ("2", 2.0),
            ("x-slow", 0.5),
        ] {
            assert!(
                (rate(written).unwrap() - expected).abs() < 1e-6,
                "{written}"
            );
        }
        for (written, expected) in [
            ("+2st", 2.0),
            ("-1.5st", -1.5),
            ("+100%", 12.0),
            ("-50%", -12.0),
            ("high", 3.0),
        ] {
            assert!(
                (pitch(written).unwrap() - expected).abs() < 1e-5,
                "{written}"
            );
        }
        for (written, expected) in [("+6dB", 6.0), ("-3dB", -3.0), ("silent", -60.0)] {
            assert!(
                (volume(written).unwrap() - expected).abs() < 1e-6,
                "{written}"
            );
        }
        for bad in [
            "", "%", "0%", "-100%", "24%", "5", "quick", "NaN", "inf", "1e0",
        ] {
            assert_eq!(rate(bad), None, "{bad}");
        }
        for bad in [
            "", "2st", "+25st", "10%", "-100%", "-200%", "+50Hz", "100Hz",
        ] {
            assert_eq!(pitch(bad), None, "{bad}");
        }
        for bad in ["", "6dB", "+21dB", "-61dB", "50", "+6db"] {
            assert_eq!(volume(bad), None, "{bad}");
        }
    }
}
