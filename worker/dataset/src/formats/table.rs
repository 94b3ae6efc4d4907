//! Rows of columns between `|`: `LJSpeech`, Coqui, Piper, GPT-SoVITS, told apart by header and number of columns.

use std::collections::HashSet;

use super::Format;
use super::cells::{plain, quoted};
use super::lines::Line;
use super::names::is_audio;
use super::raw::{RawRow, RawRows, given};

/// So many lines tell what the others are.
const TELLING: usize = 1_000;
/// Names of languages and of their regions: `en`, `pt-BR`, `zho`.
const LANGUAGE_LETTERS: std::ops::RangeInclusive<usize> = 2..=5;
/// What the first column of a header is called, where there is one that no format asks for.
const HEADERS: [&str; 8] = [
    "id",
    "audio",
    "audio_file",
    "file",
    "file_name",
    "filename",
    "path",
    "wav",
];

/// What a file of text is.
pub(super) enum Table {
    Of(Format, RawRows),
    /// A table, but none that is understood.
    Odd(&'static str),
    Commas,
    /// No table.
    Not,
}

/// How the columns of a row are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    /// The header names them; these are their places.
    Coqui {
        audio: usize,
        text: usize,
        speaker: Option<usize>,
        language: Option<usize>,
        count: usize,
    },
    Two(Format),
    LjSpeech,
    PiperSpeakers,
    GptSovits,
}

pub(super) fn read(is_list: bool, lines: Vec<Line<'_>>) -> Table {
    let readable = lines.iter().filter_map(|line| line.text.as_deref().ok());
    let telling: Vec<&str> = readable.take(TELLING).collect();
    let columns = match told(is_list, &telling) {
        Ok(columns) => columns,
        Err(table) => return table,
    };
    let mut lines = lines.into_iter().peekable();
    lines.next_if(|line| {
        line.text
            .as_deref()
            .is_ok_and(|text| columns.is_header(text))
    });
    let mut found = RawRows::default();
    for Line { number, text } in lines {
        let row = text
            .map_err(str::to_owned)
            .and_then(|text| columns.row(&text));
        found.add(number, row);
    }
    Table::Of(columns.format(), found)
}

fn told(is_list: bool, telling: &[&str]) -> Result<Columns, Table> {
    let Some(head) = telling.first() else {
        return Err(Table::Not);
    };
    if let Some(columns) = coqui(head) {
        return Ok(columns);
    }
    let rows: Vec<Vec<&str>> = telling.iter().map(|line| plain(line)).collect();
    match usual_count(&rows) {
        4 if is_list || third_is_language(&rows) => Ok(Columns::GptSovits),
        3 if !is_list && second_is_speaker(&rows) => Ok(Columns::PiperSpeakers),
        3 if !is_list => Ok(Columns::LjSpeech),
        2 if !is_list => Ok(two(&rows)),
        1 if is_comma_header(head) => Err(Table::Commas),
        1 => Err(Table::Not),
        _ if is_list => Err(Table::Odd("is not `path|speaker|language|text`")),
        _ => Err(Table::Odd(
            "is no table that is understood: two to four columns, with `|` between them",
        )),
    }
}

fn coqui(head: &str) -> Option<Columns> {
    let names = quoted(head);
    let place = |wanted: &str| names.iter().position(|name| name.trim() == wanted);
    Some(Columns::Coqui {
        audio: place("audio_file")?,
        text: place("text")?,
        speaker: place("speaker_name"),
        language: place("language").or_else(|| place("language_name")),
        count: names.len(),
    })
}

/// How many columns most rows have.
fn usual_count(rows: &[Vec<&str>]) -> usize {
    let count = |wanted: usize| rows.iter().filter(|row| row.len().min(5) == wanted).count();
    (1..=5).max_by_key(|wanted| count(*wanted)).unwrap_or(1)
}

fn third_is_language(rows: &[Vec<&str>]) -> bool {
    let is_language = |cell: &&&str| {
        let letters = |c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '_');
        LANGUAGE_LETTERS.contains(&cell.len()) && cell.chars().all(letters)
    };
    let full = rows.iter().filter(|row| row.len() == 4);
    let languages = full
        .clone()
        .filter_map(|row| row.get(2))
        .filter(is_language);
    languages.count() * 10 > full.count() * 9
}

/// A speaker is a name that comes again and again; a text is a sentence, and its other column says the same.
fn second_is_speaker(rows: &[Vec<&str>]) -> bool {
    let cells = |place: usize| {
        let full = rows.iter().filter(|row| row.len() == 3);
        full.filter_map(move |row| row.get(place).map(|cell| cell.trim()))
    };
    let words = |place| -> usize {
        cells(place)
            .map(|cell| cell.split_whitespace().count())
            .sum()
    };
    let (seconds, rows) = (words(1), cells(1).count());
    let kinds = cells(1).collect::<HashSet<_>>().len();
    let is_name = |cell: &str| {
        cell.chars()
            .all(|c| c.is_alphanumeric() || "_- ".contains(c))
    };
    let come_again = kinds == 1 || kinds * 2 <= rows;
    cells(1).all(|cell| !cell.is_empty() && is_name(cell)) && come_again && seconds * 2 <= words(2)
}

fn two(rows: &[Vec<&str>]) -> Columns {
    let named = rows
        .iter()
        .filter(|row| row.first().is_some_and(|cell| is_audio(cell.trim())));
    Columns::Two(if named.count() * 2 > rows.len() {
        Format::Piper
    } else {
        Format::Ljspeech
    })
}

fn is_comma_header(head: &str) -> bool {
    let mut cells = head.split(',').map(|cell| cell.trim().trim_matches('"'));
    let first = cells.next().unwrap_or_default();
    let rest: Vec<&str> = cells.collect();
    !rest.is_empty() && (is_audio(first) || HEADERS.contains(&first.to_lowercase().as_str()))
}

impl Columns {
    fn format(self) -> Format {
        match self {
            Self::Coqui { .. } => Format::Coqui,
            Self::Two(format) => format,
            Self::LjSpeech => Format::Ljspeech,
            Self::PiperSpeakers => Format::Piper,
            Self::GptSovits => Format::GptSovits,
        }
    }

    fn is_header(self, line: &str) -> bool {
        if matches!(self, Self::Coqui { .. }) {
            return coqui(line) == Some(self);
        }
        let cells = plain(line);
        let is_called =
            |cell: &&str, names: &[&str]| names.contains(&cell.trim().to_lowercase().as_str());
        let first = cells.first().is_some_and(|cell| is_called(cell, &HEADERS));
        let text = ["text", "transcript", "transcription", "sentence"];
        first && cells.iter().any(|cell| is_called(cell, &text))
    }

    fn row(self, line: &str) -> Result<RawRow, String> {
        if let Self::Coqui {
            audio,
            text,
            speaker,
            language,
            count,
        } = self
        {
            let cells = quoted(line);
            expect(cells.len(), count)?;
            let cell = |place: usize| cells.get(place).map(String::as_str).unwrap_or_default();
            let optional = |place: Option<usize>| place.and_then(|place| given(cell(place)));
            return Ok(row(
                cell(audio),
                cell(text),
                optional(speaker),
                optional(language),
            ));
        }
        let cells = plain(line);
        match (self, &cells[..]) {
            // The last column is what was read aloud, with numbers and abbreviations as words; some leave it empty.
            (Self::LjSpeech, [audio, text, spoken]) => {
                let text = given(spoken).unwrap_or_else(|| (*text).to_owned());
                Ok(row(audio, &text, None, None))
            }
            // LJSpeech is shortened by those who have one text only.
            (Self::Two(_) | Self::LjSpeech, [audio, text]) => Ok(row(audio, text, None, None)),
            (Self::PiperSpeakers, [audio, speaker, text]) => {
                Ok(row(audio, text, given(speaker), None))
            }
            (Self::GptSovits, [audio, speaker, language, text]) => {
                Ok(row(audio, text, given(speaker), given(language)))
            }
            (_, cells) => expect(cells.len(), self.count()).map(|()| RawRow::default()),
        }
    }

    fn count(self) -> usize {
        match self {
            Self::Coqui { count, .. } => count,
            Self::Two(_) => 2,
            Self::LjSpeech | Self::PiperSpeakers => 3,
            Self::GptSovits => 4,
        }
    }
}

fn expect(found: usize, expected: usize) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let columns = if found == 1 { "column" } else { "columns" };
    Err(format!(
        "has {found} {columns} where {expected} are expected"
    ))
}

fn row(audio: &str, text: &str, speaker: Option<String>, language: Option<String>) -> RawRow {
    RawRow {
        line: 0,
        audio: audio.trim().to_owned(),
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        speaker,
        language,
    }
}
