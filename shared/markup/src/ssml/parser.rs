//! From the text to its pieces: elements open and close, and text goes with what is in force.

use std::{ops::Range, time::Duration};

use kiskadee_shared::warning::{Warning, WarningCode};
use quick_xml::{
    Reader,
    errors::{Error, IllFormedError},
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::{
    element::{Element, Opened},
    notes::{Note, Warnings},
    opening::{is_ssml, opening},
    said::Said,
};
use crate::{
    Document, Fault, Piece, Position, Saying, SsmlError, Style, Text, document::primary,
    error::shown,
};

/// Elements inside each other.
pub const MOST_DEPTH: usize = 16;
/// Elements of a text.
pub const MOST_ELEMENTS: usize = 2000;
/// All pauses of a text together.
pub const MOST_PAUSE: Duration = Duration::from_mins(1);
/// What stands in the place of a word that is left out.
const LEFT_OUT: Duration = Duration::from_millis(500);

/// Reads a text in SSML that is spoken in this language. The pieces are in the order in which they are said.
pub(crate) fn parse(text: &str, language: &str) -> Result<Document, SsmlError> {
    let begin = text.len() - opening(text).len();
    let mut parser = Parser {
        text,
        language,
        prefix: String::new(),
        open: Vec::new(),
        silent: 0,
        document: Document::default(),
        warnings: Warnings::default(),
        elements: 0,
        paused: Duration::ZERO,
        is_over: false,
    };
    if !is_ssml(text) {
        return Err(parser.fault(begin, Fault::NoSsml));
    }
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
    /// What the text is spoken in.
    language: &'a str,
    /// Stands before the names of the W3C's elements, with its colon; mostly nothing does.
    prefix: String,
    open: Vec<Open>,
    /// How many of the open elements say nothing.
    silent: usize,
    document: Document,
    warnings: Warnings,
    elements: usize,
    paused: Duration,
    /// `</speak>` was read.
    is_over: bool,
}

/// An element that is not closed yet.
struct Open {
    /// As it is written.
    name: String,
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
        let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
        if self.open.is_empty()
            && let Some(prefix) = name.strip_suffix("speak")
        {
            prefix.clone_into(&mut self.prefix);
        }
        let around = self.open.last().map_or(Style::default(), |open| open.style);
        let element = self
            .opened(&name, tag, around, at.start)
            .map_err(|fault| self.fault(at.start, fault))?;
        let style = match &element {
            Element::Styled(style) => *style,
            _ => around,
        };
        self.edge(&element);
        if let Element::Break(pause) = element {
            self.document.pieces.push(Piece::Pause(pause));
        }
        self.silent += usize::from(element == Element::Silent);
        self.open.push(Open {
            name,
            element,
            tag: at,
            style,
            held: String::new(),
        });
        Ok(())
    }

    /// What an element means here.
    fn opened(
        &mut self,
        name: &str,
        tag: &BytesStart<'_>,
        around: Style,
        at: usize,
    ) -> Result<Element, Fault> {
        if self.silent > 0 {
            self.allow(name, &Element::Silent)?;
            return Ok(Element::Silent);
        }
        let local = name.strip_prefix(&self.prefix).unwrap_or(name);
        let Opened {
            element,
            language,
            voice,
            notes,
        } = Element::read(local, tag, around)?;
        self.allow(name, &element)?;
        if let Some(language) = language {
            self.note_language(&language, at);
        }
        if let Some(voice) = voice {
            self.note_voice(voice, at);
        }
        for note in notes {
            self.note(note, at);
        }
        Ok(element)
    }

    /// Whether an element may stand here, and is not one too many.
    fn allow(&mut self, name: &str, element: &Element) -> Result<(), Fault> {
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
            return Err(Fault::NoText(shown(&parent.name)));
        }
        if parent.element.holds_text() {
            return Err(Fault::TextOnly(shown(&parent.name)));
        }
        let apart = self
            .open
            .iter()
            .rev()
            .find(|open| *element == Element::Speak || open.element.forbids(element));
        if let Some(open) = apart {
            return Err(Fault::Nesting {
                element: shown(name),
                inside: shown(&open.name),
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

    fn note(&mut self, note: Note, at: usize) {
        self.warnings.push(note, self.text, at);
    }

    /// A text is spoken in one language; regions of it do not matter.
    fn note_language(&mut self, found: &str, at: usize) {
        if primary(found).eq_ignore_ascii_case(primary(self.language)) || found.is_empty() {
            return;
        }
        let message = format!(
            "`xml:lang` is `{}`, and the text is spoken in `{}` as any other: a text is in one language",
            shown(found),
            shown(self.language)
        );
        self.note((WarningCode::LanguageIgnored, message), at);
    }

    fn note_voice(&mut self, voice: String, at: usize) {
        let message = format!(
            "<voice> asks for `{}`, and one voice speaks the whole text: that of the request",
            shown(&voice)
        );
        self.note((WarningCode::VoiceIgnored, message), at);
        if !self.document.voices.contains(&voice) && self.document.voices.len() <= MOST_DEPTH {
            self.document.voices.push(voice);
        }
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
        self.silent -= usize::from(open.element == Element::Silent);
        self.edge(&open.element);
        if !open.element.holds_text() {
            return Ok(());
        }
        // What is said without a text of its own stands for the tag.
        let start = if open.held.trim().is_empty() {
            open.tag.start
        } else {
            open.tag.end
        };
        let at = open.tag.start;
        match self.said(open.element, &open.name, &open.held, at)? {
            Said::Nothing => self.document.pieces.push(Piece::Pause(LEFT_OUT)),
            Said::Saying(saying) => self.document.pieces.push(Piece::Text(Text {
                text: open.held,
                source: start..end,
                style: open.style,
                saying,
            })),
        }
        Ok(())
    }

    /// What the text inside an element stands for.
    fn said(
        &mut self,
        element: Element,
        name: &str,
        text: &str,
        at: usize,
    ) -> Result<Said, SsmlError> {
        let has_words = text.contains(char::is_alphanumeric);
        Ok(Said::Saying(match element {
            Element::Alias(alias) => Saying::Alias(alias),
            Element::Phones(phones) if has_words => Saying::Phones(phones),
            Element::Phones(_) => return Err(self.fault(at, Fault::NeedsText(shown(name)))),
            Element::As(interpretation) if has_words => {
                let (said, note) = interpretation.said(text, self.language);
                if let Some(note) = note {
                    self.note(note, at);
                }
                return Ok(said);
            }
            _ => Saying::Written,
        }))
    }

    fn edge(&mut self, element: &Element) {
        if self.silent > 0 {
            return;
        }
        match element {
            Element::Sentence => self.document.pieces.push(Piece::SentenceEdge),
            Element::Paragraph => self.document.pieces.push(Piece::ParagraphEdge),
            _ => (),
        }
    }

    fn unclosed(&self, open: &Open) -> Fault {
        Fault::Unclosed {
            element: shown(&open.name),
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
        if self.silent > 0 {
            return Ok(());
        }
        let name = String::from_utf8_lossy(reference).into_owned();
        let character = reference.resolve_char_ref().ok().flatten();
        let text = character
            .map(String::from)
            .or_else(|| resolve_predefined_entity(&name).map(str::to_owned))
            .ok_or_else(|| self.fault(at.start, Fault::Entity(shown(&name))))?;
        self.say(text.replace(char::is_control, " "), at)
    }

    fn say(&mut self, text: String, source: Range<usize>) -> Result<(), SsmlError> {
        if self.silent > 0 {
            return Ok(());
        }
        let is_blank = text.trim().is_empty();
        match self.open.last_mut() {
            None if is_blank => Ok(()),
            None => Err(self.fault(source.start, Fault::Outside)),
            Some(open) if open.element.is_empty() => {
                let name = shown(&open.name);
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

    fn finish(mut self) -> Result<Document, SsmlError> {
        if let Some(open) = self.open.last() {
            return Err(self.fault(self.text.len(), self.unclosed(open)));
        }
        let is_something = |piece: &Piece| match piece {
            Piece::Text(text) => !text.text.trim().is_empty() || text.saying != Saying::Written,
            Piece::Pause(_) => true,
            Piece::SentenceEdge | Piece::ParagraphEdge => false,
        };
        // Elements that say nothing here may stand for something elsewhere: a recording alone is a text without a word.
        if !self.document.pieces.iter().any(is_something) && self.warnings.0.is_empty() {
            return Err(self.fault(self.text.len() - opening(self.text).len(), Fault::Empty));
        }
        self.document.warnings = std::mem::take::<Vec<Warning>>(&mut self.warnings.0);
        Ok(self.document)
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
