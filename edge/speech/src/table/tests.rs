//! What is read out of files, good and bad.

use kiskadee_shared::format::ResponseFormat;

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
    let found = errors("text,Text,SPEED,notes,language\na,b,c,d,e\n");
    let fields: Vec<_> = found.iter().map(|(_, field, _)| field.as_str()).collect();
    assert_eq!(fields, ["text", "voice_id"]);
    assert_eq!(
        found[1].2,
        "is missing in the header, which is `text, Text, SPEED, notes, language`"
    );
    assert!(table("text,text,language\na,b,c\n").rows.is_empty());
}

#[test]
fn a_file_without_a_header_is_told_so() {
    for (file, reason) in [
        (
            "Good morning.,heron,en\n",
            "and is `Good morning., heron, en`",
        ),
        ("a;b;c\n", "and is `a;b;c`"),
        (
            "\"text,voice_id,language\"\n\"a,v,en\"\n",
            "in quotes as a whole",
        ),
    ] {
        let found = errors(file);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.as_str()), (1, "file"));
        assert!(found[0].2.contains(reason), "{found:?}");
    }
}

#[test]
fn empty_files_are_told_apart() {
    assert_eq!(errors("")[0].2, "is empty");
    assert_eq!(errors("\r\n\r\n")[0].2, "is empty");
    assert_eq!(errors(HEADER)[0].2, "has a header and no rows");
}

#[test]
fn too_many_rows_are_one_error() {
    let file = HEADER.to_owned() + &",v,\n".repeat(1001);
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
    let file = HEADER.to_owned() + &",v,\n".repeat(1000);
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
fn what_is_in_no_known_encoding_is_refused() {
    assert_eq!(
        read(b"text,voice_id,language\nok,v,en\ncaf\x8f,v,fr\n").unwrap_err(),
        Unreadable::UnknownEncoding { line: 3 }
    );
}

fn texts(table: &Table) -> Vec<String> {
    let texts = table.rows.iter().filter_map(|row| row.item().text);
    texts.map(str::to_owned).collect()
}

/// The files that stand with the tests of the whole, with what must come of each.
#[test]
fn files_as_programs_write_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/csv/");
    let expected = std::fs::read_to_string(format!("{folder}expected.tsv")).unwrap();
    for line in expected.lines().filter(|line| !line.starts_with("# ")) {
        let [name, _, status, said, ..] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let said: Vec<String> = serde_json::from_str(said).unwrap();
        let file = std::fs::read(format!("{folder}{name}")).unwrap();
        match read(&file) {
            Ok(table) => {
                assert!(status.contains("202"), "{name}");
                assert_eq!(table.errors, [], "{name}");
                assert_eq!(texts(&table), said, "{name}");
            }
            Err(error) => assert!(
                !said.is_empty() || status.contains("400"),
                "{name}: {error}"
            ),
        }
    }
}

#[test]
fn every_separator_encoding_and_line_break_tells_the_same() {
    let rows = [
        "Text,Voice ID,language,SPEED",
        "\"Olá, é\nisso\",v,pt-BR,\"1,2\"",
    ];
    for separator in [',', ';', '\t', '|'] {
        let quoted = |row: &str| row.replace("Olá, é", "Olá# é").replace("1,2", "1#2");
        let parted = |row: &str| {
            quoted(row)
                .replace(',', &separator.to_string())
                .replace('#', ",")
        };
        for line_break in ["\n", "\r\n", "\r"] {
            let text = rows.map(parted).join(line_break) + line_break;
            let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
                format!("\u{feff}{text}")
                    .encode_utf16()
                    .flat_map(bytes)
                    .collect()
            };
            let windows: Vec<u8> = text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect();
            for (file, encoding) in [
                (text.clone().into_bytes(), Encoding::Utf8),
                (format!("\u{feff}{text}").into_bytes(), Encoding::Utf8),
                (utf16(u16::to_le_bytes), Encoding::Utf16),
                (utf16(u16::to_be_bytes), Encoding::Utf16),
                (windows, Encoding::Windows1252),
            ] {
                let table = read(&file).unwrap();
                assert_eq!(table.errors, [], "{text:?}");
                assert_eq!(texts(&table), ["Olá, é\nisso"], "{text:?}");
                assert!((table.rows[0].item().speed - 1.2).abs() < 1e-6);
                assert_eq!(table.lines, [2]);
                let read_as = table.read_as();
                assert_eq!(
                    (read_as.encoding, read_as.separator),
                    (Some(encoding), Some(separator.to_string()))
                );
            }
        }
    }
}

#[test]
fn a_line_that_says_the_separator_counts_as_a_line() {
    let table = table("sep=;\r\n\r\ntext;voice_id;language\r\na;v;en\r\n;;\r\n;v;en\r\n");
    assert_eq!(table.header_line, 3);
    assert_eq!(table.lines, [4, 6]);
    assert_eq!(table.errors[0].line, Some(6));
}

#[test]
fn what_is_empty_is_left_out() {
    let table = table(
        "text,voice_id,,language,,\n,,,,\na,v,,en\n \t,\u{a0},,\nb,v,,en,,,,,\n,\n\n,,,,,,,,,\n\u{1a}",
    );
    assert_eq!(table.errors, []);
    assert_eq!(texts(&table), ["a", "b"]);
    assert_eq!(table.lines, [3, 5]);
    assert_eq!(table.read_as().empty_rows, 5);
}

#[test]
fn other_columns_are_ignored_and_told_back() {
    let table = table("id,text,voice_id,language,Observações,id\n17,a,v,en,ok,1\n18,b,v,en\n");
    assert_eq!(table.errors, []);
    assert_eq!(texts(&table), ["a", "b"]);
    assert_eq!(table.read_as().ignored_columns, ["id", "Observações", "id"]);
    assert_eq!(table.read_as().rows, 2);
}

#[test]
fn what_may_be_a_slip_is_refused() {
    for (file, reason) in [
        (
            "text,voice_id,language,\nHello, world,v,en\n",
            "has 4 columns, the header has 3; a text with commas must stand in quotes",
        ),
        (
            "text,voice_id,language\na;v;en\n",
            "has semicolons, the header commas",
        ),
        (
            "text;voice_id;language\n\"a,v,en\"\n",
            "has commas, the header semicolons",
        ),
        (
            "text,,voice_id,language\na,x,v,en\n",
            "column 2 is not empty",
        ),
        (
            "text,voice_id,language,speed\na,v,en,fast\n",
            "a number such as 1.2",
        ),
        (
            "text,voice_id,language,speed\na,v,en,nan\n",
            "a number such as 1.2",
        ),
        (
            "text,voice_id,language,speed\na,v,en,\"1.000,5\"\n",
            "a number such as 1.2",
        ),
        (
            "text;voice_id;language;speed\na;v;en;12,5\n",
            "must be 0.25 to 4",
        ),
    ] {
        let found = errors(file);
        assert_eq!(found.len(), 1, "{file}");
        assert_eq!(found[0].0, 2);
        assert!(found[0].2.contains(reason), "{found:?}");
    }
}

#[test]
fn windows_1252_writes_western_languages_only() {
    let file = |text: &[u8], language: &str| {
        [
            b"text,voice_id,language\n",
            text,
            format!(",v,{language}\n").as_bytes(),
        ]
        .concat()
    };
    let good = read(&file(b"Ol\xe1", "pt_BR")).unwrap();
    assert_eq!(good.errors, []);
    // `Cześć` as Windows-1250 writes it.
    let odd = read(&file(b"Cze\x9c\xe6", "pl")).unwrap();
    assert!(
        odd.errors[0]
            .message
            .contains("Windows-1252 does not write `pl`")
    );
    assert_eq!(odd.errors[0].line, Some(2));
    assert_eq!(read(&file(b"Yes", "pl")).unwrap().errors, []);
}

#[test]
fn a_pace_leaves_the_hash_of_other_rows_as_it_was() {
    let row = |file: &str| serde_json::to_value(&table(file).rows[0]).unwrap();
    let plain = row("text,voice_id,language\na,v,en\n");
    assert_eq!(
        plain,
        serde_json::json!({"cells": ["a", "v", "en", null, null, null], "quality_profile": "balanced", "response_format": "wav"})
    );
    assert_eq!(row("text,voice_id,language,speed\na,v,en,\n"), plain);
    assert_ne!(row("text,voice_id,language,speed\na,v,en,1.5\n"), plain);
}
