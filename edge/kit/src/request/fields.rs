//! Reads the members of a JSON object one by one and notes everything that is wrong, so that one answer names it all:
//! missing members, wrong types, bad values and members that nobody asked for.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::{body::Body, checks::Check};
use crate::problem::FieldError;

/// A body while it is read.
#[derive(Debug)]
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl From<Body> for Fields {
    fn from(body: Body) -> Self {
        Self {
            members: body.0,
            errors: Vec::new(),
        }
    }
}

/// A member of a list of objects.
impl From<Map<String, Value>> for Fields {
    fn from(members: Map<String, Value>) -> Self {
        Self {
            members,
            errors: Vec::new(),
        }
    }
}

impl Fields {
    pub fn note(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    pub fn has_error(&self, name: &str) -> bool {
        self.errors
            .iter()
            .any(|error| error.field.as_deref() == Some(name))
    }

    /// A string that must be there and pass the check.
    pub fn text(&mut self, name: &str, check: fn(&str) -> Check) -> Option<String> {
        self.lacks(name);
        self.optional_text(name, check)
    }

    /// A string that may be missing, but must pass the check when it is there.
    pub fn optional_text(&mut self, name: &str, check: impl Fn(&str) -> Check) -> Option<String> {
        let Value::String(text) = self.take(name, "a string", Value::is_string)? else {
            return None;
        };
        match check(&text) {
            Ok(()) => Some(text),
            Err(message) => {
                self.note(FieldError::new(name, message));
                None
            }
        }
    }

    /// A string that must be there, by itself or as the member `id` of an object.
    pub fn text_or_id(&mut self, name: &str, check: fn(&str) -> Check) -> Option<String> {
        if let Some(Value::Object(object)) = self.members.get_mut(name) {
            let id = object.remove("id").filter(Value::is_string);
            if id.is_none() {
                let message = "must be a string, or an object with an `id` that is one";
                self.members.remove(name);
                self.note(FieldError::new(name, message));
                return None;
            }
            self.members.extend(id.map(|id| (name.to_owned(), id)));
        }
        self.text(name, check)
    }

    /// One of the names of an enumeration; its default when missing.
    pub fn choice<T: FromStr<Err: ToString> + Default>(&mut self, name: &str) -> T {
        let text = self.optional_text(name, |text| {
            text.parse::<T>()
                .map(drop)
                .map_err(|error| error.to_string())
        });
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// A number that may be missing.
    pub fn optional_number(&mut self, name: &str, check: fn(f64) -> Check) -> Option<f64> {
        let number = self.take(name, "a number", Value::is_number)?.as_f64()?;
        match check(number) {
            Ok(()) => Some(number),
            Err(message) => {
                self.note(FieldError::new(name, message));
                None
            }
        }
    }

    /// Whether something is asked for; it is not when the member is missing.
    pub fn switch(&mut self, name: &str) -> bool {
        self.take(name, "true or false", Value::is_boolean) == Some(Value::Bool(true))
    }

    /// A list of strings that must be there. A member that fails its check keeps its place, empty.
    pub fn texts(&mut self, name: &str, check: impl Fn(&str) -> Check) -> Vec<Option<String>> {
        self.items(name, |item| match item {
            Value::String(text) => check(&text).map(|()| text),
            _ => Err("must be a string".to_owned()),
        })
    }

    /// A list of numbers that must be there. A member that fails its check keeps its place, empty.
    pub fn numbers(&mut self, name: &str, check: fn(f64) -> Check) -> Vec<Option<f64>> {
        self.items(name, |item| match item.as_f64() {
            Some(number) => check(number).map(|()| number),
            None => Err("must be a number".to_owned()),
        })
    }

    /// A list of objects that must be there. A member that is none keeps its place, empty.
    pub fn objects(&mut self, name: &str) -> Vec<Option<Map<String, Value>>> {
        self.items(name, |item| match item {
            Value::Object(members) => Ok(members),
            _ => Err("must be an object".to_owned()),
        })
    }

    fn items<T>(
        &mut self,
        name: &str,
        read: impl Fn(Value) -> Result<T, String>,
    ) -> Vec<Option<T>> {
        self.lacks(name);
        let Some(Value::Array(items)) = self.take(name, "a list", Value::is_array) else {
            return Vec::new();
        };
        let read = items.into_iter().map(read).enumerate();
        read.map(|(index, read)| {
            let note = |message| {
                self.note(FieldError::new(format!("{name}[{index}]"), message).at_index(index));
            };
            read.map_err(note).ok()
        })
        .collect()
    }

    /// What was found wrong, with the members that were never read.
    pub fn finish(mut self) -> Vec<FieldError> {
        for name in self.members.keys() {
            self.errors.push(FieldError::new(
                name.chars().take(64).collect::<String>(),
                "is not a field of this request",
            ));
        }
        self.errors
    }

    /// What was found wrong, in a body of a shape that is not ours: there, members that nobody here knows are no fault.
    pub fn finish_open(self) -> Vec<FieldError> {
        self.errors
    }

    /// Whether a member that must be there is missing, which is noted.
    pub fn lacks(&mut self, name: &str) -> bool {
        let is_absent = self.is_absent(name);
        if is_absent {
            self.note(FieldError::new(name, "is required"));
        }
        is_absent
    }

    /// Whether a member is there that may be missing.
    pub fn has(&self, name: &str) -> bool {
        !self.is_absent(name)
    }

    fn is_absent(&self, name: &str) -> bool {
        self.members.get(name).is_none_or(Value::is_null)
    }

    /// Takes a member of a type; null is the same as missing.
    fn take(
        &mut self,
        name: &str,
        expected: &str,
        is_expected: fn(&Value) -> bool,
    ) -> Option<Value> {
        let value = self.members.remove(name).filter(|value| !value.is_null())?;
        if is_expected(&value) {
            return Some(value);
        }
        self.note(FieldError::new(name, format!("must be {expected}")));
        None
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_shared::quality::QualityProfile;
    use serde_json::json;

    use super::*;
    use crate::request::checks;

    fn text(text: &str) -> Check {
        checks::length(text, &(1..=10))
    }

    fn fields(body: Value) -> Fields {
        serde_json::from_value::<Body>(body).unwrap().into()
    }

    fn said(errors: &[FieldError]) -> Vec<(String, Option<usize>, String)> {
        errors
            .iter()
            .map(|e| {
                (
                    e.field.clone().unwrap_or_default(),
                    e.index,
                    e.message.clone(),
                )
            })
            .collect()
    }

    #[test]
    fn everything_wrong_is_noted_at_once() {
        let mut fields = fields(
            json!({"texts": ["ok", "", 7], "language": 5, "speed": "fast", "extra": 1, "tts_engine": null}),
        );
        assert_eq!(
            fields.texts("texts", text),
            [Some("ok".to_owned()), None, None]
        );
        assert_eq!(fields.text("voice_id", checks::name), None);
        assert_eq!(fields.text("language", checks::language), None);
        assert_eq!(fields.optional_text("tts_engine", checks::name), None);
        assert_eq!(fields.optional_number("speed", |_| Ok(())), None);
        let errors = fields.finish();
        assert_eq!(
            said(&errors)
                .iter()
                .map(|(field, index, _)| (field.as_str(), *index))
                .collect::<Vec<_>>(),
            [
                ("texts[1]", Some(1)),
                ("texts[2]", Some(2)),
                ("voice_id", None),
                ("language", None),
                ("speed", None),
                ("extra", None)
            ]
        );
    }

    #[test]
    fn a_missing_member_is_said_once() {
        let mut fields = fields(json!({}));
        fields.texts("texts", text);
        fields.text("voice_id", checks::name);
        assert_eq!(said(&fields.finish()).len(), 2);
    }

    #[test]
    fn a_name_may_stand_in_an_object() {
        let read = |body: Value| {
            let mut fields = fields(body);
            let text = fields.text_or_id("voice", checks::name);
            (text, said(&fields.finish_open()).len())
        };
        let name = Some("heron".to_owned());
        assert_eq!(read(json!({"voice": "heron"})), (name.clone(), 0));
        assert_eq!(read(json!({"voice": {"id": "heron", "x": 1}})), (name, 0));
        for wrong in [
            json!({}),
            json!({"name": "heron"}),
            json!({"id": 7}),
            json!(null),
            json!(7),
        ] {
            assert_eq!(read(json!({"voice": wrong})), (None, 1), "{wrong}");
        }
    }

    #[test]
    fn a_choice_names_the_known_ones() {
        let mut fields = fields(json!({"quality_profile": "best"}));
        assert_eq!(
            fields.choice::<QualityProfile>("quality_profile"),
            QualityProfile::Balanced
        );
        assert_eq!(
            said(&fields.finish())[0].2,
            "`best` is not one of fast, balanced, high, ultra"
        );
    }
}
