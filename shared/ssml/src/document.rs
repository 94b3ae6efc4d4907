//! What a text in SSML says, in the order in which it is said.

use std::{ops::Range, time::Duration};

use crate::{Fault, Position, SsmlError, error::shown};

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    pub pieces: Vec<Piece>,
    /// The language that `xml:lang` says the text is in, as written (a BCP 47 tag), and where it says so.
    pub language: Option<(String, Position)>,
}

impl Document {
    /// Whether the text may be spoken in the language of this BCP 47 tag: it names none, or the same. Regions do not matter.
    pub fn check_language(&self, tag: &str) -> Result<(), SsmlError> {
        match &self.language {
            Some((found, position)) if !primary(found).eq_ignore_ascii_case(primary(tag)) => {
                Err(SsmlError {
                    position: *position,
                    fault: Fault::Language {
                        found: shown(found),
                        asked: shown(tag),
                    },
                })
            }
            _ => Ok(()),
        }
    }
}

/// `en` of `en-US`.
pub(crate) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(Text),
    /// Silence that was asked for. Pauses in a row add up; one of no length takes away the pause that the voice would make.
    Pause(Duration),
    /// A sentence begins or ends here, whatever the punctuation says.
    SentenceEdge,
    ParagraphEdge,
}

/// A stretch of text that is said in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// References are resolved, and white space is single-byte blanks.
    pub text: String,
    /// The bytes of the input that the text stands for: one for one if there are as many, else all for each.
    pub source: Range<usize>,
    pub style: Style,
    pub saying: Saying,
}

impl Text {
    /// The bytes of the input that byte `at` of the text stands for.
    pub fn source_of(&self, at: usize) -> Range<usize> {
        if self.text.len() == self.source.len() {
            self.source.start + at..self.source.start + at + 1
        } else {
            self.source.clone()
        }
    }
}

/// What the text of an element stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// Read as any text.
    Written,
    /// Something else is read in its place (`sub`).
    Alias(String),
    /// Said with these phones: IPA, or the voice's own names with blanks between them (`phoneme`).
    Phones(String),
    /// Read in this way (`say-as`).
    As(SayAs),
}

/// How text is read that could be read in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SayAs {
    /// Letter by letter.
    Characters,
    /// Figure by figure.
    Digits,
    /// A whole number, with a sign or marks between thousands.
    Cardinal,
    /// A whole number with or without its ending.
    Ordinal,
    /// Figure by figure, in groups as written.
    Telephone,
}

/// How text departs from the plain voice: what all elements around it ask for together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// 1.0 is the voice's own pace; 0.25 to 4.
    pub rate: f32,
    /// Semitones; -24 to 24.
    pub pitch: f32,
    /// Decibels; -60 to 20.
    pub volume: f32,
    pub emphasis: Emphasis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    Reduced,
    #[default]
    None,
    Moderate,
    Strong,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            rate: 1.0,
            pitch: 0.0,
            volume: 0.0,
            emphasis: Emphasis::None,
        }
    }
}
