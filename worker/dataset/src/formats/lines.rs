//! Bytes of a text file to its lines.

use std::borrow::Cow;

const UTF8: &[u8] = &[0xEF, 0xBB, 0xBF];
const UTF16_LITTLE: &[u8] = &[0xFF, 0xFE];
const UTF16_BIG: &[u8] = &[0xFE, 0xFF];

/// A line that can be read, or why it cannot.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u32,
    pub(super) text: Result<Cow<'a, str>, &'static str>,
}

/// The lines that have something on them, without marks of order and ends of lines. A line that is not UTF-8 spoils no other.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|two| unit(*two));
        let text: String = char::decode_utf16(units)
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        numbered(text.as_bytes()).map(Line::into_owned).collect()
    };
    if let Some(bytes) = bytes.strip_prefix(UTF16_LITTLE) {
        wide(bytes, u16::from_le_bytes)
    } else if let Some(bytes) = bytes.strip_prefix(UTF16_BIG) {
        wide(bytes, u16::from_be_bytes)
    } else {
        numbered(bytes.strip_prefix(UTF8).unwrap_or(bytes)).collect()
    }
}

fn numbered(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    lines.filter_map(|(number, bytes)| {
        let text = text(bytes);
        let is_blank = text.as_ref().is_ok_and(|text| text.trim().is_empty());
        (!is_blank).then_some(Line { number, text })
    })
}

fn text(bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|_| "is not UTF-8: save the file in that encoding")?;
    let is_binary = text.contains(|c: char| c.is_control() && c != '\t' && c != '\r');
    if is_binary || text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("has characters that are no text");
    }
    Ok(Cow::Borrowed(text))
}

impl Line<'_> {
    fn into_owned(self) -> Line<'static> {
        Line {
            number: self.number,
            text: self.text.map(|text| Cow::Owned(text.into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<(u32, Option<String>)> {
        let lines = lines(bytes).into_iter();
        lines
            .map(|line| (line.number, line.text.ok().map(Cow::into_owned)))
            .collect()
    }

    #[test]
    fn marks_and_ends_of_lines_are_no_text() {
        let expected = [(1, Some("a|b".to_owned())), (3, Some("ç|d".to_owned()))];
        assert_eq!(read("a|b\n\nç|d\n".as_bytes()), expected);
        assert_eq!(read("\u{feff}a|b\r\n \r\nç|d".as_bytes()), expected);
        for (mark, unit) in [
            (UTF16_LITTLE, u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (UTF16_BIG, u16::to_be_bytes),
        ] {
            let units = "a|b\r\n\r\nç|d".encode_utf16().flat_map(unit);
            let bytes: Vec<u8> = mark.iter().copied().chain(units).collect();
            assert_eq!(read(&bytes), expected);
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_spoils_no_other() {
        let found = read(b"a\n\xE7\xE3o\nb\x00\nc");
        assert_eq!(found.len(), 4);
        assert_eq!((found[1].1.as_ref(), found[2].1.as_ref()), (None, None));
        assert_eq!(found[3], (4, Some("c".to_owned())));
    }
}
