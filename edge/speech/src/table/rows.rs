//! The rows of a file: what each asks to be spoken, and everything that is wrong with its cells.

use std::str::FromStr;

use csv::StringRecord;
use kiskadee_edge_kit::FieldError;
use kiskadee_markup::TextFormat;
use kiskadee_shared::{format::ResponseFormat, quality::QualityProfile};
use serde::Serialize;

use super::{
    Table,
    columns::{COLUMNS, Columns, REQUIRED},
};
use crate::{
    bodies::Encoding,
    checks::{self, Check},
    request::{Item, measured},
};

/// One row, as far as it was well-formed.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    cells: [Option<String>; TEXTUAL],
    quality_profile: QualityProfile,
    response_format: ResponseFormat,
    #[serde(skip_serializing_if = "is_own_pace")]
    speed: f32,
    #[serde(skip_serializing_if = "TextFormat::is_auto")]
    text_format: TextFormat,
}

const TEXT: usize = 0;
const VOICE: usize = 1;
const LANGUAGE: usize = 2;
const ENGINE: usize = 3;
const QUALITY: usize = 4;
const FORMAT: usize = 5;
const TEXTUAL: usize = 6;
const SPEED: usize = 6;
const TEXT_FORMAT: usize = 7;

/// Languages that Windows-1252 writes whole. Those of its neighbours look like it in what few letters they have in common.
const WESTERN: [&str; 33] = [
    "af", "br", "ca", "da", "de", "en", "es", "et", "eu", "fi", "fo", "fr", "fy", "ga", "gd", "gl",
    "id", "is", "it", "lb", "ms", "nb", "nl", "nn", "no", "oc", "pt", "rm", "sq", "sv", "sw", "tl",
    "wa",
];

impl Row {
    pub(crate) fn item(&self) -> Item<'_> {
        let [text, voice_id, language, tts_engine, ..] =
            self.cells.each_ref().map(Option::as_deref);
        let (quality_profile, response_format) = (self.quality_profile, self.response_format);
        let (units, warnings) = measured(text, self.text_format, language, voice_id);
        Item {
            text,
            text_format: self.text_format,
            units,
            voice_id,
            language,
            tts_engine,
            quality_profile,
            response_format,
            speed: self.speed,
            timestamps: false,
            start_before: None,
            warnings,
        }
    }
}

impl Table {
    /// Takes a row in, with what is wrong with its cells.
    pub(super) fn take(&mut self, record: &StringRecord, line: u64, columns: &Columns) {
        let mut cell = |column: usize, check: &dyn Fn(&str) -> Check| {
            let whole = record.get(columns.places[column]?).unwrap_or_default();
            let value = if column == TEXT { whole } else { whole.trim() };
            if value.is_empty() && column >= REQUIRED {
                return None;
            }
            match check(value) {
                Ok(()) => Some(value.to_owned()),
                Err(message) => {
                    self.note(FieldError::new(COLUMNS[column], message).at_line(line));
                    None
                }
            }
        };
        let text_format = cell(TEXT_FORMAT, &known::<TextFormat>);
        let text_format = parsed(text_format.as_deref()).unwrap_or_default();
        let text = cell(TEXT, &|text| checks::text(text, text_format));
        let voice = cell(VOICE, &checks::name);
        let language = cell(LANGUAGE, &checks::language);
        let engine = cell(ENGINE, &checks::name);
        let quality = cell(QUALITY, &known::<QualityProfile>);
        let format = cell(FORMAT, &known::<ResponseFormat>);
        let speed = cell(SPEED, &|speed| checks::speed(number(speed)?));
        if let Some(message) = self.foreign(text.as_deref(), language.as_deref()) {
            self.note(FieldError::new(COLUMNS[TEXT], message).at_line(line));
        }
        self.lines.push(line);
        self.rows.push(Row {
            quality_profile: parsed(quality.as_deref()).unwrap_or_default(),
            response_format: parsed(format.as_deref()).unwrap_or_default(),
            speed: speed.and_then(|speed| number(&speed).ok()).unwrap_or(1.0) as f32,
            text_format,
            cells: [text, voice, language, engine, quality, format],
        });
    }

    /// Why a text cannot be what the encoding of the file makes of it.
    fn foreign(&self, text: Option<&str>, language: Option<&str>) -> Option<String> {
        let tag = language?.split(['-', '_']).next()?.to_lowercase();
        let is_sure = self.encoding != Some(Encoding::Windows1252)
            || text?.is_ascii()
            || WESTERN.contains(&tag.as_str());
        (!is_sure).then(|| {
            format!("has letters that are not sure: the file is not UTF-8, and Windows-1252 does not write `{tag}`; save it as UTF-8")
        })
    }
}

/// A number with a point, or with a comma, as it is written where semicolons part the cells.
fn number(written: &str) -> Result<f64, String> {
    let number = written.replacen(',', ".", 1).parse::<f64>();
    number
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| {
            let found: String = written.chars().take(32).collect();
            format!("must be a number such as 1.2 or 1,2, found `{found}`")
        })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_own_pace(speed: &f32) -> bool {
    (speed - 1.0).abs() < f32::EPSILON
}

fn known<T: FromStr<Err: ToString>>(name: &str) -> Check {
    name.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn parsed<T: FromStr>(name: Option<&str>) -> Option<T> {
    name.and_then(|name| name.parse().ok())
}
