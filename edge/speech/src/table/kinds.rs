//! Files of other kinds that are sent for a table, known by how they begin.

/// What a file is instead, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub name: &'static str,
    pub advice: &'static str,
}

const SAVE: &str = "open it and save it as CSV (in Excel: Save As, `CSV UTF-8`), or as .xlsx";
const EXPORT: &str = "open it and save the table as CSV in UTF-8, or as .xlsx";
const SEND: &str = "send the table itself, as CSV or .xlsx";

const fn kind(name: &'static str, advice: &'static str) -> Kind {
    Kind { name, advice }
}

const BEGINNINGS: [(&[u8], Kind); 13] = [
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        kind(
            "a workbook of the old form (.xls) or one with a password",
            SAVE,
        ),
    ),
    (b"%PDF-", kind("a PDF", SEND)),
    (b"\x1f\x8b", kind("compressed by gzip", SEND)),
    (b"7z\xbc\xaf\x27\x1c", kind("a 7z archive", SEND)),
    (b"Rar!\x1a\x07", kind("a RAR archive", SEND)),
    (b"\x89PNG\r\n\x1a\n", kind("a picture (PNG)", SEND)),
    (b"\xff\xd8\xff", kind("a picture (JPEG)", SEND)),
    (b"RIFF", kind("a recording or a film", SEND)),
    (b"ID3", kind("a recording (MP3)", SEND)),
    (b"OggS", kind("a recording (Ogg)", SEND)),
    (b"PAR1", kind("a Parquet file", SEND)),
    (b"SQLite format 3\0", kind("a database (SQLite)", SEND)),
    (b"{\\rtf", kind("a document (RTF)", SEND)),
];
const ZIP: &[u8] = b"PK\x03\x04";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Where the names of parts stand in an archive: at its beginning, and in the list at its end.
const SEARCHED_BYTES: usize = 64 * 1024;

/// The kind of a file that is no table of text.
pub(super) fn other_than_text(file: &[u8]) -> Option<Kind> {
    if file.starts_with(ZIP) || file.starts_with(EMPTY_ZIP) {
        return Some(of_archive(file));
    }
    let known = BEGINNINGS.iter().find(|(start, _)| file.starts_with(start));
    known.map(|(_, kind)| *kind).or_else(|| of_markup(file))
}

/// Whether the file is a workbook as Excel has written them since 2007.
pub(super) fn is_workbook(file: &[u8]) -> bool {
    file.starts_with(ZIP) && has_part(file, b"xl/") && !has_part(file, b"xl/workbook.bin")
}

fn of_archive(file: &[u8]) -> Kind {
    if has_part(file, b"xl/workbook.bin") {
        kind("a binary workbook (.xlsb)", SAVE)
    } else if has_part(file, b"opendocument.spreadsheet") {
        kind("a workbook of OpenDocument (.ods)", EXPORT)
    } else if has_part(file, b"Index/") && has_part(file, b".iwa") {
        kind("a workbook of Numbers", EXPORT)
    } else if has_part(file, b"word/") {
        kind("a document (.docx)", SEND)
    } else {
        kind("a ZIP archive", SEND)
    }
}

fn has_part(file: &[u8], name: &[u8]) -> bool {
    let head = file.get(..SEARCHED_BYTES).unwrap_or(file);
    let tail = file.get(file.len().saturating_sub(SEARCHED_BYTES)..);
    let has = |bytes: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    has(head) || tail.is_some_and(has)
}

/// No header begins as markup or JSON does.
fn of_markup(file: &[u8]) -> Option<Kind> {
    let text = file.strip_prefix(MARK).unwrap_or(file).trim_ascii_start();
    match text {
        [b'<', ..] => Some(kind("HTML or XML, whatever its name says", EXPORT)),
        [b'{' | b'[', ..] => Some(kind(
            "JSON",
            "send its texts to `/api/v1/advanced/batch-tts`, or a table as CSV or .xlsx",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(file: &[u8]) -> &'static str {
        other_than_text(file).map_or("", |kind| kind.name)
    }

    #[test]
    fn files_are_known_by_their_beginning() {
        for (file, part) in [
            (&b"PK\x03\x04....xl/workbook.bin"[..], ".xlsb"),
            (
                b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                ".ods",
            ),
            (b"PK\x03\x04Index/Document.iwa", "Numbers"),
            (b"PK\x03\x04data.csv", "ZIP"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
            (b"%PDF-1.7", "PDF"),
            (b"\xef\xbb\xbf\n<html><table>", "HTML"),
            (b" [{\"text\": \"a\"}]", "JSON"),
            (b"{\\rtf1", "RTF"),
        ] {
            assert!(name(file).contains(part), "{part}: {}", name(file));
        }
    }

    #[test]
    fn tables_of_text_are_none_of_them() {
        for file in [
            "text,voice_id,language\n",
            "",
            "\u{feff}text",
            "sep=;\n",
            "PK,ID",
        ] {
            assert_eq!(other_than_text(file.as_bytes()), None, "{file}");
        }
    }
}
