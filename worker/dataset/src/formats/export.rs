//! Rows to the files that other programs train from.

use std::collections::HashSet;

use super::cells::in_cell;
use super::names::{key, last_part, stem};
use super::{Format, FormatError, Row};

/// Of so many rows one is for evaluation, where a format keeps those apart.
const EVALUATED: usize = 10;
/// Who speaks, where a format must know and nobody said.
const SPEAKER: &str = "speaker";

/// What goes into an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Where the recording of each row goes, in the order of the rows.
    pub audio: Vec<String>,
    pub files: Vec<ExportedFile>,
}

/// A file of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    pub name: String,
    pub content: String,
}

/// The files of a dataset, and where its recordings go. [`super::recognize`] reads them back, but for `|` in texts, which only Coqui's files and
/// the manifest can hold: elsewhere a comma stands for it.
///
/// Recordings are named by the last part of [`Row::audio`], with its extension; the programs want WAV.
///
/// Errors: formats that are only read, names that are there twice, GPT-SoVITS without languages.
pub fn export(format: Format, rows: &[Row]) -> Result<Export, FormatError> {
    let mut names = HashSet::new();
    for row in rows {
        let is_new = names.insert(key(stem(&row.audio)));
        if !is_new || last_part(&row.audio).is_empty() {
            return Err(FormatError::Name(row.audio.clone()));
        }
    }
    let files = match format {
        Format::Ljspeech => vec![file("metadata.csv", lines(rows, ljspeech))],
        Format::Piper => vec![file("metadata.csv", piper(rows))],
        Format::Coqui => coqui(rows),
        Format::GptSovits => vec![file("dataset.list", gpt_sovits(rows)?)],
        Format::Manifest => vec![file("manifest.jsonl", manifest(rows))],
        Format::Pairs | Format::Audio => return Err(FormatError::NotWritten(format)),
    };
    let folder = folder(format);
    let audio = rows.iter().map(|row| within(folder, row)).collect();
    Ok(Export { audio, files })
}

fn file(name: &str, content: String) -> ExportedFile {
    let name = name.to_owned();
    ExportedFile { name, content }
}

/// Where the programs look for recordings.
fn folder(format: Format) -> &'static str {
    match format {
        Format::Piper => "wav",
        _ => "wavs",
    }
}

fn within(folder: &str, row: &Row) -> String {
    format!("{folder}/{}", last_part(&row.audio))
}

fn lines<'a>(rows: impl IntoIterator<Item = &'a Row>, line: impl Fn(&Row) -> String) -> String {
    rows.into_iter().map(|row| line(row) + "\n").collect()
}

/// On one line, without the sign between columns.
fn column(text: &str) -> String {
    on_one_line(&text.replace('|', ","))
}

fn on_one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(visible).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ljspeech(row: &Row) -> String {
    let text = column(&row.text);
    format!("{}|{text}|{text}", column(stem(&row.audio)))
}

/// With speakers when a row has one: then all rows need one.
fn piper(rows: &[Row]) -> String {
    let name = |row: &Row| column(last_part(&row.audio));
    if rows.iter().any(|row| row.speaker.is_some()) {
        lines(rows, |row| {
            format!("{}|{}|{}", name(row), speaker(row), column(&row.text))
        })
    } else {
        lines(rows, |row| format!("{}|{}", name(row), column(&row.text)))
    }
}

fn speaker(row: &Row) -> String {
    column(row.speaker.as_deref().unwrap_or(SPEAKER))
}

/// Every tenth row is for evaluation, and at least one where there are two.
fn coqui(rows: &[Row]) -> Vec<ExportedFile> {
    let evaluated = |index: usize| index % EVALUATED == 1;
    let line = |row: &Row| {
        let cells: [&str; 3] = [
            &within(folder(Format::Coqui), row),
            &row.text,
            &speaker(row),
        ];
        cells.map(|cell| in_cell(&on_one_line(cell))).join("|")
    };
    let part = |name: &str, wanted: bool| {
        let rows = rows.iter().enumerate();
        let rows = rows.filter(|(index, _)| evaluated(*index) == wanted);
        let lines = lines(rows.map(|(_, row)| row), line);
        file(name, format!("audio_file|text|speaker_name\n{lines}"))
    };
    vec![
        part("metadata_train.csv", false),
        part("metadata_eval.csv", true),
    ]
}

fn gpt_sovits(rows: &[Row]) -> Result<String, FormatError> {
    let line = |row: &Row| {
        let language = row.language.as_deref().ok_or_else(|| {
            let audio = row.audio.clone();
            FormatError::NoLanguage { audio }
        })?;
        // The program knows languages without regions.
        let language = language.split(['-', '_']).next().unwrap_or_default();
        let path = within(folder(Format::GptSovits), row);
        let columns: [&str; 4] = [&path, &speaker(row), language, &row.text];
        Ok(columns.map(column).join("|") + "\n")
    };
    rows.iter().map(line).collect()
}

fn manifest(rows: &[Row]) -> String {
    lines(rows, |row| {
        let audio = within(folder(Format::Manifest), row);
        let row = Row {
            audio,
            ..row.clone()
        };
        serde_json::to_string(&row).unwrap_or_default()
    })
}
