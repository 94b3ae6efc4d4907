//! What parts the cells of a file: said by a first line `sep=;`, as Excel writes and reads it, or known by the header.

use csv::{ReaderBuilder, StringRecord};

use super::{Unreadable, columns::known_in};

/// A byte that parts cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Separator(pub u8);

const COMMA: Separator = Separator(b',');
const ALL: [Separator; 4] = [COMMA, Separator(b';'), Separator(b'\t'), Separator(b'|')];

impl Separator {
    pub(super) fn name(self) -> &'static str {
        match self.0 {
            b';' => "semicolons",
            b'\t' => "tabs",
            b'|' => "bars",
            _ => "commas",
        }
    }

    pub(super) fn character(self) -> char {
        char::from(self.0)
    }

    /// Reads records of any width: what a row lacks or has too much is told by its line.
    pub(super) fn reader(self, text: &str) -> csv::Reader<&[u8]> {
        ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.0)
            .from_reader(text.as_bytes())
    }

    /// Another separator that parts this cell into at least so many.
    pub(super) fn rival(self, cell: &str, cells: usize) -> Option<Self> {
        let mut others = ALL.into_iter().filter(|other| *other != self);
        others.find(|other| cell.matches(other.character()).count() + 1 >= cells)
    }
}

/// The separator, and the text that begins with the header.
pub(super) fn find(text: &str) -> Result<(Separator, &str), Unreadable> {
    let line_end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (first, rest) = text.split_at(line_end);
    match said(first) {
        Some(separator) => Ok((separator?, rest)),
        None => Ok((of_header(text)?, text)),
    }
}

/// What a line `sep=;` says; none where it is no such line. Programs that know nothing of it quote it, or pad it like a row.
fn said(line: &str) -> Option<Result<Separator, Unreadable>> {
    let line = line.trim_matches([' ', '"']);
    let (key, value) = line.split_at_checked("sep=".len())?;
    if !key.eq_ignore_ascii_case("sep=") {
        return None;
    }
    let separator = ALL
        .into_iter()
        .find(|known| value.starts_with(known.character()))
        .filter(|_| {
            value
                .bytes()
                .all(|byte| ALL.contains(&Separator(byte)) || byte == b'"')
        });
    Some(separator.ok_or_else(|| Unreadable::BadSeparator {
        found: value.chars().take(16).collect(),
    }))
}

/// The one by which the header has the most known columns.
fn of_header(text: &str) -> Result<Separator, Unreadable> {
    let known = ALL.map(|separator| known_by(text, separator));
    let most = known.into_iter().max().unwrap_or_default();
    let mut best = ALL.into_iter().zip(known).filter(|(_, n)| *n == most);
    match (best.next(), best.next()) {
        // A header of one column looks the same by every separator.
        (Some((one, _)), Some((other, _))) if most > 0 && header_has(text, one, other) => {
            Err(Unreadable::Ambiguous {
                one: one.name(),
                other: other.name(),
            })
        }
        (Some((one, _)), _) if most > 0 => Ok(one),
        _ => Ok(COMMA),
    }
}

/// Whether a text would be a header by any separator.
pub(super) fn is_header(text: &str) -> bool {
    ALL.iter().any(|separator| known_by(text, *separator) > 0)
}

/// How many known columns the first row has.
fn known_by(text: &str, separator: Separator) -> usize {
    let mut header = StringRecord::new();
    let is_there = separator.reader(text).read_record(&mut header);
    if is_there.unwrap_or(false) {
        known_in(&header)
    } else {
        0
    }
}

fn header_has(text: &str, one: Separator, other: Separator) -> bool {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.contains(one.character()) && line.contains(other.character())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, &str) {
        let (separator, rest) = find(text).unwrap();
        (separator.character(), rest)
    }

    #[test]
    fn the_header_tells() {
        for separator in [',', ';', '\t', '|'] {
            let text = ["text", "voice_id", "language", "a,b;c"].join(&separator.to_string());
            assert_eq!(found(&text).0, separator, "{text}");
        }
        assert_eq!(found("\r\n\"Text\"; \"Voice ID\";language\r\n").0, ';');
        assert_eq!(found("text\nx").0, ',');
        assert_eq!(found("").0, ',');
    }

    #[test]
    fn a_line_of_its_own_is_believed() {
        assert_eq!(found("sep=;\r\ntext;a"), (';', "\r\ntext;a"));
        assert_eq!(found("SEP=\t\ntext"), ('\t', "\ntext"));
        assert_eq!(found("\"sep=;\"\ntext"), (';', "\ntext"));
        assert_eq!(found("sep=,,,\ntext"), (',', "\ntext"));
        for line in ["sep=", "sep=x", "sep=;x"] {
            assert!(
                matches!(find(line), Err(Unreadable::BadSeparator { .. })),
                "{line}"
            );
        }
        assert_eq!(found("separate,text").0, ',');
    }

    #[test]
    fn a_header_that_mixes_separators_is_refused() {
        assert_eq!(
            find("text;voice_id,language\n").unwrap_err(),
            Unreadable::Ambiguous {
                one: "commas",
                other: "semicolons"
            }
        );
    }
}
