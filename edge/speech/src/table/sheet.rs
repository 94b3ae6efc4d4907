//! The cells of a sheet of a workbook.

use quick_xml::events::{BytesStart, Event};

use super::workbook::{attribute, push_content, unescaped};

/// Columns that are read; what stands beyond is left out.
const MOST_COLUMNS: usize = 1024;
/// Digits that Excel shows of a number.
const DIGITS: i32 = 15;

/// A cell, as far as it matters what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub text: String,
    /// The number of its text among those of the workbook.
    pub shared: Option<usize>,
    pub style: usize,
    pub is_number: bool,
    /// It looks otherwise than its text says.
    pub is_formatted: bool,
    /// The formula in it failed, as its text says.
    pub is_error: bool,
}

/// A sheet while it is read: rows with their numbers, without those that are empty.
pub(super) struct Sheet {
    pub rows: Vec<(u64, Vec<Cell>)>,
    /// How many there are, those that were not kept included.
    pub found: usize,
    most_rows: usize,
    row: u64,
    cells: Vec<Cell>,
    column: usize,
    kind: String,
    cell: Cell,
    is_content: bool,
    is_reading: bool,
}

impl Sheet {
    pub(super) fn new(most_rows: usize) -> Self {
        Self {
            rows: Vec::new(),
            found: 0,
            most_rows,
            row: 0,
            cells: Vec::new(),
            column: 0,
            kind: String::new(),
            cell: Cell::default(),
            is_content: false,
            is_reading: false,
        }
    }

    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag);
                self.end(tag.local_name().as_ref());
            }
            Event::End(tag) => self.end(tag.local_name().as_ref()),
            event if self.is_content && !self.is_reading => {
                push_content(&mut self.cell.text, event);
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            b"row" => {
                let number = attribute(tag, "r").and_then(|number| number.parse().ok());
                self.row = number.unwrap_or(self.row + 1);
                self.column = 0;
            }
            b"c" => {
                let place = attribute(tag, "r").and_then(|place| column_of(&place));
                self.column = place.unwrap_or(self.column);
                self.kind = attribute(tag, "t").unwrap_or_default();
                let style = attribute(tag, "s").and_then(|style| style.parse().ok());
                self.cell = Cell {
                    style: style.unwrap_or(0),
                    ..Cell::default()
                };
            }
            b"v" | b"t" => self.is_content = true,
            b"rPh" => self.is_reading = true,
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"v" | b"t" => self.is_content = false,
            b"rPh" => self.is_reading = false,
            b"c" => self.end_cell(),
            b"row" => self.end_row(),
            _ => {}
        }
    }

    fn end_cell(&mut self) {
        let mut cell = std::mem::take(&mut self.cell);
        match self.kind.as_str() {
            "s" => cell.shared = cell.text.trim().parse().ok(),
            "str" | "inlineStr" => cell.text = unescaped(&cell.text),
            "e" => cell.is_error = true,
            "b" => {
                let is_false = cell.text.trim() == "0";
                cell.text = String::from(if is_false { "FALSE" } else { "TRUE" });
            }
            "d" => cell.is_number = true,
            _ => {
                cell.is_number = !cell.text.is_empty();
                cell.text = shown(cell.text.trim());
            }
        }
        if self.column < MOST_COLUMNS && !cell.text.is_empty() {
            self.cells
                .resize(self.cells.len().max(self.column), Cell::default());
            self.cells.truncate(self.column);
            self.cells.push(cell);
        }
        self.column += 1;
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.found += usize::from(!cells.is_empty());
        if !cells.is_empty() && self.rows.len() < self.most_rows {
            self.rows.push((self.row, cells));
        }
    }
}

/// The column of `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |number, letter| {
        number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}

/// A number as Excel shows it, without what binary fractions add: 1.1 for 1.1000000000000001.
fn shown(written: &str) -> String {
    let Ok(number) = written.parse::<f64>() else {
        return written.to_owned();
    };
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let places = DIGITS - 1 - number.abs().log10().floor() as i32;
    let rounded = format!("{number:.*}", places.clamp(0, 30) as usize);
    if rounded.contains('.') {
        rounded
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (place, column) in [
            ("A1", Some(0)),
            ("z9", Some(25)),
            ("AB12", Some(27)),
            ("XFD1", Some(16_383)),
            ("7", None),
        ] {
            assert_eq!(column_of(place), column, "{place}");
        }
    }

    #[test]
    fn numbers_are_as_they_are_shown() {
        for (written, expected) in [
            ("1", "1"),
            ("2026", "2026"),
            ("1.1000000000000001", "1.1"),
            ("0.30000000000000004", "0.3"),
            ("1.25E2", "125"),
            ("-0.5", "-0.5"),
            ("0", "0"),
            ("1e300x", "1e300x"),
        ] {
            assert_eq!(shown(written), expected);
        }
    }
}
