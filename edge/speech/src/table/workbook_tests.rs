//! Workbooks as programs write them (`tests/workbooks`, by openpyxl 3.1 and `XlsxWriter` 3.2), and such as nobody should.

use kiskadee_shared::limits::CSV_ROWS;

use super::{Table, Unreadable, archive::tests::archive, read};

const OPENPYXL: &[u8] = include_bytes!("../../tests/workbooks/openpyxl.xlsx");
const XLSXWRITER: &[u8] = include_bytes!("../../tests/workbooks/xlsxwriter.xlsx");
const FORMATTED: &[u8] = include_bytes!("../../tests/workbooks/formatted.xlsx");

const TYPE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet.
fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    let relations = |relations: &[(&str, &str)]| -> String {
        let one = |(kind, target): &(&str, &str)| {
            format!(r#"<Relationship Id="{kind}" Type="{TYPE}/{kind}" Target="{target}"/>"#)
        };
        let all: String = relations.iter().map(one).collect();
        format!("<Relationships>{all}</Relationships>")
    };
    let top = relations(&[("officeDocument", "/xl/workbook.xml")]);
    let parts = relations(&[
        ("worksheet", "worksheets/sheet1.xml"),
        ("sharedStrings", "../xl/strings.xml"),
    ]);
    let book = r#"<w:workbook xmlns:w="w" xmlns:q="r"><w:sheets><w:sheet name="A &amp; B" q:id="worksheet"/></w:sheets></w:workbook>"#;
    let sheet = format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>");
    archive(&[
        ("_rels/.rels", top.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", parts.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/strings.xml", format!("<sst>{strings}</sst>").as_bytes()),
    ])
}

fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let cells: String = cells.iter().map(cell).collect();
    format!("<row>{cells}</row>")
}

const HEADER: [&str; 3] = ["text", "voice_id", "language"];

fn texts(table: &Table) -> Vec<&str> {
    let texts = table.rows.iter();
    texts.map(|row| row.item().text.unwrap_or("-")).collect()
}

fn told(table: &Table) -> Vec<String> {
    let told = table.errors.iter().map(|error| {
        let (line, field) = (error.line.unwrap_or(0), error.field.as_deref());
        format!("{line} {} {}", field.unwrap_or("-"), error.message)
    });
    told.collect()
}

#[test]
fn workbooks_of_real_programs_are_read() {
    for file in [OPENPYXL, XLSXWRITER] {
        let table = read(file).unwrap();
        assert_eq!(told(&table), [""; 0]);
        assert_eq!(
            texts(&table),
            ["Olá, é “só” um café & <pão>.", "two\nlines", "2026"]
        );
        assert_eq!(table.lines, [2, 4, 5]);
        let speeds: Vec<f32> = table.rows.iter().map(|row| row.item().speed).collect();
        assert_eq!(speeds, [1.2, 1.0, 1.0]);
        let read_as = table.read_as();
        assert_eq!(read_as.sheet.as_deref(), Some("Falas"));
        assert_eq!(read_as.ignored_columns, ["notes"]);
        assert_eq!(
            (read_as.encoding, read_as.header_line, read_as.rows),
            (None, 1, 3)
        );
    }
}

#[test]
fn what_looks_otherwise_than_it_is_kept_is_refused() {
    let errors = told(&read(FORMATTED).unwrap());
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("2 text is a date or a number in a format"));
    assert!(errors[1].starts_with("3 text is a date or a number in a format"));
    assert!(errors[2].starts_with("4 text must have 1 to 5000 characters"));
}

#[test]
fn cells_are_placed_by_their_letters_and_texts_by_their_numbers() {
    let header = r#"<row r="3"><c r="B3" t="s"><v>2</v></c><c r="D3" t="s"><v>0</v></c><c r="E3" t="s"><v>1</v></c></row>"#;
    let rows = r#"<row r="7"><c r="A7"/><c r="B7" t="str"><f>A1</f><v>a_x000D_b_x</v></c><c r="D7" t="s"><v>3</v></c><c r="E7" t="s"><v>4</v></c></row>
        <row r="9"><c r="B9" t="e"><v>#N/A</v></c><c r="D9" t="s"><v>3</v></c><c r="E9" t="s"><v>4</v></c></row>
        <row r="11"><c r="A11" t="b"><v>1</v></c><c r="B11" t="s"><v>3</v></c><c r="D11" t="s"><v>3</v></c><c r="E11" t="s"><v>4</v></c></row>"#;
    let strings = "<si><t>voice_id</t></si><si><r><t>lang</t></r><r><t>uage</t></r></si><si><t>text</t><rPh><t>x</t></rPh></si>\
        <si><t>h&#101;ron</t></si><si><t>en</t></si>";
    let table = read(&workbook(&(header.to_owned() + rows), strings)).unwrap();
    assert_eq!(texts(&table), ["a\rb_x"]);
    assert_eq!(table.rows[0].item().voice_id, Some("heron"));
    assert_eq!((table.header_line, &table.lines[..]), (3, &[7][..]));
    assert_eq!(table.read_as().sheet.as_deref(), Some("A & B"));
    assert_eq!(
        told(&table),
        [
            "9 text is the error #N/A of a formula",
            "11 - column 1 is not empty and has no name in the header"
        ]
    );
}

#[test]
fn the_number_of_rows_is_bounded_and_told() {
    let sheet = |rows: usize| row(&HEADER) + &row(&["a", "v", "en"]).repeat(rows);
    let most = *CSV_ROWS.end();
    assert_eq!(read(&workbook(&sheet(most), "")).unwrap().rows.len(), most);
    let table = read(&workbook(&sheet(most + 500), "")).unwrap();
    assert_eq!(
        told(&table),
        ["0 file must have 1 to 1000 rows, found 1500"]
    );
    let table = read(&workbook(&sheet(0), "")).unwrap();
    assert_eq!(told(&table), ["1 file has a header and no rows"]);
    let table = read(&workbook("", "")).unwrap();
    assert_eq!(told(&table), ["1 file has nothing in its first sheet"]);
}

#[test]
fn workbooks_that_cannot_be_read_are_told_why() {
    let reason = |file: &[u8]| {
        let error = read(file).unwrap_err();
        assert!(matches!(error, Unreadable::Workbook(_)), "{error:?}");
        let said = error.to_string();
        assert!(
            said.contains("is a workbook (.xlsx)") && said.contains("save it as CSV"),
            "{said}"
        );
        said
    };
    let whole = workbook(&row(&HEADER), "");
    assert!(reason(&whole[..whole.len() - 30]).contains("damaged or not whole"));
    assert!(
        reason(&archive(&[("xl/workbook.xml", b"<x/>")])).contains("lacks `its list of parts`")
    );
    let open = workbook("<row>", "");
    assert!(reason(&open).contains("`xl/worksheets/sheet1.xml` is not XML"));
    let bomb = workbook(&" ".repeat(17 << 20), "");
    assert!(bomb.len() < 100_000);
    assert!(reason(&bomb).contains("larger than 16 MiB"));
    let doctype = archive(&[
        ("_rels/.rels", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"),
        ("xl/a", b""),
    ]);
    assert!(reason(&doctype).contains("is not XML"));
}

#[test]
fn any_bytes_in_a_workbook_are_borne() {
    for at in (0..OPENPYXL.len()).step_by(7) {
        let mut file = OPENPYXL.to_vec();
        file[at] ^= 0x55;
        drop(read(&file));
        drop(read(&file[..at]));
    }
}
