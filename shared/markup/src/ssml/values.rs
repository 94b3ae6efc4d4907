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

/// What was written for a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<T> {
    Exact(T),
    /// Beyond what can be, and brought to the end of it.
    Limited(T),
    /// Says something that no engine here can be told.
    Meaningless,
}

/// `500ms`, `1.5s`; to 10 s.
pub(crate) fn time(written: &str) -> Option<Value<Duration>> {
    let written = written.to_ascii_lowercase();
    let written = written.trim_start_matches('+');
    let milliseconds = match written.strip_suffix("ms") {
        Some(milliseconds) => number(milliseconds.trim_end())?,
        None => number(written.strip_suffix('s')?.trim_end())? * 1000.0,
    };
    // A larger number ends at the largest there is.
    let pause = Duration::from_millis(milliseconds.round() as u64);
    Some(if pause <= LONGEST_PAUSE {
        Value::Exact(pause)
    } else {
        Value::Limited(LONGEST_PAUSE)
    })
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
pub(crate) fn rate(written: &str) -> Option<Value<f32>> {
    let rate = match written {
        "x-slow" => 0.5,
        "slow" => 0.75,
        "medium" | "default" => 1.0,
        "fast" => 1.25,
        "x-fast" => 1.75,
        _ => match written.strip_suffix('%') {
            Some(percent) if percent.starts_with(['+', '-']) => 1.0 + signed(percent)? / 100.0,
            Some(percent) => number(percent)? / 100.0,
            None if written.starts_with(['+', '-']) => 1.0 + signed(written)?,
            None => number(written)?,
        },
    };
    Some(within(rate, &RATES))
}

/// Semitones: a name, `+2st`, `-10%`. Frequencies would need the voice's own.
pub(crate) fn pitch(written: &str) -> Option<Value<f32>> {
    let semitones = match written {
        "x-low" => -6.0,
        "low" => -3.0,
        "medium" | "default" => 0.0,
        "high" => 3.0,
        "x-high" => 6.0,
        _ => match (unit(written, "st"), unit(written, "hz")) {
            (Some(semitones), _) => signed_or_plain(semitones)?,
            (None, Some(frequency)) => {
                return signed_or_plain(frequency).map(|_| Value::Meaningless);
            }
            _ => {
                let change = signed(written.strip_suffix('%')?)? / 100.0;
                12.0 * (1.0 + change).max(0.01).log2()
            }
        },
    };
    Some(within(semitones, &(-SEMITONES..=SEMITONES)))
}

/// Decibels: a name, `+6dB`, or a share of full volume: `90`, `-10`, `-10%`.
pub(crate) fn volume(written: &str) -> Option<Value<f32>> {
    let decibels = match written {
        "silent" => *DECIBELS.start(),
        "x-soft" => -12.0,
        "soft" => -6.0,
        "medium" | "default" => 0.0,
        "loud" => 4.0,
        "x-loud" => 8.0,
        _ => match unit(written, "db") {
            Some(decibels) => signed_or_plain(decibels)?,
            None => of_share(share(written.trim_end_matches('%'))?),
        },
    };
    Some(within(decibels, &DECIBELS))
}

/// The share of full volume, which is 1, that a number from 0 to 100 or a change by such a number asks for.
fn share(written: &str) -> Option<f32> {
    Some(match signed(written) {
        Some(change) => 1.0 + change / 100.0,
        None => number(written)? / 100.0,
    })
}

fn of_share(share: f32) -> f32 {
    if share <= 0.0 {
        *DECIBELS.start()
    } else {
        20.0 * share.log10()
    }
}

fn within(value: f32, bounds: &std::ops::RangeInclusive<f32>) -> Value<f32> {
    if bounds.contains(&value) {
        Value::Exact(value)
    } else {
        Value::Limited(value.clamp(*bounds.start(), *bounds.end()))
    }
}

/// What stands before a unit, in whatever case it is written.
fn unit<'a>(written: &'a str, unit: &str) -> Option<&'a str> {
    let at = written.len().checked_sub(unit.len())?;
    let (amount, found) = written.split_at_checked(at)?;
    found.eq_ignore_ascii_case(unit).then_some(amount)
}

fn signed_or_plain(written: &str) -> Option<f32> {
    signed(written).or_else(|| number(written))
}

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
        let ms = |written: &str| match time(written) {
            Some(Value::Exact(time)) => Some(time.as_millis()),
            _ => None,
        };
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("1.5s"), Some(1500));
        assert_eq!(ms("+.5S"), Some(500));
        assert_eq!(ms("750 ms"), Some(750));
        assert_eq!(ms("10s"), Some(10_000));
        let longest = Some(Value::Limited(LONGEST_PAUSE));
        assert_eq!(time("10.1s"), longest);
        assert_eq!(
            time("99999999999999999999999999999999999999999999s"),
            longest
        );
        for bad in ["", "s", "ms", "1", "-1s", "1e3s", "infs", "nans", "1..2s"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    fn exact(value: Option<Value<f32>>) -> f32 {
        match value {
            Some(Value::Exact(value)) => value,
            _ => f32::NAN,
        }
    }

    #[test]
    fn prosody_is_named_or_measured() {
        for (written, expected) in [
            ("50%", 0.5),
            ("+50%", 1.5),
            ("-20%", 0.8),
            ("2", 2.0),
            ("+0.5", 1.5),
            ("x-slow", 0.5),
        ] {
            assert!((exact(rate(written)) - expected).abs() < 1e-6, "{written}");
        }
        for (written, expected) in [
            ("+2st", 2.0),
            ("-1.5ST", -1.5),
            ("2st", 2.0),
            ("+100%", 12.0),
            ("-50%", -12.0),
            ("high", 3.0),
        ] {
            assert!((exact(pitch(written)) - expected).abs() < 1e-5, "{written}");
        }
        for (written, expected) in [
            ("+6dB", 6.0),
            ("-3db", -3.0),
            ("silent", -60.0),
            ("100", 0.0),
            ("50", -6.0206),
            ("-50%", -6.0206),
            ("+100", 6.0206),
            ("0", -60.0),
        ] {
            assert!(
                (exact(volume(written)) - expected).abs() < 1e-3,
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_limited_and_what_is_no_value_is_told() {
        assert_eq!(rate("5"), Some(Value::Limited(4.0)));
        assert_eq!(rate("0%"), Some(Value::Limited(0.25)));
        assert_eq!(pitch("+25st"), Some(Value::Limited(24.0)));
        assert_eq!(pitch("-100%"), Some(Value::Limited(-24.0)));
        assert_eq!(volume("+30dB"), Some(Value::Limited(20.0)));
        assert_eq!(pitch("+50Hz"), Some(Value::Meaningless));
        assert_eq!(pitch("180hz"), Some(Value::Meaningless));
        for bad in ["", "%", "quick", "NaN", "inf", "1e0"] {
            assert_eq!(
                (rate(bad), pitch(bad), volume(bad)),
                (None, None, None),
                "{bad}"
            );
        }
        assert_eq!((pitch("10%"), pitch("xHz")), (None, None));
    }
}
