//! Which encoding a file of text has, and the text: UTF-8, UTF-16 with a byte order mark, or Windows-1252, as Excel writes them.

use std::borrow::Cow;

use super::{Unreadable, lines::newlines, plausible::is_plausible};
use crate::bodies::Encoding;

/// What a file without a mark is judged by.
const SAMPLE_BYTES: usize = 4096;

/// The text without its mark, and how it was written.
pub(super) fn decode(file: &[u8]) -> Result<(Cow<'_, str>, Encoding), Unreadable> {
    match file {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            Err(Unreadable::OtherEncoding { name: "UTF-32" })
        }
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => unmarked(file),
    }
}

fn utf16(
    bytes: &[u8],
    unit: fn([u8; 2]) -> u16,
) -> Result<(Cow<'static, str>, Encoding), Unreadable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let broken = |_| Unreadable::BrokenUtf16 {
            line: 1 + newlines(text.as_bytes()),
        };
        text.push(c.map_err(broken)?);
    }
    if !rest.is_empty() {
        let line = 1 + newlines(text.as_bytes());
        return Err(Unreadable::BrokenUtf16 { line });
    }
    Ok((text.into(), Encoding::Utf16))
}

fn unmarked(file: &[u8]) -> Result<(Cow<'_, str>, Encoding), Unreadable> {
    if let Some(name) = wide(file) {
        return Err(Unreadable::NoMark { name });
    }
    match std::str::from_utf8(file) {
        Ok(text) => Ok((text.trim_start_matches('\u{feff}').into(), Encoding::Utf8)),
        Err(error) => {
            let before = file.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + newlines(before);
            if is_damaged_utf8(file) {
                return Err(Unreadable::BrokenUtf8 { line });
            }
            windows_1252(file)
                .filter(|text| is_plausible(text))
                .map(|text| (text.into(), Encoding::Windows1252))
                .ok_or(Unreadable::UnknownEncoding { line })
        }
    }
}

/// Text of two or four bytes a character: its header, which is of ASCII letters, has zeros in the same places throughout.
fn wide(file: &[u8]) -> Option<&'static str> {
    let sample = file.get(..SAMPLE_BYTES).unwrap_or(file);
    let (quads, _) = sample.as_chunks::<4>();
    let zeros = |place: usize| quads.iter().filter(|quad| quad[place] == 0).count();
    let is_zero = [0, 1, 2, 3].map(|place| zeros(place) * 2 > quads.len());
    match is_zero {
        [true, true, true, false] | [false, true, true, true] => Some("UTF-32"),
        [true, false, true, false] | [false, true, false, true] => Some("UTF-16"),
        _ => None,
    }
}

/// UTF-8 of which a part is spoilt: at least as many characters beyond ASCII are whole as are broken. In other encodings bytes that
/// make such a character by chance are rare.
fn is_damaged_utf8(file: &[u8]) -> bool {
    let (mut whole, mut broken) = (usize::from(file.starts_with(b"\xef\xbb\xbf")), 0);
    for chunk in file.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > 0 && whole >= broken
}

/// None where a byte has no meaning in Windows-1252.
fn windows_1252(file: &[u8]) -> Option<String> {
    file.iter()
        .map(|&byte| match byte {
            0x80..=0x9f => Some(C1[usize::from(byte - 0x80)]).filter(|c| *c != '\0'),
            byte => Some(char::from(byte)),
        })
        .collect()
}

/// The bytes 0x80 to 0x9f; those without a meaning are U+0000.
const C1: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_are_believed() {
        let text = "texto,voz\r\nÉ 🦜\r\n";
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let file = utf16(&format!("\u{feff}{text}"), bytes);
            assert_eq!(decode(&file).unwrap(), (text.into(), Encoding::Utf16));
        }
        let file = format!("\u{feff}{text}");
        assert_eq!(
            decode(file.as_bytes()).unwrap(),
            (text.into(), Encoding::Utf8)
        );
    }

    #[test]
    fn utf_16_without_a_mark_or_cut_off_is_named() {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let error = decode(&utf16("text,voice_id\nOlá", bytes)).unwrap_err();
            assert_eq!(error, Unreadable::NoMark { name: "UTF-16" });
        }
        let mut file = utf16("\u{feff}text\nx", u16::to_le_bytes);
        file.pop();
        assert_eq!(
            decode(&file).unwrap_err(),
            Unreadable::BrokenUtf16 { line: 2 }
        );
        let utf32: Vec<u8> = "text,v"
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect();
        assert_eq!(
            decode(&utf32).unwrap_err(),
            Unreadable::NoMark { name: "UTF-32" }
        );
    }

    #[test]
    fn windows_1252_is_recognised() {
        let (text, encoding) = decode(b"a\nOl\xe1 \x96 \xe9 \x93s\xf3\x94 caf\xe9 \x80 5").unwrap();
        assert_eq!(text, "a\nOlá – é “só” café € 5");
        assert_eq!(encoding, Encoding::Windows1252);
    }

    #[test]
    fn damaged_utf_8_is_not_taken_for_another_encoding() {
        let mut file = "a\nção café\nmaçã".as_bytes().to_vec();
        file.pop();
        assert_eq!(
            decode(&file).unwrap_err(),
            Unreadable::BrokenUtf8 { line: 3 }
        );
        assert_eq!(
            decode(b"\xef\xbb\xbftext\ncaf\xe9").unwrap_err(),
            Unreadable::BrokenUtf8 { line: 2 }
        );
    }

    #[test]
    fn bytes_without_a_meaning_are_refused() {
        assert_eq!(
            decode(b"a\nmanh\xe3 a\x8d\x8bo").unwrap_err(),
            Unreadable::UnknownEncoding { line: 2 }
        );
    }
}
