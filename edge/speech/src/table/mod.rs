//! Reads an uploaded table as programs of tables write it: its encoding and separator, its header, its rows with the lines they begin
//! on, and everything that is wrong with any of them.

mod archive;
mod columns;
mod encoding;
mod kinds;
mod lines;
mod plausible;
mod rows;
mod separator;
mod sheet;
#[cfg(test)]
mod tests;
mod workbook;
#[cfg(test)]
mod workbook_tests;

use csv::StringRecord;
use kiskadee_edge_kit::{FieldError, request::faults::MAX_LISTED};
use kiskadee_shared::limits::CSV_ROWS;

use self::{
    columns::{Columns, is_blank},
    kinds::Kind,
    lines::{Lines, leaves_quote_open},
    rows::Row,
    separator::Separator,
    sheet::Cell,
    workbook::{Workbook, WorkbookError},
};
use crate::bodies::{Encoding, ReadAs};

/// Characters of the name of a sheet, of which Excel allows 31.
const SHEET_CHARS: usize = 64;
const AS_UTF8: &str = "save it as UTF-8 (in Excel: Save As, `CSV UTF-8`)";

/// Why a file cannot be read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the file is {name}; {advice}")]
    OtherKind {
        name: &'static str,
        advice: &'static str,
    },
    #[error(
        "the file is a workbook (.xlsx) that cannot be read: {0}; open it and save it again, or save it as CSV (in Excel: Save As, `CSV UTF-8`)"
    )]
    Workbook(WorkbookError),
    #[error("the file is UTF-8 with damaged characters: see line {line}; {AS_UTF8}")]
    BrokenUtf8 { line: u64 },
    #[error("the file is UTF-16 with damaged characters: see line {line}; {AS_UTF8}")]
    BrokenUtf16 { line: u64 },
    #[error("the file seems to be {name} without a byte order mark; {AS_UTF8}")]
    NoMark { name: &'static str },
    #[error("the file is {name}; {AS_UTF8}")]
    OtherEncoding { name: &'static str },
    #[error("the file is neither UTF-8 nor certainly Windows-1252: see line {line}; {AS_UTF8}")]
    UnknownEncoding { line: u64 },
    #[error(
        "the first line, `sep=`, must name a comma, a semicolon, a tab or a bar, and has `{found}`"
    )]
    BadSeparator { found: String },
    #[error(
        "the header has {one} and {other}: part all columns by one of them, or name it in a first line such as `sep=;`"
    )]
    Ambiguous {
        one: &'static str,
        other: &'static str,
    },
}

/// What a file says: items, the lines they come from, and the errors of form.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub rows: Vec<Row>,
    pub lines: Vec<u64>,
    pub errors: Vec<FieldError>,
    encoding: Option<Encoding>,
    separator: Option<char>,
    sheet: Option<String>,
    header_line: u64,
    ignored_columns: Vec<String>,
    empty_rows: u64,
}

/// Reads a file. A header that cannot be used leaves the rows unread, for their columns are not known.
pub(crate) fn read(file: &[u8]) -> Result<Table, Unreadable> {
    if kinds::is_workbook(file) {
        let most = 2 + *CSV_ROWS.end();
        let workbook = Workbook::read(file, most).map_err(Unreadable::Workbook)?;
        return Ok(read_workbook(workbook));
    }
    if let Some(Kind { name, advice }) = kinds::other_than_text(file) {
        return Err(Unreadable::OtherKind { name, advice });
    }
    let (text, encoding) = encoding::decode(file)?;
    let (separator, text) = separator::find(&text)?;
    let mut table = Table {
        encoding: Some(encoding),
        separator: Some(separator.character()),
        ..Table::default()
    };
    let mut records = Records::of(text, separator);
    if !records.advance() {
        table.note(FieldError::new("file", "is empty").at_line(1));
        return Ok(table);
    }
    table.header_line = records.line();
    let columns = Columns::read(&records.record, table.header_line, &mut table);
    if let Some(columns) = columns {
        table.take_all(records, &columns);
    }
    Ok(table)
}

fn read_workbook(workbook: Workbook) -> Table {
    let mut table = Table {
        sheet: Some(workbook.sheet.chars().take(SHEET_CHARS).collect()),
        ..Table::default()
    };
    let mut rows = workbook.rows.into_iter();
    let Some((line, header)) = rows.next() else {
        table.note(FieldError::new("file", "has nothing in its first sheet").at_line(1));
        return table;
    };
    table.header_line = line;
    let columns = Columns::read(&record_of(&header, 0), line, &mut table);
    if let Some(columns) = columns {
        for (line, cells) in rows {
            table.take_cells(line, &cells, &columns);
        }
        table.check_count((workbook.found - 1).saturating_sub(table.empty_rows as usize));
    }
    table
}

/// As many cells as there are columns at least: a workbook keeps no empty ones.
fn record_of(cells: &[Cell], width: usize) -> StringRecord {
    let missing = width.saturating_sub(cells.len());
    let texts = cells.iter().map(|cell| cell.text.as_str());
    texts.chain(std::iter::repeat_n("", missing)).collect()
}

impl Table {
    /// What the file was read as.
    pub(crate) fn read_as(&self) -> ReadAs {
        ReadAs {
            encoding: self.encoding,
            separator: self.separator.map(String::from),
            sheet: self.sheet.clone(),
            header_line: self.header_line,
            rows: self.rows.len() as u64,
            empty_rows: self.empty_rows,
            ignored_columns: self.ignored_columns.clone(),
        }
    }

    fn take_cells(&mut self, line: u64, cells: &[Cell], columns: &Columns) {
        let record = record_of(cells, columns.width);
        if record.iter().all(is_blank) {
            self.empty_rows += 1;
            return;
        }
        let faults = columns.cell_faults(cells);
        if let Some(fault) = columns.unnamed(&record) {
            self.note(of_row(line, fault));
        } else if faults.is_empty() {
            self.take(&record, line, columns);
        }
        for fault in faults {
            self.note(fault.at_line(line));
        }
    }

    fn take_all(&mut self, mut records: Records<'_>, columns: &Columns) {
        let (mut found, mut line) = (0, self.header_line);
        while records.advance() {
            if found > *CSV_ROWS.end() {
                found += usize::from(!records.record.iter().all(is_blank));
                continue;
            }
            line = records.line();
            if records.record.iter().all(is_blank) {
                self.empty_rows += 1;
                continue;
            }
            found += 1;
            match columns.fault(&records.record, records.separator) {
                Some(fault) => self.note(of_row(line, fault)),
                None => self.take(&records.record, line, columns),
            }
        }
        self.check_count(found);
        if found <= *CSV_ROWS.end() && records.leave_quote_open() {
            self.note(of_row(line, "a quote is opened here and never closed"));
        }
    }

    fn note(&mut self, error: FieldError) {
        if self.errors.len() < MAX_LISTED {
            self.errors.push(error);
        }
    }

    fn check_count(&mut self, rows: usize) {
        let (least, most) = (CSV_ROWS.start(), CSV_ROWS.end());
        if rows == 0 {
            let line = self.header_line;
            self.note(FieldError::new("file", "has a header and no rows").at_line(line));
        } else if !CSV_ROWS.contains(&rows) {
            *self = Self::default();
            self.note(FieldError::new(
                "file",
                format!("must have {least} to {most} rows, found {rows}"),
            ));
        }
    }
}

/// The records of a text, one after the other. The text is UTF-8 and rows may have any length, so reading cannot fail.
struct Records<'a> {
    text: &'a str,
    separator: Separator,
    reader: csv::Reader<&'a [u8]>,
    lines: Lines<'a>,
    record: StringRecord,
    following: StringRecord,
}

impl<'a> Records<'a> {
    fn of(text: &'a str, separator: Separator) -> Self {
        Self {
            text,
            separator,
            reader: separator.reader(text),
            lines: Lines::of(text),
            record: StringRecord::new(),
            following: StringRecord::new(),
        }
    }

    /// Makes the next record the current one; at the end the last one stays.
    fn advance(&mut self) -> bool {
        let is_there = self
            .reader
            .read_record(&mut self.following)
            .unwrap_or(false);
        if is_there {
            std::mem::swap(&mut self.record, &mut self.following);
        }
        is_there
    }

    fn line(&mut self) -> u64 {
        self.lines.line_of(&self.record)
    }

    fn leave_quote_open(&self) -> bool {
        leaves_quote_open(self.text, &self.record, self.separator.0)
    }
}

fn of_row(line: u64, message: impl Into<String>) -> FieldError {
    FieldError {
        field: None,
        index: None,
        line: Some(line),
        message: message.into(),
    }
}
