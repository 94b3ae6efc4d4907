//! What a text says, in the order in which it is said.

use std::{ops::Range, time::Duration};

use kiskadee_shared::warning::{Warning, WarningCode};

/// Signs that are said by name.
const NAMED: &str = "%‰$¢£¥&@+=<>×÷±#°§©®™µ";

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    pub pieces: Vec<Piece>,
    /// In the order of the text, the first of a kind; no more than `MOST_WARNINGS`.
    pub warnings: Vec<Warning>,
    /// Voices that the text asks for; their warnings are of no account to who has such a voice.
    pub(crate) voices: Vec<String>,
}

impl Document {
    /// A text in which every sign means itself.
    pub(crate) fn plain(text: &str) -> Self {
        let piece = Text {
            text: text.to_owned(),
            source: 0..text.len(),
            style: Style::default(),
            saying: Saying::Written,
        };
        Self {
            pieces: vec![Piece::Text(piece)],
            ..Self::default()
        }
    }

    /// Silence that was asked for.
    pub fn pauses(&self) -> Duration {
        let pause = |piece: &Piece| match piece {
            Piece::Pause(pause) => *pause,
            _ => Duration::ZERO,
        };
        self.pieces.iter().map(pause).sum()
    }

    /// The warnings for who speaks it with this voice.
    pub fn warnings_for(&self, voice: &str) -> Vec<Warning> {
        let is_of_no_account = self
            .voices
            .iter()
            .all(|asked| asked.eq_ignore_ascii_case(voice));
        let of_voices = |warning: &&Warning| warning.code == WarningCode::VoiceIgnored;
        let kept = self.warnings.iter();
        let kept = kept.filter(|warning| !(is_of_no_account && of_voices(warning)));
        let wordless = self.is_wordless().then(Warning::no_words);
        wordless.into_iter().chain(kept.cloned()).collect()
    }

    /// There is nothing to say in it: no letter, no figure, and no sign that has a name.
    pub fn is_wordless(&self) -> bool {
        let has_name = |c: char| {
            c.is_alphanumeric()
                || NAMED.contains(c)
                || matches!(c, '\u{20a0}'..='\u{20cf}' | '\u{2100}'..='\u{22ff}')
        };
        !self.pieces.iter().any(|piece| match piece {
            Piece::Text(text) => text.saying != Saying::Written || text.text.contains(has_name),
            _ => false,
        })
    }

    /// What of the text stands in these bytes of the input, as a reader is shown it: without marks, each run of white space as one
    /// blank.
    pub fn written(&self, bytes: &Range<usize>) -> String {
        let mut written = String::new();
        for piece in self
            .pieces
            .get(self.first_at(bytes.start)..)
            .unwrap_or_default()
        {
            match piece {
                Piece::Text(text) if text.source.start >= bytes.end => break,
                Piece::Text(text) => written.push_str(text.within(bytes)),
                _ => written.push(' '),
            }
        }
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first text that ends behind a byte of the input. Texts are in the order of the input.
    fn first_at(&self, at: usize) -> usize {
        let mut first = 0..self.pieces.len();
        while !first.is_empty() {
            let middle = first.start + first.len() / 2;
            let next = self.pieces.get(middle..first.end).unwrap_or_default();
            let text = next.iter().find_map(|piece| match piece {
                Piece::Text(text) => Some(text),
                _ => None,
            });
            match text {
                Some(text) if text.source.end <= at => first.start = middle + 1,
                _ => first.end = middle,
            }
        }
        first.start
    }
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

    /// What of it stands in these bytes of the input.
    fn within(&self, bytes: &Range<usize>) -> &str {
        let (start, end) = (
            bytes.start.max(self.source.start),
            bytes.end.min(self.source.end),
        );
        if start >= end {
            return "";
        }
        let part = start - self.source.start..end - self.source.start;
        let is_exact = self.text.len() == self.source.len();
        match self.text.get(part) {
            Some(part) if is_exact => part,
            _ => &self.text,
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

/// `en` of `en-US`.
pub(crate) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}
