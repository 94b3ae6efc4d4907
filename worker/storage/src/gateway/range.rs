//! The `Range` header, as far as it is served here: one range of bytes (RFC 9110, section 14).

use std::ops::Range;

/// What a `Range` header asks of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no header, one of another unit, a malformed one, or several ranges, which a server may ignore.
    Whole,
    Part(Range<u64>),
    /// A well-formed range that no byte falls into.
    Nothing,
}

pub(super) fn parse(header: Option<&str>, bytes: u64) -> Wanted {
    let Some(spec) = header.and_then(|header| header.strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Wanted::Whole;
    };
    match (number(first), number(last)) {
        (Ok(Some(first)), Ok(Some(last))) if first > last => Wanted::Whole,
        (Ok(Some(first)), Ok(last)) => part(
            first,
            last.map_or(bytes, |last| last.saturating_add(1)),
            bytes,
        ),
        (Ok(None), Ok(Some(0))) => Wanted::Nothing,
        (Ok(None), Ok(Some(suffix))) => part(bytes.saturating_sub(suffix), bytes, bytes),
        _ => Wanted::Whole,
    }
}

fn part(start: u64, end: u64, bytes: u64) -> Wanted {
    if start >= bytes {
        Wanted::Nothing
    } else {
        Wanted::Part(start..end.min(bytes))
    }
}

/// Digits only; none at all is a number left out. More digits than a number holds mean the largest one.
fn number(text: &str) -> Result<Option<u64>, ()> {
    match text {
        "" => Ok(None),
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            Ok(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_cut_to_the_object() {
        for (header, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-5", Wanted::Part(2..6)),
            ("bytes=7-", Wanted::Part(7..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=5-99999999999999999999", Wanted::Part(5..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=99999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
        ] {
            assert_eq!(parse(Some(header), 10), expected, "{header}");
        }
        assert_eq!(parse(Some("bytes=0-"), 0), Wanted::Nothing);
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=0-1,4-5",
            "items=0-1",
            "bytes=1",
        ] {
            assert_eq!(parse(Some(header), 10), Wanted::Whole, "{header}");
        }
        assert_eq!(parse(None, 10), Wanted::Whole);
    }
}
