//! What stands in an element's tag.

use std::time::Duration;

use kiskadee_shared::warning::WarningCode;
use quick_xml::{
    escape::unescape,
    events::{BytesStart, attributes::AttrError},
};

use super::{
    element::Element,
    notes::Note,
    said::Interpretation,
    values::{self, Value},
};
use crate::{Emphasis, Fault, Style, error::shown};

const TIME: &str = "a time such as `500ms` or `1.5s`";
const STRENGTH: &str = "none, x-weak, weak, medium, strong or x-strong";
const LEVEL: &str = "strong, moderate, none or reduced";
const RATE: &str =
    "x-slow, slow, medium, fast, x-fast, or 25% to 400% such as `80%`, `+20%` or `0.8`";
const PITCH: &str =
    "x-low, low, medium, high, x-high, or a change to 24 semitones such as `+2st` or `-10%`";
const VOLUME: &str = "silent, x-soft, soft, medium, loud, x-loud, a change of -60 to +20 decibels such as `-3dB`, or 0 to 100";
const PHONES: &str = "1 to 200 characters";
const ALIAS: &str = "something with a letter or a figure";
const LONGEST_PHONES: usize = 200;

/// The attributes of a tag, until they are taken.
pub(super) struct Attributes {
    element: String,
    given: Vec<(String, String)>,
    notes: Vec<Note>,
}

impl Attributes {
    pub(super) fn read(element: &str, tag: &BytesStart<'_>) -> Result<Self, Fault> {
        let mut given = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| malformed(&error))?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = std::str::from_utf8(&attribute.value).unwrap_or_default();
            let value = unescape(value).map_err(|_| Fault::Value {
                element: shown(element),
                attribute: shown(&name),
                found: shown(value),
                expected: "text with `&amp;` for `&`",
            })?;
            if !is_passed_over(&name) {
                let value = value.trim().to_owned();
                given.push((name, value));
            }
        }
        Ok(Self {
            element: shown(element),
            given,
            notes: Vec::new(),
        })
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.given.iter().position(|(given, _)| given == name)?;
        Some(self.given.swap_remove(at).1)
    }

    pub(super) fn note(&mut self, code: WarningCode, message: String) {
        self.notes.push((code, message));
    }

    /// What is left says nothing that is worth a warning.
    pub(super) fn drop_rest(&mut self) {
        self.given.clear();
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
            element: self.element.clone(),
            attribute: name.to_owned(),
            found: shown(&written),
            expected,
        })
    }

    /// A value that may be beyond what can be.
    fn measure<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<Value<T>>,
    ) -> Result<Option<T>, Fault> {
        let pair = |written: &str| read(written).map(|value| (value, shown(written)));
        let Some((value, written)) = self.value(name, expected, pair)? else {
            return Ok(None);
        };
        let element = self.element.clone();
        Ok(match value {
            Value::Exact(value) => Some(value),
            Value::Limited(value) => {
                let message = format!(
                    "`{name}` of <{element}> is `{written}`, which is brought to the nearest that can be: it takes {expected}"
                );
                self.note(WarningCode::ValueLimited, message);
                Some(value)
            }
            Value::Meaningless => {
                let message = format!(
                    "`{name}` of <{element}> is `{written}`, which no engine here can be told: it takes {expected}"
                );
                self.note(WarningCode::AttributeIgnored, message);
                None
            }
        })
    }

    fn needs(&self, needed: &'static str) -> Fault {
        Fault::Needs {
            element: self.element.clone(),
            needed,
        }
    }

    pub(super) fn pause(&mut self) -> Result<Duration, Fault> {
        let strength = self.value("strength", STRENGTH, values::strength)?;
        let time = self.measure("time", TIME, values::time)?;
        Ok(time.or(strength).unwrap_or(values::MEDIUM_BREAK))
    }

    /// Azure's silence: what is asked for before the text is a pause here, and what would hold at all ends of sentences is not.
    pub(super) fn silence(&mut self) -> Result<Element, Fault> {
        let place = self.take("type").unwrap_or_default();
        let value = self.measure("value", TIME, values::time)?;
        if place.to_ascii_lowercase().starts_with("leading") {
            return Ok(value.map_or(Element::Mark, Element::Break));
        }
        self.note(
            WarningCode::ElementIgnored,
            "<mstts:silence> holds at its own place alone, with `type` `Leading`: write <break>"
                .to_owned(),
        );
        Ok(Element::Mark)
    }

    pub(super) fn emphasis(&mut self, style: Style) -> Result<Style, Fault> {
        let level = self.value("level", LEVEL, values::emphasis)?;
        Ok(Style {
            emphasis: level.unwrap_or(Emphasis::Moderate),
            ..style
        })
    }

    pub(super) fn prosody(&mut self, style: Style) -> Result<Style, Fault> {
        let rate = self.measure("rate", RATE, values::rate)?;
        let pitch = self.measure("pitch", PITCH, values::pitch)?;
        let volume = self.measure("volume", VOLUME, values::volume)?;
        Ok(Style {
            rate: values::bounded_rate(style.rate * rate.unwrap_or(1.0)),
            pitch: values::bounded_pitch(style.pitch + pitch.unwrap_or(0.0)),
            volume: values::bounded_volume(style.volume + volume.unwrap_or(0.0)),
            emphasis: style.emphasis,
        })
    }

    /// None in an alphabet that nobody here reads.
    pub(super) fn phones(&mut self) -> Result<Option<String>, Fault> {
        let alphabet = self.take("alphabet").unwrap_or_default();
        let phones = self.value("ph", PHONES, |phones| {
            (1..=LONGEST_PHONES)
                .contains(&phones.chars().count())
                .then(|| phones.to_owned())
        })?;
        let phones = phones.ok_or_else(|| self.needs("`ph`"))?;
        if matches!(alphabet.as_str(), "" | "ipa" | "x-kiskadee") {
            return Ok(Some(phones));
        }
        let alphabet = shown(&alphabet);
        self.note(
            WarningCode::AttributeIgnored,
            format!("phones in the alphabet `{alphabet}` cannot be read, and the text is spoken as any other: write `ipa`, or `x-kiskadee` for the voice's own phones"),
        );
        Ok(None)
    }

    pub(super) fn alias(&mut self) -> Result<String, Fault> {
        let alias = self.value("alias", ALIAS, |alias| {
            alias
                .contains(char::is_alphanumeric)
                .then(|| alias.to_owned())
        })?;
        alias.ok_or_else(|| self.needs("`alias`"))
    }

    pub(super) fn interpretation(&mut self) -> Result<Element, Fault> {
        let kind = self.take("interpret-as");
        let kind = kind.ok_or_else(|| self.needs("`interpret-as`"))?;
        let format = self.take("format").unwrap_or_default();
        for name in ["detail", "language", "google:style"] {
            let _ = self.take(name);
        }
        if let Some(kind) = Interpretation::named(&kind, &format) {
            return Ok(Element::As(kind));
        }
        self.note(
            WarningCode::ReadAsWritten,
            format!(
                "<say-as> knows no `{}`, and its text is read as any text: it knows {}",
                shown(&kind),
                Interpretation::NAMES
            ),
        );
        Ok(Element::Through)
    }

    /// What a voice is asked for by.
    pub(super) fn voice(&mut self) -> String {
        let wanted = [
            "name",
            "gender",
            "languages",
            "language",
            "age",
            "variant",
            "required",
            "ordering",
            "effect",
        ]
        .map(|name| self.take(name));
        wanted.into_iter().flatten().next().unwrap_or_default()
    }

    /// What was found, with the attributes that nobody asked for.
    pub(super) fn finish(mut self) -> Vec<Note> {
        for name in passed_over(&self.element) {
            let _ = self.take(name);
        }
        for (found, _) in std::mem::take(&mut self.given) {
            let (found, element) = (shown(&found), self.element.clone());
            let takes = attributes_of(&element);
            self.note(
                WarningCode::AttributeIgnored,
                format!("`{found}` of <{element}> means nothing here: {takes}"),
            );
        }
        self.notes
    }
}

/// Attributes that an element may have and that say nothing about speech, or nothing that is not said by the element's warning.
fn passed_over(element: &str) -> &'static [&'static str] {
    match element {
        "speak" => &["version", "base", "onlangfailure"],
        "mark" | "bookmark" => &["name", "mark"],
        "audio" => &[
            "src",
            "fetchtimeout",
            "fetchhint",
            "maxage",
            "maxstale",
            "clipBegin",
            "clipEnd",
            "repeatCount",
            "repeatDur",
            "soundLevel",
            "speed",
        ],
        "w" | "token" => &["role"],
        "lang" => &["onlangfailure"],
        "meta" => &["name", "content", "http-equiv", "seeAlso"],
        "lexicon" => &["uri", "type", "fetchtimeout", "maxage", "maxstale"],
        _ => &[],
    }
}

fn attributes_of(element: &str) -> &'static str {
    match element {
        "break" => "it takes time and strength",
        "emphasis" => "it takes level",
        "prosody" => "it takes rate, pitch and volume",
        "phoneme" => "it takes alphabet and ph",
        "sub" => "it takes alias",
        "say-as" => "it takes interpret-as and format",
        "mark" => "it takes name",
        _ => "it takes xml:lang",
    }
}

/// Says nothing about speech.
fn is_passed_over(name: &str) -> bool {
    name == "xmlns"
        || name.starts_with("xmlns:")
        || name.starts_with("xsi:")
        || name == "xml:id"
        || name == "xml:base"
}

fn malformed(error: &AttrError) -> Fault {
    Fault::Syntax(match error {
        AttrError::Duplicated(..) => "an attribute is given twice: leave one out".to_owned(),
        _ => "an attribute is written as name=\"value\"".to_owned(),
    })
}
