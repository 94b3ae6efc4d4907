//! The elements and what their attributes ask for.

use std::time::Duration;

use quick_xml::{
    escape::unescape,
    events::{BytesStart, attributes::AttrError},
};

use crate::{
    Fault, Style,
    error::shown,
    said::{DateOrder, Interpretation},
    values,
};

const TIME: &str = "0 to 10 seconds such as `500ms` or `1.5s`";
const STRENGTH: &str = "none, x-weak, weak, medium, strong or x-strong";
const LEVEL: &str = "strong, moderate, none or reduced";
const RATE: &str =
    "x-slow, slow, medium, fast, x-fast, or 25% to 400% such as `80%`, `+20%` or `0.8`";
const PITCH: &str =
    "x-low, low, medium, high, x-high, or a change to 24 semitones such as `+2st` or `-10%`";
const VOLUME: &str =
    "silent, x-soft, soft, medium, loud, x-loud, or a change of -60 to +20 decibels such as `-3dB`";
const ALPHABET: &str = "ipa, or x-kiskadee for the voice's own phones";
const PHONES: &str = "1 to 200 characters";
const ALIAS: &str = "something with a letter or a figure";
const LONGEST_PHONES: usize = 200;

/// What an element means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Element {
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
}

impl Element {
    /// Reads a tag inside of `style`. Also gives the language that it names.
    pub(crate) fn read(
        tag: &BytesStart<'_>,
        style: Style,
    ) -> Result<(&'static str, Self, Option<String>), Fault> {
        let name = known(tag)?;
        let mut attributes = Attributes::read(name, tag)?;
        let language = attributes.take("xml:lang");
        let element = match name {
            "speak" => {
                let _ = attributes.take("version");
                Self::Speak
            }
            "p" => Self::Paragraph,
            "s" => Self::Sentence,
            "break" => Self::Break(attributes.pause()?),
            "emphasis" => Self::Styled(attributes.emphasis(style)?),
            "prosody" => Self::Styled(attributes.prosody(style)?),
            "phoneme" => Self::Phones(attributes.phones()?),
            "sub" => Self::Alias(attributes.alias()?),
            "say-as" => Self::As(attributes.interpretation()?),
            _ => {
                let _ = attributes.take("name");
                Self::Mark
            }
        };
        attributes.finish()?;
        Ok((name, element, language))
    }

    /// It takes text and no elements.
    pub(crate) fn holds_text(&self) -> bool {
        matches!(self, Self::Phones(_) | Self::Alias(_) | Self::As(_))
    }

    /// The other one cannot be inside, however deep: there is no paragraph in a sentence.
    pub(crate) fn forbids(&self, inner: &Self) -> bool {
        match self {
            Self::Sentence => matches!(inner, Self::Paragraph | Self::Sentence),
            Self::Paragraph => *inner == Self::Paragraph,
            _ => false,
        }
    }

    /// It takes nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Break(_) | Self::Mark)
    }
}

fn known(tag: &BytesStart<'_>) -> Result<&'static str, Fault> {
    const NAMES: [&str; 10] = [
        "speak", "p", "s", "break", "emphasis", "prosody", "phoneme", "sub", "say-as", "mark",
    ];
    let name = tag.name();
    let name = std::str::from_utf8(name.as_ref()).unwrap_or_default();
    match NAMES.iter().find(|known| **known == name) {
        Some(known) => Ok(known),
        None if name == "lang" => Err(Fault::Lang),
        None if !name.starts_with(char::is_alphabetic) => Err(Fault::BareLess),
        None => Err(Fault::UnknownElement(shown(name))),
    }
}

/// What stands in an element's tag, until it is taken.
struct Attributes {
    element: &'static str,
    given: Vec<(String, String)>,
}

impl Attributes {
    fn read(element: &'static str, tag: &BytesStart<'_>) -> Result<Self, Fault> {
        let mut given = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| malformed(&error))?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = std::str::from_utf8(&attribute.value).unwrap_or_default();
            let value = unescape(value).map_err(|_| Fault::Value {
                element,
                attribute: shown(&name),
                found: shown(value),
                expected: "text with `&amp;` for `&`",
            })?;
            if !is_passed_over(&name) {
                let value = value.trim().to_owned();
                given.push((name, value));
            }
        }
        Ok(Self { element, given })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.given.iter().position(|(given, _)| given == name)?;
        Some(self.given.swap_remove(at).1)
    }

    fn value<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(written) = self.take(name) else {
            return Ok(None);
        };
        read(&written).map(Some).ok_or_else(|| Fault::Value {
            element: self.element,
            attribute: name.to_owned(),
            found: shown(&written),
            expected,
        })
    }

    fn needs(&self, needed: &'static str) -> Fault {
        Fault::Needs {
            element: self.element,
            needed,
        }
    }

    fn pause(&mut self) -> Result<Duration, Fault> {
        let strength = self.value("strength", STRENGTH, values::strength)?;
        let time = self.value("time", TIME, values::time)?;
        Ok(time.or(strength).unwrap_or(values::MEDIUM_BREAK))
    }

    fn emphasis(&mut self, style: Style) -> Result<Style, Fault> {
        let level = self.value("level", LEVEL, values::emphasis)?;
        Ok(Style {
            emphasis: level.unwrap_or(crate::Emphasis::Moderate),
            ..style
        })
    }

    fn prosody(&mut self, style: Style) -> Result<Style, Fault> {
        let rate = self.value("rate", RATE, values::rate)?;
        let pitch = self.value("pitch", PITCH, values::pitch)?;
        let volume = self.value("volume", VOLUME, values::volume)?;
        if rate.is_none() && pitch.is_none() && volume.is_none() && self.given.is_empty() {
            return Err(self.needs("`rate`, `pitch` or `volume`"));
        }
        Ok(Style {
            rate: values::bounded_rate(style.rate * rate.unwrap_or(1.0)),
            pitch: values::bounded_pitch(style.pitch + pitch.unwrap_or(0.0)),
            volume: values::bounded_volume(style.volume + volume.unwrap_or(0.0)),
            emphasis: style.emphasis,
        })
    }

    fn phones(&mut self) -> Result<String, Fault> {
        let is_known = |name: &str| matches!(name, "ipa" | "x-kiskadee").then_some(());
        self.value("alphabet", ALPHABET, is_known)?;
        let phones = self.value("ph", PHONES, |phones| {
            (1..=LONGEST_PHONES)
                .contains(&phones.chars().count())
                .then(|| phones.to_owned())
        })?;
        phones.ok_or_else(|| self.needs("`ph`"))
    }

    fn alias(&mut self) -> Result<String, Fault> {
        let alias = self.value("alias", ALIAS, |alias| {
            alias
                .contains(char::is_alphanumeric)
                .then(|| alias.to_owned())
        })?;
        alias.ok_or_else(|| self.needs("`alias`"))
    }

    fn interpretation(&mut self) -> Result<Interpretation, Fault> {
        let order = self.value("format", DateOrder::NAMES, DateOrder::named)?;
        let kind = self.value("interpret-as", Interpretation::NAMES, |name| {
            Interpretation::named(name, order)
        })?;
        kind.ok_or_else(|| self.needs("`interpret-as`"))
    }

    /// Nothing may be left.
    fn finish(self) -> Result<(), Fault> {
        let element = self.element;
        match self.given.into_iter().next() {
            None => Ok(()),
            Some((found, _)) => Err(Fault::UnknownAttribute {
                element,
                found: shown(&found),
                known: attributes_of(element),
            }),
        }
    }
}

fn attributes_of(element: &str) -> &'static str {
    match element {
        "break" => "it takes time and strength",
        "emphasis" => "it takes level",
        "prosody" => "it takes rate, pitch and volume",
        "phoneme" => "it takes alphabet and ph",
        "sub" => "it takes alias",
        "say-as" => "it takes interpret-as, and format for dates",
        "mark" => "it takes name",
        _ => "it takes xml:lang",
    }
}

/// Says nothing about speech.
fn is_passed_over(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:") || name.starts_with("xsi:") || name == "xml:id"
}

fn malformed(error: &AttrError) -> Fault {
    Fault::Syntax(match error {
        AttrError::Duplicated(..) => "an attribute is given twice: leave one out".to_owned(),
        _ => "an attribute is written as name=\"value\"".to_owned(),
    })
}
