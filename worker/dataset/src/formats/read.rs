//! From names and text files to rows with their recordings.

use std::collections::{BTreeMap, HashMap};

use super::index::{AudioIndex, Found};
use super::lines::lines;
use super::names::{extension, is_audio, is_text, key, last_part, parts, stem};
use super::raw::{RawRow, RawRows};
use super::table::Table;
use super::{BadRow, Format, FormatError, Layout, MissingAudio, Row, manifest, table};

/// Lines of a text file.
pub const MOST_LINES: usize = 100_000;
/// Characters of what is said in one recording: eleven seconds have some 200, a file that is not cut yet some thousands.
pub const LONGEST_TEXT: usize = 20_000;

/// A file with [`super::is_text`] and its bytes.
#[derive(Debug, Clone, Copy)]
pub struct TextFile<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// A text file that was understood.
struct Source<'a> {
    name: &'a str,
    raw: RawRows,
}

/// What a folder of these files is, by the names of all and the bytes of those with [`super::is_text`].
///
/// Where several files say something, those of the format count that finds the most recordings.
///
/// Errors: no recordings, a table between commas, a text file without end.
pub fn recognize<N: AsRef<str>>(
    names: &[N],
    texts: &[TextFile<'_>],
) -> Result<Layout, FormatError> {
    let audio: Vec<&str> = names
        .iter()
        .map(AsRef::as_ref)
        .filter(|n| is_audio(n))
        .collect();
    if audio.is_empty() {
        return Err(FormatError::NoAudio);
    }
    let index = AudioIndex::new(audio.iter().copied());
    let (sources, odd) = sources(&audio, texts)?;
    let layouts = sources.into_iter().map(|(format, sources)| {
        let layout = layout(format, sources, &audio, &index);
        (layout.rows.len(), layout)
    });
    let layouts = layouts.filter(|(_, layout)| !is_of_something_else(layout));
    // Of equals the first.
    let best = layouts.rev().max_by_key(|(rows, _)| *rows);
    let mut layout = best.map_or_else(|| without_texts(&audio), |(_, layout)| layout);
    layout.bad_rows.extend(odd);
    Ok(layout)
}

/// A text with a `|` in it is a list of recordings only if it names one.
fn is_of_something_else(layout: &Layout) -> bool {
    let mut files = layout.metadata.iter();
    layout.format != Format::Pairs && layout.rows.is_empty() && files.all(|name| is_of(name, "txt"))
}

fn without_texts(audio: &[&str]) -> Layout {
    Layout {
        format: Format::Audio,
        metadata: Vec::new(),
        rows: Vec::new(),
        unused_audio: audio.iter().map(|name| (*name).to_owned()).collect(),
        missing_audio: Vec::new(),
        bad_rows: Vec::new(),
    }
}

type Sources<'a> = BTreeMap<Format, Vec<Source<'a>>>;

/// What each text file says, by format; and the tables that say nothing.
fn sources<'a>(
    audio: &[&str],
    texts: &[TextFile<'a>],
) -> Result<(Sources<'a>, Vec<BadRow>), FormatError> {
    let stems: HashMap<String, &str> = audio.iter().map(|name| (place(name), *name)).collect();
    let (mut sources, mut odd) = (Sources::new(), Vec::new());
    for file in texts.iter().filter(|file| is_text(file.name)) {
        if has_too_many_lines(file.bytes) {
            let file = last_part(file.name).to_owned();
            let most = MOST_LINES;
            return Err(FormatError::TooManyLines { file, most });
        }
        let beside = is_of(file.name, "txt").then(|| stems.get(&place(file.name)));
        let (format, raw) = match (beside.flatten(), one_file(file)) {
            (Some(recording), _) => (Format::Pairs, pair(recording, file.bytes)),
            (None, Table::Of(format, raw)) => (format, raw),
            // Whatever it is, it is not about recordings.
            (None, Table::Not) => continue,
            (None, Table::Odd(_) | Table::Commas) if is_of(file.name, "txt") => continue,
            (None, Table::Odd(reason)) => {
                odd.push(bad(file.name, 1, reason.to_owned()));
                continue;
            }
            (None, Table::Commas) => {
                let file = last_part(file.name).to_owned();
                return Err(FormatError::Commas { file });
            }
        };
        let name = file.name;
        sources
            .entry(format)
            .or_default()
            .push(Source { name, raw });
    }
    Ok((sources, odd))
}

fn has_too_many_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.nth(MOST_LINES + 1).is_some()
}

fn one_file(file: &TextFile<'_>) -> Table {
    let lines = lines(file.bytes);
    if is_of(file.name, "jsonl") {
        return Table::Of(Format::Manifest, manifest::read(lines));
    }
    table::read(is_of(file.name, "list"), lines)
}

fn is_of(name: &str, wanted: &str) -> bool {
    extension(name).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

/// Folder and stem: where a text beside a recording lies, too.
fn place(name: &str) -> String {
    let folders: Vec<&str> = parts(name).collect();
    let (last, folders) = folders.split_last().unwrap_or((&"", &[]));
    let stem = last
        .strip_suffix(".txt")
        .or_else(|| last.strip_suffix(".TXT"));
    key(&format!(
        "{}/{}",
        folders.join("/"),
        stem.unwrap_or_else(|| self::stem(last))
    ))
}

/// The whole text belongs to one recording, whatever its lines.
fn pair(recording: &str, bytes: &[u8]) -> RawRows {
    let mut raw = RawRows::default();
    let texts: Result<Vec<String>, &str> = lines(bytes)
        .into_iter()
        .map(|line| line.text.map(std::borrow::Cow::into_owned))
        .collect();
    let row = texts.map(|texts| RawRow {
        audio: recording.to_owned(),
        text: texts
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        ..RawRow::default()
    });
    raw.add(1, row.map_err(str::to_owned));
    raw
}

fn bad(file: &str, line: u32, reason: String) -> BadRow {
    let file = file.to_owned();
    BadRow { file, line, reason }
}

fn layout(
    format: Format,
    sources: Vec<Source<'_>>,
    audio: &[&str],
    index: &AudioIndex<'_>,
) -> Layout {
    let mut layout = Layout {
        format,
        ..without_texts(&[])
    };
    let mut told: HashMap<String, Told> = HashMap::new();
    for Source { name, raw } in sources {
        layout.metadata.push(name.to_owned());
        let unread = raw
            .bad
            .into_iter()
            .map(|(line, reason)| bad(name, line, reason));
        layout.bad_rows.extend(unread);
        for row in raw.rows {
            take(row, name, index, &mut told, &mut layout);
        }
    }
    layout
        .bad_rows
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let unused = audio.iter().filter(|name| !told.contains_key(**name));
    layout.unused_audio = unused.map(|name| (*name).to_owned()).collect();
    layout
}

/// Where a recording was named first, and by what text.
struct Told {
    line: u32,
    text: String,
}

fn take(
    row: RawRow,
    file: &str,
    index: &AudioIndex<'_>,
    told: &mut HashMap<String, Told>,
    layout: &mut Layout,
) {
    let line = row.line;
    let called = last_part(&row.audio).to_owned();
    let mut refuse = |reason: String| layout.bad_rows.push(bad(file, line, reason));
    if let Some(reason) = fault(&row, &called) {
        return refuse(reason);
    }
    let audio = match index.find(&row.audio) {
        Found::One(name) => name.to_owned(),
        Found::Several => {
            return refuse(format!("means one of several recordings called `{called}`"));
        }
        Found::Missing => {
            let file = file.to_owned();
            layout.missing_audio.push(MissingAudio {
                audio: called,
                file,
                line,
            });
            return;
        }
    };
    match told.get(&audio) {
        // Several lists of one set may share rows.
        Some(before) if before.text == row.text => {}
        Some(before) => refuse(format!(
            "names `{called}` again, after line {}",
            before.line
        )),
        None => {
            let text = row.text.clone();
            told.insert(audio.clone(), Told { line, text });
            layout.rows.push(Row {
                audio,
                text: row.text,
                speaker: row.speaker,
                language: row.language.as_deref().map(tag),
            });
        }
    }
}

fn fault(row: &RawRow, called: &str) -> Option<String> {
    if called.is_empty() {
        Some("names no recording".to_owned())
    } else if row.text.is_empty() {
        Some("has no text".to_owned())
    } else if row.text.chars().count() > LONGEST_TEXT {
        Some(format!("has more than {LONGEST_TEXT} characters of text"))
    } else {
        None
    }
}

/// As tags are written: `EN` is `en`, `pt_br` is `pt-BR`.
fn tag(language: &str) -> String {
    match language.split_once(['-', '_']) {
        Some((tag, region)) => format!("{}-{}", tag.to_lowercase(), region.to_uppercase()),
        None => language.to_lowercase(),
    }
}
