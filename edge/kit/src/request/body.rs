//! A JSON object that may hold anything, but not more of it than fits a component's memory.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::validate::{Validate, Violations};

/// Values of a body, those inside of others counted: several times what the largest request needs.
const MOST_VALUES: usize = 10_000;

/// The body of a request, before it is read.
#[derive(Debug)]
pub struct Body(pub(super) Map<String, Value>);

impl Validate for Body {
    /// Nothing yet: what is wrong here is told together with what only the database knows.
    fn validate(&self, _: &mut Violations) {}
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(MOST_VALUES);
        match Bounded(&left).deserialize(deserializer)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(D::Error::custom("must be an object")),
        }
    }
}

/// Reads a value while there are values left.
struct Bounded<'a>(&'a Cell<usize>);

impl Bounded<'_> {
    fn take<E: Error>(&self) -> Result<(), E> {
        let left = self.0.get().checked_sub(1);
        let left = left.ok_or_else(|| {
            E::custom(format!(
                "has too much in it: a body holds {MOST_VALUES} values"
            ))
        })?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.take()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Bounded(self.0))? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            object.insert(name, members.next_value_seed(Bounded(self.0))?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Value, String> {
        let body: Result<Body, _> = serde_json::from_str(body);
        body.map(|body| Value::Object(body.0))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let body = r#"{"a":[1,-2,3.5,"é\n",null,true,{"b":[]}]}"#;
        assert_eq!(read(body).unwrap(), body.parse::<Value>().unwrap());
        assert!(read("[1]").unwrap_err().contains("must be an object"));
    }

    #[test]
    fn values_are_bounded_wherever_they_stand() {
        let ones = vec!["1"; MOST_VALUES].join(",");
        let members: Vec<String> = (0..MOST_VALUES).map(|n| format!("\"{n}\":1")).collect();
        for body in [
            format!("{{\"texts\":[{ones}]}}"),
            format!("{{\"texts\":[[[{ones}]]]}}"),
            format!("{{{}}}", members.join(",")),
        ] {
            assert!(read(&body).unwrap_err().contains("too much in it"));
        }
    }
}
