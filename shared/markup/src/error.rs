//! Why a text is not SSML that can be spoken.

use std::fmt;

/// Characters of the caller's text that a message repeats.
const SHOWN: usize = 40;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {fault}", .position.line, .position.column)]
pub struct SsmlError {
    pub position: Position,
    pub fault: Fault,
}

/// A place in a text, counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// Of a byte of the text.
    pub(crate) fn of(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Syntax(String),
    #[error("`<` in a text is written `&lt;`")]
    BareLess,
    #[error("`&` in a text is written `&amp;`")]
    BareAmpersand,
    #[error("there is no entity `&{0};`: write the character itself")]
    Entity(String),
    #[error("a document type is not allowed: leave out `<!DOCTYPE`")]
    Doctype,
    #[error("<{element}> opened at {opened} is not closed")]
    Unclosed { element: String, opened: Position },
    #[error("</{0}> closes nothing: open it before, or leave it out")]
    NotOpened(String),
    #[error("nothing may stand outside of <speak>: put it inside, or leave it out")]
    Outside,
    #[error("there is no text to speak")]
    Empty,
    #[error("<{element}> cannot be inside <{inside}>: close <{inside}> before")]
    Nesting { element: String, inside: String },
    #[error("<{0}> takes plain text only: leave out the elements inside")]
    TextOnly(String),
    #[error("<{0}> takes no text: write it as `<{0}/>`")]
    NoText(String),
    #[error("<{0}> needs the text that it stands for, with a letter or a figure")]
    NeedsText(String),
    #[error(
        "the text does not begin as SSML: put it into `<speak>` and `</speak>`, or leave out `text_format`"
    )]
    NoSsml,
    #[error("<{element}> needs {needed}")]
    Needs {
        element: String,
        needed: &'static str,
    },
    #[error("`{attribute}` of <{element}> must be {expected}, not `{found}`")]
    Value {
        element: String,
        attribute: String,
        found: String,
        expected: &'static str,
    },
    #[error("elements are nested more than {0} deep")]
    Depth(usize),
    #[error("there are more than {0} elements: send the text in parts")]
    Elements(usize),
    #[error("the pauses are longer than {0} seconds together: send the text in parts")]
    Pauses(u64),
}

/// What a caller wrote, short enough to repeat.
pub(crate) fn shown(written: &str) -> String {
    let mut shown: String = written.chars().take(SHOWN).collect();
    if shown.len() < written.len() {
        shown.push('…');
    }
    shown
}
