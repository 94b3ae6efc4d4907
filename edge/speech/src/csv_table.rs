//! Reads an uploaded CSV: its header, its rows with the lines they begin on, and everything that is wrong with either.

use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};
use kiskadee_edge_kit::{FieldError, request::faults::MAX_LISTED};
use kiskadee_shared::{format::ResponseFormat, limits::CSV_ROWS, quality::QualityProfile};
use serde::Serialize;

use crate::{
    checks::{self, Check},
    csv_lines::{Lines, leaves_quote_open, newlines},
    request::{Item, measured},
};

/// Why a file cannot be read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CsvError {
    #[error("the file is not UTF-8: see line {line}")]
    NotUtf8 { line: u64 },
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
}

/// What a file says: items, the lines they come from, and the errors of form.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub rows: Vec<Row>,
    pub lines: Vec<u64>,
    pub errors: Vec<FieldError>,
}

/// One row, as far as it was well-formed.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    cells: [Option<String>; COLUMNS.len()],
    quality_profile: QualityProfile,
    response_format: ResponseFormat,
}

/// The columns that a file may have; the first three it must have.
const COLUMNS: [&str; 6] = [
    "text",
    "voice_id",
    "language",
    "tts_engine",
    "quality_profile",
    "response_format",
];
const TEXT: usize = 0;
const VOICE: usize = 1;
const LANGUAGE: usize = 2;
const ENGINE: usize = 3;
const QUALITY: usize = 4;
const FORMAT: usize = 5;
const REQUIRED: usize = 3;
const HEADER_LINE: u64 = 1;

impl Row {
    pub(crate) fn item(&self) -> Item<'_> {
        let [text, voice_id, language, tts_engine, ..] =
            self.cells.each_ref().map(Option::as_deref);
        let (quality_profile, response_format) = (self.quality_profile, self.response_format);
        Item {
            text,
            units: measured(text, language),
            voice_id,
            language,
            tts_engine,
            quality_profile,
            response_format,
            speed: 1.0,
            timestamps: false,
            start_before: None,
        }
    }
}

/// Reads a file. A header that cannot be used leaves the rows unread, for their columns are not known.
pub(crate) fn read(file: &[u8]) -> Result<Table, CsvError> {
    let text = utf8(file)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut lines = Lines::of(text);
    let (mut record, mut following) = (StringRecord::new(), StringRecord::new());
    if !advance(&mut reader, &mut record, &mut following) {
        table.note(FieldError::new("file", "is empty").at_line(HEADER_LINE));
        return Ok(table);
    }
    let header_line = lines.line_of(&record);
    let Some(columns) = columns(&record, header_line, &mut table) else {
        return Ok(table);
    };
    let (mut found, mut line) = (0, header_line);
    while advance(&mut reader, &mut record, &mut following) {
        found += 1;
        if found <= *CSV_ROWS.end() {
            line = lines.line_of(&record);
            table.take(&record, line, &columns);
        }
    }
    table.check_count(found, header_line);
    if leaves_quote_open(text, &record) && found <= *CSV_ROWS.end() {
        table.note(of_row(line, "a quote is opened here and never closed"));
    }
    Ok(table)
}

/// The text without a byte order mark.
fn utf8(file: &[u8]) -> Result<&str, CsvError> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Err(CsvError::Utf16);
    }
    let text = std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        CsvError::NotUtf8 {
            line: 1 + newlines(before),
        }
    })?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// Reads the next record into `following` and makes it the current one; at the end the last one stays. The text is UTF-8 and
/// rows may have any length, so reading cannot fail.
fn advance(
    reader: &mut csv::Reader<&[u8]>,
    record: &mut StringRecord,
    following: &mut StringRecord,
) -> bool {
    let is_there = reader.read_record(following).unwrap_or(false);
    if is_there {
        std::mem::swap(record, following);
    }
    is_there
}

/// Where each known column stands.
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
}

/// Reads the header, or notes everything that is wrong with it.
fn columns(header: &StringRecord, line: u64, table: &mut Table) -> Option<Columns> {
    let mut columns = Columns {
        places: [None; COLUMNS.len()],
        width: header.len(),
    };
    if let (1, Some(only)) = (
        header.len(),
        header.get(0).filter(|only| only.contains([';', '\t'])),
    ) {
        let separator = if only.contains(';') {
            "semicolons"
        } else {
            "tabs"
        };
        table.note(
            FieldError::new(
                "file",
                format!("separates columns by {separator}; use commas"),
            )
            .at_line(line),
        );
        return None;
    }
    for (place, name) in header.iter().enumerate() {
        let name = name.trim().to_lowercase();
        match COLUMNS.iter().position(|known| *known == name) {
            Some(column) if columns.places[column].is_none() => {
                columns.places[column] = Some(place);
            }
            Some(_) => {
                table.note(FieldError::new(name, "stands twice in the header").at_line(line));
            }
            None => {
                let message = format!("is not a known column; known are {}", COLUMNS.join(", "));
                table.note(
                    FieldError::new(name.chars().take(64).collect::<String>(), message)
                        .at_line(line),
                );
            }
        }
    }
    for (name, place) in COLUMNS.iter().zip(columns.places).take(REQUIRED) {
        if place.is_none() {
            table.note(FieldError::new(*name, "is missing in the header").at_line(line));
        }
    }
    table.errors.is_empty().then_some(columns)
}

impl Table {
    fn note(&mut self, error: FieldError) {
        if self.errors.len() < MAX_LISTED {
            self.errors.push(error);
        }
    }

    /// Takes a row in, with what is wrong with its cells.
    fn take(&mut self, record: &StringRecord, line: u64, columns: &Columns) {
        if record.len() != columns.width {
            let message = format!(
                "the row has {} columns, the header has {}",
                record.len(),
                columns.width
            );
            return self.note(of_row(line, message));
        }
        let mut cell = |column: usize, check: &dyn Fn(&str) -> Check| {
            let whole = record.get(columns.places[column]?).unwrap_or_default();
            let value = if column == TEXT { whole } else { whole.trim() };
            if value.is_empty() && column >= REQUIRED {
                return None;
            }
            match check(value) {
                Ok(()) => Some(value.to_owned()),
                Err(message) => {
                    self.note(FieldError::new(COLUMNS[column], message).at_line(line));
                    None
                }
            }
        };
        let text = cell(TEXT, &checks::text);
        let voice = cell(VOICE, &checks::name);
        let language = cell(LANGUAGE, &checks::language);
        let engine = cell(ENGINE, &checks::name);
        let quality = cell(QUALITY, &known::<QualityProfile>);
        let format = cell(FORMAT, &known::<ResponseFormat>);
        self.lines.push(line);
        self.rows.push(Row {
            quality_profile: parsed(quality.as_deref()),
            response_format: parsed(format.as_deref()),
            cells: [text, voice, language, engine, quality, format],
        });
    }

    fn check_count(&mut self, rows: usize, header_line: u64) {
        let (least, most) = (CSV_ROWS.start(), CSV_ROWS.end());
        if rows == 0 {
            self.note(FieldError::new("file", "has a header and no rows").at_line(header_line));
        } else if !CSV_ROWS.contains(&rows) {
            *self = Self::default();
            self.note(FieldError::new(
                "file",
                format!("must have {least} to {most} rows, found {rows}"),
            ));
        }
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

fn known<T: FromStr<Err: ToString>>(name: &str) -> Check {
    name.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn parsed<T: FromStr + Default>(name: Option<&str>) -> T {
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(file: &str) -> Table {
        read(file.as_bytes()).unwrap()
    }

    fn errors(file: &str) -> Vec<(u64, String, String)> {
        let errors = table(file).errors.into_iter();
        errors
            .map(|e| (e.line.unwrap_or(0), e.field.unwrap_or_default(), e.message))
            .collect()
    }

    fn bad_lines(file: &str) -> Vec<u64> {
        errors(file).into_iter().map(|(line, ..)| line).collect()
    }

    const HEADER: &str = "text,voice_id,language\n";

    #[test]
    fn rows_become_items() {
        let table = table(
            "text,voice_id,language,response_format\n\"Hi, you\", default ,en,mp3\nBye,default,de,\n",
        );
        assert!(table.errors.is_empty());
        assert_eq!(table.lines, [2, 3]);
        let first = table.rows[0].item();
        assert_eq!(
            (first.text, first.voice_id),
            (Some("Hi, you"), Some("default"))
        );
        assert_eq!(first.response_format, ResponseFormat::Mp3);
        assert_eq!(table.rows[1].item().response_format, ResponseFormat::Wav);
    }

    #[test]
    fn columns_may_come_in_any_order_and_case() {
        let table = table("\u{feff}Language, TEXT ,voice_id\r\nen,Hello,default\r\n");
        assert!(table.errors.is_empty());
        assert_eq!(table.rows[0].item().text, Some("Hello"));
        assert_eq!(table.lines, [2]);
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        let file = "text,voice_id,language\r\n\"two\r\nlines\",v,en\r\n\r\nthird,v,!\r\n\"a\n\n\nb\",v,en\r\nlast,v,?\r\n";
        assert_eq!(table(file).lines, [2, 5, 6, 10]);
        assert_eq!(bad_lines(file), [5, 10]);
        assert_eq!(
            table("text,voice_id,language\ra,v,en\rb,v,en").lines,
            [2, 3]
        );
    }

    #[test]
    fn every_bad_row_is_listed_with_its_reasons() {
        let file =
            format!("{HEADER},v,en\nok,v,en\n   ,v,en\nhello,,english!\nshort,v\nlong,v,en,more\n");
        let found = errors(&file);
        assert_eq!(
            found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(),
            [2, 4, 5, 5, 6, 7]
        );
        assert_eq!(found[0].2, "must have 1 to 5000 characters, found 0");
        assert_eq!(
            (found[2].1.as_str(), found[3].1.as_str()),
            ("voice_id", "language")
        );
        assert_eq!(found[4].2, "the row has 2 columns, the header has 3");
        assert_eq!(table(&file).rows.len(), 4);
    }

    #[test]
    fn a_header_must_be_right() {
        let found = errors("text,text,speed,language\na,b,c,d\n");
        let fields: Vec<_> = found.iter().map(|(_, field, _)| field.as_str()).collect();
        assert_eq!(fields, ["text", "speed", "voice_id"]);
        assert!(table("text,text,speed,language\na,b,c,d\n").rows.is_empty());
        assert!(
            errors("text;voice_id;language\na;b;en\n")[0]
                .2
                .contains("semicolons")
        );
    }

    #[test]
    fn empty_files_are_told_apart() {
        assert_eq!(errors("")[0].2, "is empty");
        assert_eq!(errors("\r\n\r\n")[0].2, "is empty");
        assert_eq!(errors(HEADER)[0].2, "has a header and no rows");
    }

    #[test]
    fn too_many_rows_are_one_error() {
        let file = HEADER.to_owned() + &",,\n".repeat(1001);
        assert_eq!(
            errors(&file),
            [(
                0,
                "file".to_owned(),
                "must have 1 to 1000 rows, found 1001".to_owned()
            )]
        );
        let file = HEADER.to_owned() + &"a,v,en\n".repeat(1000);
        assert!(errors(&file).is_empty());
    }

    #[test]
    fn the_list_of_errors_is_bounded() {
        let file = HEADER.to_owned() + &",,\n".repeat(1000);
        assert_eq!(errors(&file).len(), MAX_LISTED);
    }

    #[test]
    fn an_open_quote_is_found() {
        assert_eq!(
            bad_lines("text,voice_id,language\na,v,en\n\"b,v,en\nc,v,en\n"),
            [3, 3]
        );
        assert!(errors("text,voice_id,language\n\"say \"\"hi\"\"\",v,en").is_empty());
        assert!(errors("text,voice_id,language\n5\" pipe,v,en").is_empty());
    }

    #[test]
    fn other_encodings_are_refused() {
        assert_eq!(
            read(b"text,voice_id,language\nok,v,en\ncaf\xe9,v,fr\n").unwrap_err(),
            CsvError::NotUtf8 { line: 3 }
        );
        assert_eq!(read(&[0xff, 0xfe, b't', 0]).unwrap_err(), CsvError::Utf16);
    }
}
