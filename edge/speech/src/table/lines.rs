//! Where the records of a CSV stand in its text: what the reader of records does not tell.

use csv::StringRecord;

/// The last record runs to the end of the file inside quotes.
pub(crate) fn leaves_quote_open(text: &str, last: &StringRecord, separator: u8) -> bool {
    let rest = text
        .get(start(last)..)
        .unwrap_or_default()
        .trim_start_matches(['\r', '\n']);
    let mut is_quoted = false;
    let mut may_open = true;
    for byte in rest.bytes() {
        if is_quoted {
            is_quoted = byte != b'"';
            // A doubled quote is one inside the cell: it closes and opens again.
            may_open = true;
        } else {
            is_quoted = may_open && byte == b'"';
            may_open = byte == separator;
        }
    }
    is_quoted
}

fn start(record: &StringRecord) -> usize {
    record
        .position()
        .map_or(0, |position| position.byte() as usize)
}

/// Counts lines as an editor does, quoted line breaks and blank lines included.
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    counted_to: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            counted_to: 0,
            line: 1,
        }
    }

    /// The line that a record begins on. Records come in order. The reader's position is before the line breaks that
    /// end the record before and before blank lines.
    pub(crate) fn line_of(&mut self, record: &StringRecord) -> u64 {
        let mut begin = start(record);
        while matches!(self.text.get(begin), Some(b'\r' | b'\n')) {
            begin += 1;
        }
        self.line += newlines(self.text.get(self.counted_to..begin).unwrap_or_default());
        self.counted_to = begin;
        self.line
    }
}

/// Line breaks: LF, CRLF, and the lone CR of old Macs.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut bytes = bytes.iter().peekable();
    while let Some(byte) = bytes.next() {
        let is_break = match byte {
            b'\n' => true,
            b'\r' => bytes.peek() != Some(&&b'\n'),
            _ => false,
        };
        count += u64::from(is_break);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_break_counts_once() {
        assert_eq!(newlines(b"a\nb\r\nc\rd"), 3);
        assert_eq!(newlines(b"\r\r\n\n"), 3);
        assert_eq!(newlines(b""), 0);
    }

    #[test]
    fn doubled_quotes_do_not_end_a_cell() {
        let record = StringRecord::new();
        for (text, expected) in [
            ("a,\"b\"\"", true),
            ("a,\"b\"\"\"", false),
            ("\"a,b", true),
            ("a\"b,c", false),
            ("\"\"", false),
        ] {
            assert_eq!(leaves_quote_open(text, &record, b','), expected, "{text}");
        }
    }
}
