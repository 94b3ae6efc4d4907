//! A member of a JSON object that may be missing or have another type without the rest going unread, so that one answer can
//! name everything that is wrong.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{problem::FieldError, validate::Violations};

/// What stood at a member's place. Give it `#[serde(default)]`; null counts as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Member<T> {
    #[default]
    Missing,
    Given(T),
    /// Something of another type, with the reason in words.
    Wrong(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Missing);
        }
        Ok(serde_json::from_value(value)
            .map_or_else(|error| Self::Wrong(error.to_string()), Self::Given))
    }
}

impl<T: Serialize> Serialize for Member<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<T> Member<T> {
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Missing | Self::Wrong(_) => None,
        }
    }

    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Missing | Self::Wrong(_) => None,
        }
    }

    /// The value of a member that validation found to be there.
    pub fn into_value(self) -> T
    where
        T: Default,
    {
        self.into_option().unwrap_or_default()
    }

    /// Checks a member that must be there.
    pub fn require(
        &self,
        field: &str,
        violations: &mut Violations,
        check: impl FnOnce(&T, &mut Violations),
    ) {
        if matches!(self, Self::Missing) {
            violations.push(FieldError::new(field, "is required"));
        }
        self.allow(field, violations, check);
    }

    /// Checks a member that may be missing.
    pub fn allow(
        &self,
        field: &str,
        violations: &mut Violations,
        check: impl FnOnce(&T, &mut Violations),
    ) {
        match self {
            Self::Given(value) => check(value, violations),
            Self::Wrong(message) => violations.push(FieldError::new(field, message)),
            Self::Missing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        name: Member<String>,
        #[serde(default)]
        days: Member<u32>,
    }

    fn violations(text: &str) -> Vec<String> {
        let body: Body = serde_json::from_str(text).unwrap();
        let mut violations = Violations::default();
        body.name
            .require("name", &mut violations, |name, violations| {
                violations.length("name", name, &(2..=4));
            });
        body.days
            .allow("days", &mut violations, |days, violations| {
                violations.range("days", days, &(1..=9));
            });
        violations
            .errors()
            .iter()
            .map(|error| format!("{} {}", error.field.as_deref().unwrap_or(""), error.message))
            .collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let found = violations(r#"{"name": 7, "days": "x"}"#);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("name invalid type: integer"),
            "{found:?}"
        );
        assert_eq!(violations("{}"), ["name is required"]);
        assert_eq!(
            violations(r#"{"name": null, "days": null}"#),
            ["name is required"]
        );
        assert_eq!(violations(r#"{"name": "abcde", "days": 10}"#).len(), 2);
    }

    #[test]
    fn good_values_pass() {
        assert!(violations(r#"{"name": "abc", "days": 9}"#).is_empty());
    }
}
