//! From the text to its pieces: elements open and close, and text goes with what is in force.

use std::{ops::Range, time::Duration};

use quick_xml::{
    Reader,
    errors::{Error, IllFormedError},
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use crate::{
    Document, Fault, Piece, Position, Saying, SsmlError, Style, Text, document::primary,
    element::Element, error::shown, opening,
};

/// Elements inside each other.
pub const MOST_DEPTH: usize = 16;
/// Elements of a text.
pub const MOST_ELEMENTS: usize = 2000;
/// All pauses of a text together.
pub const MOST_PAUSE: Duration = Duration::from_mins(1);

/// Reads a text in SSML. The pieces are in the order in which they are said.
pub fn parse(text: &str) -> Result<Document, SsmlError> {
    let begin = text.len() - opening(text).len();
    let mut parser = Parser {
        text,
        open: Vec::new(),
        document: Document::default(),
        elements: 0,
        paused: Duration::ZERO,
        is_over: false,
    };
    let mut reader = Reader::from_str(text.get(begin..).unwrap_or_default());
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut from = begin;
    loop {
        let event = reader.read_event();
        let to = begin + reader.buffer_position() as usize;
        let event = event.map_err(|error| {
            parser.fault(begin + reader.error_position() as usize, malformed(&error))
        })?;
        if event == Event::Eof {
            return parser.finish();
        }
        parser.take(&event, from..to)?;
        from = to;
    }
}

struct Parser<'a> {
    text: &'a str,
    open: Vec<Open>,
    document: Document,
    elements: usize,
    paused: Duration,
    /// `</speak>` was read.
    is_over: bool,
}

/// An element that is not closed yet.
struct Open {
    name: &'static str,
    element: Element,
    /// Where its tag begins and ends.
    tag: Range<usize>,
    /// In force inside.
    style: Style,
    /// The text inside, where that is kept together.
    held: String,
}

impl Parser<'_> {
    fn take(&mut self, event: &Event<'_>, at: Range<usize>) -> Result<(), SsmlError> {
        match event {
            Event::Start(tag) => self.start(tag, at),
            Event::Empty(tag) => {
                self.start(tag, at.clone())?;
                self.close(at.end)
            }
            Event::End(tag) => self.end(&String::from_utf8_lossy(tag.name().as_ref()), at),
            Event::Text(_) => self.text(at),
            Event::CData(_) => self.text(at.start + "<![CDATA[".len()..at.end - "]]>".len()),
            Event::GeneralRef(reference) => self.reference(reference, at),
            Event::DocType(_) => Err(self.fault(at.start, Fault::Doctype)),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn fault(&self, at: usize, fault: Fault) -> SsmlError {
        SsmlError {
            position: Position::of(self.text, at),
            fault,
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, at: Range<usize>) -> Result<(), SsmlError> {
        let around = self.open.last().map_or(Style::default(), |open| open.style);
        let opened = Element::read(tag, around).and_then(|(name, element, language)| {
            self.allow(name, &element)?;
            self.speak_in(language, at.start)?;
            Ok((name, element))
        });
        let (name, element) = opened.map_err(|fault| self.fault(at.start, fault))?;
        let style = match &element {
            Element::Styled(style) => *style,
            _ => around,
        };
        self.edge(&element);
        if let Element::Break(pause) = element {
            self.document.pieces.push(Piece::Pause(pause));
        }
        self.open.push(Open {
            name,
            element,
            tag: at,
            style,
            held: String::new(),
        });
        Ok(())
    }

    /// Whether an element may stand here, and is not one too many.
    fn allow(&mut self, name: &'static str, element: &Element) -> Result<(), Fault> {
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(Fault::Elements(MOST_ELEMENTS));
        }
        if self.open.len() >= MOST_DEPTH {
            return Err(Fault::Depth(MOST_DEPTH));
        }
        let Some(parent) = self.open.last() else {
            let is_root = *element == Element::Speak && !self.is_over;
            return is_root.then_some(()).ok_or(Fault::Outside);
        };
        if parent.element.is_empty() {
            return Err(Fault::NoText(parent.name));
        }
        if parent.element.holds_text() {
            return Err(Fault::TextOnly(parent.name));
        }
        let apart = self
            .open
            .iter()
            .rev()
            .find(|open| *element == Element::Speak || open.element.forbids(element));
        if let Some(open) = apart {
            return Err(Fault::Nesting {
                element: name,
                inside: open.name,
            });
        }
        if let Element::Break(pause) = element {
            self.paused += *pause;
        }
        if self.paused > MOST_PAUSE {
            return Err(Fault::Pauses(MOST_PAUSE.as_secs()));
        }
        Ok(())
    }

    /// A text is in one language; regions of it do not matter.
    fn speak_in(&mut self, language: Option<String>, at: usize) -> Result<(), Fault> {
        let Some(language) = language else {
            return Ok(());
        };
        let position = Position::of(self.text, at);
        let (asked, _) = self
            .document
            .language
            .get_or_insert_with(|| (language.clone(), position));
        if primary(asked).eq_ignore_ascii_case(primary(&language)) {
            return Ok(());
        }
        Err(Fault::Language {
            found: shown(&language),
            asked: shown(asked),
        })
    }

    fn end(&mut self, name: &str, at: Range<usize>) -> Result<(), SsmlError> {
        match self.open.last() {
            Some(open) if open.name == name => self.close(at.start),
            Some(open) if self.open.iter().any(|open| open.name == name) => {
                Err(self.fault(at.start, self.unclosed(open)))
            }
            _ => Err(self.fault(at.start, Fault::NotOpened(shown(name)))),
        }
    }

    /// Ends the last element, whose content ends at `end`.
    fn close(&mut self, end: usize) -> Result<(), SsmlError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        self.is_over |= open.element == Element::Speak;
        self.edge(&open.element);
        if !open.element.holds_text() {
            return Ok(());
        }
        let saying = saying(open.element, open.name, &open.held)
            .map_err(|fault| self.fault(open.tag.start, fault))?;
        self.document.pieces.push(Piece::Text(Text {
            text: open.held,
            source: open.tag.end..end,
            style: open.style,
            saying,
        }));
        Ok(())
    }

    fn edge(&mut self, element: &Element) {
        match element {
            Element::Sentence => self.document.pieces.push(Piece::SentenceEdge),
            Element::Paragraph => self.document.pieces.push(Piece::ParagraphEdge),
            _ => (),
        }
    }

    fn unclosed(&self, open: &Open) -> Fault {
        Fault::Unclosed {
            element: open.name,
            opened: Position::of(self.text, open.tag.start),
        }
    }

    /// Text that stands for itself.
    fn text(&mut self, at: Range<usize>) -> Result<(), SsmlError> {
        let written = self.text.get(at.clone()).unwrap_or_default();
        let text = written.replace(|c: char| c.is_ascii_control(), " ");
        self.say(text, at)
    }

    fn reference(&mut self, reference: &BytesRef<'_>, at: Range<usize>) -> Result<(), SsmlError> {
        let name = String::from_utf8_lossy(reference).into_owned();
        let character = reference.resolve_char_ref().ok().flatten();
        let text = character
            .map(String::from)
            .or_else(|| resolve_predefined_entity(&name).map(str::to_owned))
            .ok_or_else(|| self.fault(at.start, Fault::Entity(shown(&name))))?;
        self.say(text.replace(char::is_control, " "), at)
    }

    fn say(&mut self, text: String, source: Range<usize>) -> Result<(), SsmlError> {
        let is_blank = text.trim().is_empty();
        match self.open.last_mut() {
            None if is_blank => Ok(()),
            None => Err(self.fault(source.start, Fault::Outside)),
            Some(open) if open.element.is_empty() => {
                let name = open.name;
                Err(self.fault(source.start, Fault::NoText(name)))
            }
            Some(open) if open.element.holds_text() => {
                open.held.push_str(&text);
                Ok(())
            }
            Some(open) => {
                self.document.pieces.push(Piece::Text(Text {
                    text,
                    source,
                    style: open.style,
                    saying: Saying::Written,
                }));
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Document, SsmlError> {
        if let Some(open) = self.open.last() {
            return Err(self.fault(self.text.len(), self.unclosed(open)));
        }
        let is_said = |piece: &Piece| match piece {
            Piece::Text(text) => !text.text.trim().is_empty(),
            _ => false,
        };
        if self.document.pieces.iter().any(is_said) {
            Ok(self.document)
        } else {
            Err(self.fault(self.text.len() - opening(self.text).len(), Fault::Empty))
        }
    }
}

/// What the text inside an element stands for.
fn saying(element: Element, name: &'static str, text: &str) -> Result<Saying, Fault> {
    if !text.contains(char::is_alphanumeric) {
        return Err(Fault::NeedsText(name));
    }
    match element {
        Element::Phones(phones) => Ok(Saying::Phones(phones)),
        Element::Alias(alias) => Ok(Saying::Alias(alias)),
        Element::As(interpretation) => interpretation.saying(text),
        _ => Ok(Saying::Written),
    }
}

fn malformed(error: &Error) -> Fault {
    match error {
        Error::IllFormed(IllFormedError::UnclosedReference) => Fault::BareAmpersand,
        error => Fault::Syntax(
            error
                .to_string()
                .trim_start_matches("syntax error: ")
                .to_owned(),
        ),
    }
}
