//! What normalisation gives: sentences of words.

use std::{ops::Range, time::Duration};

/// A sentence, or a piece of one that was too long to speak in one breath.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sentence {
    pub words: Vec<Word>,
    /// Silence that the writer asked for, before and after what the voice itself leaves.
    pub lead: Duration,
    pub trail: Duration,
}

/// One word as it is to be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Lower case letters and apostrophes; never digits or symbols. `1st` gives `first`.
    pub text: String,
    /// The bytes of the input that this word speaks for. Several words can share a range (`21` → `twenty` `one`).
    pub source: Range<usize>,
    /// The name of the letter `text` is to be said, as in `U S B`; `o's` is the name with an s, as in `CEOs`.
    pub spelled: bool,
    /// What follows the word.
    pub boundary: Boundary,
    pub prosody: Prosody,
    /// Phones given by the writer (SSML `phoneme`, a dictionary) in place of the word's own, as written.
    pub pronunciation: Option<String>,
}

/// What follows a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    #[default]
    None,
    /// A comma, a bracket, a dash.
    Minor,
    /// A semicolon, a colon.
    Major,
    Statement,
    Question,
    Exclamation,
    /// A statement that ends a paragraph, before another one.
    Paragraph,
    /// A pause of this length, asked for by the writer.
    Pause(Duration),
}

/// How a word departs from the plain voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prosody {
    /// 1.0 is the voice's own pace, 2.0 twice as fast.
    pub rate: f32,
    /// Added to the pitch, in semitones.
    pub pitch: f32,
    /// Added to the loudness, in decibels.
    pub volume: f32,
    pub emphasis: Emphasis,
}

impl Default for Prosody {
    fn default() -> Self {
        Self {
            rate: 1.0,
            pitch: 0.0,
            volume: 0.0,
            emphasis: Emphasis::None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    Reduced,
    #[default]
    None,
    Moderate,
    Strong,
}
