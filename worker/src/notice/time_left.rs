//! How much time a notice leaves, in the words in which it may say so.

use std::time::Duration;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Notice;

/// What a file or an address tells. `FALSE` is no notice, whatever else is one.
pub(super) fn told(text: &str) -> Option<Notice> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("false") {
        return None;
    }
    Some(match serde_json::from_str::<Value>(text) {
        Ok(Value::Number(seconds)) => seconds.as_f64().and_then(seconds_left),
        Ok(Value::Object(members)) => {
            let seconds = members.get("seconds").and_then(Value::as_f64);
            let end = members.get("time").and_then(Value::as_str);
            let by_seconds = seconds.and_then(seconds_left);
            by_seconds.or_else(|| end.and_then(until_text))
        }
        _ => until_text(text),
    })
}

fn seconds_left(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}

fn until_text(text: &str) -> Option<Duration> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(until)
}

/// Nothing where it is over.
pub(super) fn until(end: OffsetDateTime) -> Duration {
    let left = end - OffsetDateTime::now_utc();
    Duration::try_from(left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_may_be_told_in_several_ways() {
        let seconds = |count| Some(Some(Duration::from_secs(count)));
        assert_eq!(told("5\n"), seconds(5));
        assert_eq!(told("-1"), seconds(0));
        assert_eq!(told("{\"seconds\": 30}"), seconds(30));
        assert_eq!(told("2020-01-01T00:00:00Z"), seconds(0));
        assert_eq!(told("{\"time\": \"2020-01-01T00:00:00Z\"}"), seconds(0));
        assert_eq!(told("FALSE"), None);
        for without in ["", "TRUE", "soon", "{}", "[1]"] {
            assert_eq!(told(without), Some(None), "{without}");
        }
        let end = OffsetDateTime::now_utc() + Duration::from_secs(100);
        let left = until(end).as_secs_f64();
        assert!((99.0..=100.0).contains(&left), "{left}");
    }
}
