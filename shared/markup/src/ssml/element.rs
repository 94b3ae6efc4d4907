//! The elements, and what each means here.

use std::time::Duration;

use kiskadee_shared::warning::WarningCode;
use quick_xml::events::BytesStart;

use super::{attributes::Attributes, notes::Note, said::Interpretation};
use crate::{Fault, Style, error::shown};

/// What an element means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Element {
    Speak,
    Paragraph,
    Sentence,
    /// Changes how everything inside is said.
    Styled(Style),
    /// Changes what its text stands for.
    Phones(String),
    Alias(String),
    As(Interpretation),
    Break(Duration),
    Mark,
    /// Changes nothing: what is inside is said as if it were not there.
    Through,
    /// Nothing inside is said.
    Silent,
}

/// An element with what its tag says beside it.
pub(super) struct Opened {
    pub(super) element: Element,
    /// The language that it names.
    pub(super) language: Option<String>,
    /// The voice that it asks for.
    pub(super) voice: Option<String>,
    pub(super) notes: Vec<Note>,
}

impl Element {
    /// Reads a tag of this local name inside of `style`.
    pub(super) fn read(name: &str, tag: &BytesStart<'_>, style: Style) -> Result<Opened, Fault> {
        if !name.starts_with(char::is_alphabetic) {
            return Err(Fault::BareLess);
        }
        let mut attributes = Attributes::read(name, tag)?;
        let language = attributes.take("xml:lang");
        let voice = (name == "voice").then(|| attributes.voice());
        let element = Self::named(name, &mut attributes, style)?;
        Ok(Opened {
            element,
            language,
            voice,
            notes: attributes.finish(),
        })
    }

    fn named(name: &str, attributes: &mut Attributes, style: Style) -> Result<Self, Fault> {
        Ok(match name {
            "speak" => Self::Speak,
            "p" | "paragraph" => Self::Paragraph,
            "s" | "sentence" => Self::Sentence,
            "break" => Self::Break(attributes.pause()?),
            "emphasis" => Self::Styled(attributes.emphasis(style)?),
            "prosody" => Self::Styled(attributes.prosody(style)?),
            "phoneme" => match attributes.phones()? {
                Some(phones) => Self::Phones(phones),
                None => Self::Through,
            },
            "sub" => Self::Alias(attributes.alias()?),
            "say-as" => attributes.interpretation()?,
            "mark" | "bookmark" => Self::Mark,
            "desc" | "meta" | "metadata" => Self::Silent,
            "mstts:silence" => attributes.silence()?,
            "voice" | "lang" | "w" | "token" => Self::Through,
            "lexicon" => {
                attributes.note(WarningCode::ElementIgnored, LEXICON.to_owned());
                Self::Silent
            }
            "audio" => {
                attributes.note(WarningCode::AudioIgnored, AUDIO.to_owned());
                Self::Through
            }
            _ => other(name, attributes),
        })
    }

    /// It takes text and no elements.
    pub(super) fn holds_text(&self) -> bool {
        matches!(self, Self::Phones(_) | Self::Alias(_) | Self::As(_))
    }

    /// The other one cannot be inside, however deep: there is no paragraph in a sentence.
    pub(super) fn forbids(&self, inner: &Self) -> bool {
        match self {
            Self::Sentence => matches!(inner, Self::Paragraph | Self::Sentence),
            Self::Paragraph => *inner == Self::Paragraph,
            _ => false,
        }
    }

    /// It takes nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Break(_) | Self::Mark)
    }
}

const LEXICON: &str = "<lexicon> is not fetched: keep words in the dictionary of your account (`/api/v1/pronunciations`)";
const AUDIO: &str = "<audio> is not played: the text inside is spoken in its place";

/// Of another maker, or of no maker.
fn other(name: &str, attributes: &mut Attributes) -> Element {
    let name = shown(name);
    attributes.note(
        WarningCode::ElementIgnored,
        format!("<{name}> means nothing here: what is inside is spoken as if it were not there"),
    );
    attributes.drop_rest();
    Element::Through
}
