//! Postgres' ranges as the interface's pairs of optional bounds, and back.

use bytes::BytesMut;

use crate::bindings::postgres::RangeBoundKind;

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// A lower and an upper bound; `none` is unbounded.
pub(super) type Range<T> = (Option<(T, RangeBoundKind)>, Option<(T, RangeBoundKind)>);

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// Reads a range. The interface has no word for the empty range, which is therefore an error and no wrong answer.
pub(super) fn decode<T>(
    raw: &[u8],
    item: impl Fn(&[u8]) -> Result<T, Failure>,
) -> Result<Range<T>, Failure> {
    let (&flags, mut rest) = raw.split_first().ok_or("short range")?;
    if flags & EMPTY != 0 {
        return Err("an empty range cannot be told to a component".into());
    }
    let mut bound = |infinite: u8, inclusive: u8| -> Result<_, Failure> {
        if flags & infinite != 0 {
            return Ok(None);
        }
        let (length, tail) = rest.split_first_chunk().ok_or("short range")?;
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (value, tail) = tail.split_at_checked(length).ok_or("short range")?;
        rest = tail;
        let kind = match flags & inclusive {
            0 => RangeBoundKind::Exclusive,
            _ => RangeBoundKind::Inclusive,
        };
        Ok(Some((item(value)?, kind)))
    };
    let lower = bound(LOWER_INFINITE, LOWER_INCLUSIVE)?;
    let upper = bound(UPPER_INFINITE, UPPER_INCLUSIVE)?;
    Ok((lower, upper))
}

/// Writes a range.
pub(super) fn encode<T>(
    (lower, upper): &Range<T>,
    out: &mut BytesMut,
    item: impl Fn(&T) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    let flag = |bound: &Option<(T, RangeBoundKind)>, infinite, inclusive| match bound {
        None => infinite,
        Some((_, RangeBoundKind::Inclusive)) => inclusive,
        Some((_, RangeBoundKind::Exclusive)) => 0,
    };
    let flags =
        flag(lower, LOWER_INFINITE, LOWER_INCLUSIVE) | flag(upper, UPPER_INFINITE, UPPER_INCLUSIVE);
    out.extend_from_slice(&[flags]);
    for (value, _) in [lower, upper].into_iter().flatten() {
        let bytes = item(value)?;
        out.extend_from_slice(&u32::try_from(bytes.len())?.to_be_bytes());
        out.extend_from_slice(&bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(range: Range<i32>) -> Range<i32> {
        let mut out = BytesMut::new();
        encode(&range, &mut out, |value| Ok(value.to_be_bytes().to_vec())).unwrap();
        decode(&out, |raw| Ok(i32::from_be_bytes(raw.try_into()?))).unwrap()
    }

    #[test]
    fn bounds_round_trip() {
        let full = round_trip((
            Some((3, RangeBoundKind::Inclusive)),
            Some((9, RangeBoundKind::Exclusive)),
        ));
        assert!(matches!(full.0, Some((3, RangeBoundKind::Inclusive))));
        assert!(matches!(full.1, Some((9, RangeBoundKind::Exclusive))));
        let open = round_trip((None, Some((9, RangeBoundKind::Inclusive))));
        assert!(open.0.is_none());
        assert!(matches!(open.1, Some((9, RangeBoundKind::Inclusive))));
    }

    #[test]
    fn an_empty_range_is_an_error() {
        assert!(decode(&[EMPTY], |_| Ok(0)).is_err());
    }
}
