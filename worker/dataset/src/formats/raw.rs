//! Rows as they stand in a file, before their recordings are looked for.

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RawRow {
    pub(super) line: u32,
    /// As it is called there: a path, a name, an id.
    pub(super) audio: String,
    pub(super) text: String,
    pub(super) speaker: Option<String>,
    pub(super) language: Option<String>,
}

/// What a file says, if it is of the format.
#[derive(Debug, Default)]
pub(super) struct RawRows {
    pub(super) rows: Vec<RawRow>,
    /// Lines that say nothing, and why.
    pub(super) bad: Vec<(u32, String)>,
}

impl RawRows {
    pub(super) fn add(&mut self, line: u32, row: Result<RawRow, String>) {
        match row {
            Ok(row) => self.rows.push(RawRow { line, ..row }),
            Err(reason) => self.bad.push((line, reason)),
        }
    }
}

/// What is given, if something is.
pub(super) fn given(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
