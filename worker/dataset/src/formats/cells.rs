//! A line in its columns.

/// No format has so many columns: what comes behind stays in the last one.
const MOST_CELLS: usize = 32;

/// Between every `|`; quotes are characters.
pub(super) fn plain(line: &str) -> Vec<&str> {
    line.splitn(MOST_CELLS, '|').collect()
}

/// As data frames are written: a cell with quotes or a `|` in it stands in quotes, and those within it are doubled. A quote that is never closed is
/// a character.
pub(super) fn quoted(line: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = first_cell(rest);
        cells.push(cell);
        match behind {
            Some(behind) if cells.len() < MOST_CELLS => rest = behind,
            _ => return cells,
        }
    }
}

fn first_cell(line: &str) -> (String, Option<&str>) {
    let unquoted = line.strip_prefix('"').and_then(in_quotes);
    unquoted.unwrap_or_else(|| match line.split_once('|') {
        Some((cell, behind)) => (cell.to_owned(), Some(behind)),
        None => (line.to_owned(), None),
    })
}

/// What stands before the closing quote, which only a `|` or the end may follow.
fn in_quotes(line: &str) -> Option<(String, Option<&str>)> {
    let mut cell = String::new();
    let mut rest = line;
    loop {
        let (before, behind) = rest.split_once('"')?;
        cell.push_str(before);
        if behind.is_empty() {
            return Some((cell, None));
        }
        if let Some(behind) = behind.strip_prefix('|') {
            return Some((cell, Some(behind)));
        }
        cell.push('"');
        rest = behind.strip_prefix('"')?;
    }
}

/// A cell as [`quoted`] reads it.
pub(super) fn in_cell(text: &str) -> String {
    if text.contains(['"', '|']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_hold_cells_together() {
        assert_eq!(quoted("a|\"b|\"\"c\"\"\"|d"), ["a", "b|\"c\"", "d"]);
        assert_eq!(quoted("\"a\"|"), ["a", ""]);
        assert_eq!(quoted("a \"b\"|c"), ["a \"b\"", "c"]);
    }

    #[test]
    fn an_open_quote_is_a_character() {
        assert_eq!(quoted("\"a|b"), ["\"a", "b"]);
        assert_eq!(quoted("\"Yes\" he said|b"), ["\"Yes\" he said", "b"]);
        assert_eq!(plain("\"a|b\"|c"), ["\"a", "b\"", "c"]);
    }

    #[test]
    fn a_line_of_columns_alone_stays_small() {
        let line = "|".repeat(1_000_000);
        assert!(plain(&line).len() == MOST_CELLS && quoted(&line).len() == MOST_CELLS);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cells in prop::collection::vec("[a\"| ]{0,8}", 1..5)) {
            let line: Vec<String> = cells.iter().map(|cell| in_cell(cell)).collect();
            prop_assert_eq!(quoted(&line.join("|")), cells);
        }
    }
}
