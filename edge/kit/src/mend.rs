//! JSON as programs really send it: behind a byte order mark, or with half a character where a text was cut by UTF-16 units.

use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// U+FFFD as an escape, as long as the one that it takes the place of.
const ESCAPED: &[u8] = b"\\ufffd";
/// U+FFFD in UTF-8, as long as half a pair in three bytes.
const WRITTEN: &[u8] = b"\xef\xbf\xbd";

/// The text without its byte order mark, and with U+FFFD for each half of a surrogate pair that stands alone.
pub(crate) fn mended(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut mended = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, instead) = step(rest);
        if let Some(instead) = instead {
            mended.to_mut()[at..at + length].copy_from_slice(instead);
        }
        at += length;
    }
    mended
}

/// How far the next sign goes, and what must stand in its place.
fn step(text: &[u8]) -> (usize, Option<&'static [u8]>) {
    match text {
        [b'\\', ..] => match (unit(text), text.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
            (Some(0xd800..=0xdfff), _) => (6, Some(ESCAPED)),
            (Some(_), _) => (6, None),
            (None, _) => (2, None),
        },
        [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => (3, Some(WRITTEN)),
        _ => (1, None),
    }
}

/// The UTF-16 unit that an escape at the beginning stands for.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| are_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> String {
        serde_json::from_slice(&mended(text)).unwrap()
    }

    #[test]
    fn halves_that_stand_alone_are_replaced() {
        for (text, said) in [
            (r#""Good \ud83d day""#, "Good \u{fffd} day"),
            (r#""\uDE00!""#, "\u{fffd}!"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
        ] {
            assert_eq!(read(text.as_bytes()), said, "{text}");
        }
        assert_eq!(read(b"\"a\xed\xa0\xbdb\""), "a\u{fffd}b");
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        for text in [
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\\\\ud83d is no escape, 한 is no half""#,
            "\"\\",
            r#""\u12"#,
            "",
        ] {
            let mended = mended(text.as_bytes());
            assert!(matches!(mended, Cow::Borrowed(_)), "{text}");
            assert_eq!(mended, text.as_bytes());
        }
        assert_eq!(read(br#""\\\ud83d""#), "\\\u{fffd}");
    }

    #[test]
    fn a_byte_order_mark_is_left_away() {
        assert_eq!(mended(b"\xef\xbb\xbf{}"), &b"{}"[..]);
    }
}
