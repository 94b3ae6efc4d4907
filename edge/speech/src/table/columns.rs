//! The header: where each known column stands, and what else is there.

use csv::StringRecord;
use kiskadee_edge_kit::FieldError;

use super::{
    Table,
    separator::{self, Separator},
    sheet::Cell,
};

/// The columns that a file may have; the first three it must have.
pub(super) const COLUMNS: [&str; 8] = [
    "text",
    "voice_id",
    "language",
    "tts_engine",
    "quality_profile",
    "response_format",
    "speed",
    "text_format",
];
pub(super) const REQUIRED: usize = 3;
/// Characters of a name, and names, that are told back.
const NAME_CHARS: usize = 64;
const NAMES: usize = 50;

/// Where each known column stands.
pub(super) struct Columns {
    pub places: [Option<usize>; COLUMNS.len()],
    /// Whether a column has a name: cells of the others must be empty.
    named: Vec<bool>,
    /// Without empty cells at the end.
    pub width: usize,
}

/// How many known columns a header has.
pub(super) fn known_in(header: &StringRecord) -> usize {
    header.iter().filter_map(known).count()
}

/// The known column of a name, whatever its case and what parts its words.
fn known(name: &str) -> Option<usize> {
    let letters = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let name = letters(name);
    COLUMNS.iter().position(|known| letters(known) == name)
}

impl Columns {
    /// Reads the header, or notes everything that is wrong with it.
    pub(super) fn read(header: &StringRecord, line: u64, table: &mut Table) -> Option<Self> {
        let mut columns = Self {
            places: [None; COLUMNS.len()],
            named: header.iter().map(|name| !is_blank(name)).collect(),
            width: width(header),
        };
        for (place, name) in header
            .iter()
            .enumerate()
            .filter(|(_, name)| !is_blank(name))
        {
            match known(name) {
                Some(column) if columns.places[column].is_none() => {
                    columns.places[column] = Some(place);
                }
                Some(column) => table.note(
                    FieldError::new(COLUMNS[column], "stands twice in the header").at_line(line),
                ),
                None if table.ignored_columns.len() < NAMES => {
                    table.ignored_columns.push(short(name));
                }
                None => {}
            }
        }
        columns.note_missing(header, line, table);
        table.errors.is_empty().then_some(columns)
    }

    fn note_missing(&self, header: &StringRecord, line: u64, table: &mut Table) {
        if self.places.iter().all(Option::is_none) {
            return table.note(FieldError::new("file", no_header(header)).at_line(line));
        }
        let found = short(&header.iter().collect::<Vec<_>>().join(", "));
        for (name, place) in COLUMNS.iter().zip(self.places).take(REQUIRED) {
            if place.is_none() {
                let message = format!("is missing in the header, which is `{found}`");
                table.note(FieldError::new(*name, message).at_line(line));
            }
        }
    }

    /// What is wrong with the shape of a row.
    pub(super) fn fault(&self, row: &StringRecord, separator: Separator) -> Option<String> {
        let found = row.len();
        if let Some(rival) = only_cell(row).and_then(|cell| separator.rival(cell, REQUIRED)) {
            return Some(format!(
                "the row has {}, the header {}",
                rival.name(),
                separator.name()
            ));
        }
        let is_short = self
            .places
            .iter()
            .take(REQUIRED)
            .flatten()
            .any(|place| *place >= found);
        if is_short || width(row) > self.width {
            let advice = if is_short {
                String::new()
            } else {
                format!("; a text with {} must stand in quotes", separator.name())
            };
            return Some(format!(
                "the row has {found} columns, the header has {}{advice}",
                self.width
            ));
        }
        self.unnamed(row)
    }

    /// What is wrong with cells of a workbook that are to be used.
    pub(super) fn cell_faults(&self, cells: &[Cell]) -> Vec<FieldError> {
        let used = self.places.iter().zip(COLUMNS);
        let used = used.filter_map(|(place, name)| Some((name, cells.get((*place)?)?)));
        let faults = used.filter_map(|(name, cell)| {
            let message = if cell.is_error {
                format!("is the error {} of a formula", cell.text)
            } else if cell.is_formatted && name == COLUMNS[0] {
                "is a date or a number in a format that only the program of the workbook knows: write it as text".to_owned()
            } else {
                return None;
            };
            Some(FieldError::new(name, message))
        });
        faults.collect()
    }

    /// What is wrong with a row that has something under no name.
    pub(super) fn unnamed(&self, row: &StringRecord) -> Option<String> {
        let named = self.named.iter().chain(std::iter::repeat(&false));
        let mut cells = row.iter().zip(named).enumerate();
        let (place, _) = cells.find(|(_, (cell, is_named))| !**is_named && !is_blank(cell))?;
        Some(format!(
            "column {} is not empty and has no name in the header",
            place + 1
        ))
    }
}

/// What is wrong with a first row that names no column.
fn no_header(row: &StringRecord) -> String {
    if only_cell(row).is_some_and(separator::is_header) {
        return "has a header that is one cell, since it is in quotes as a whole: write it, and the rows, without them".to_owned();
    }
    let (wanted, found) = (
        COLUMNS[..REQUIRED].join(", "),
        short(&row.iter().collect::<Vec<_>>().join(", ")),
    );
    format!("has no header: its first row must name the columns {wanted}, and is `{found}`")
}

/// Columns up to the last that is not empty.
fn width(record: &StringRecord) -> usize {
    let cells = record.iter().enumerate();
    let filled = cells.filter(|(_, cell)| !is_blank(cell));
    filled.last().map_or(0, |(last, _)| last + 1)
}

/// Nothing that can be seen; old programs end a file with U+001A, and what fills up a damaged one is U+0000.
pub(super) fn is_blank(cell: &str) -> bool {
    cell.chars()
        .all(|c| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{1a}' | '\0'))
}

fn only_cell(record: &StringRecord) -> Option<&str> {
    record.get(0).filter(|_| record.len() == 1)
}

/// A name as it is told back.
fn short(name: &str) -> String {
    let name = name
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    name.take(NAME_CHARS).collect()
}
