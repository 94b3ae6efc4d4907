//! What a line or a span says of itself, by name, in the order in which it was said.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};

/// The name that `tracing` gives to the text of an event.
const MESSAGE: &str = "message";

#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) message: String,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let mut values = self.values.iter();
        values
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Takes over what is not said here.
    pub(super) fn add_missing(&mut self, outer: &Self) {
        for (name, value) in &outer.values {
            if self.get(name).is_none() {
                self.values.push((name, value.clone()));
            }
        }
    }

    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => self.values.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            value.clone_into(&mut self.message);
        } else {
            self.set(field, value.into());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == MESSAGE {
            self.message = text;
        } else {
            self.set(field, text.into());
        }
    }
}
