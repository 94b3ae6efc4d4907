//! Warnings as they are found, bounded in number.

use kiskadee_shared::warning::{MOST_WARNINGS, Warning, WarningCode};

use crate::Position;

/// A warning whose place is that of the tag.
pub(super) type Note = (WarningCode, String);

/// The warnings of a text. What was said once is not said again.
#[derive(Debug, Default)]
pub(super) struct Warnings(pub(super) Vec<Warning>);

impl Warnings {
    /// `at` is a byte of the text.
    pub(super) fn push(&mut self, (code, message): Note, text: &str, at: usize) {
        let is_known = self.0.iter().any(|known| known.message == message);
        if is_known || self.0.len() >= MOST_WARNINGS {
            return;
        }
        let Position { line, column } = Position::of(text, at);
        self.0.push(Warning {
            code,
            message,
            line: Some(line),
            column: Some(column),
        });
    }
}
