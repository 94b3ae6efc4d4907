//! Collects everything that is wrong with a request, so that one answer names it all.

use std::ops::RangeInclusive;

use crate::problem::{FieldError, Problem};

/// A request that knows what its values must be. [`crate::Json`] asks it after parsing.
pub trait Validate {
    fn validate(&self, violations: &mut Violations);
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldError>);

impl Violations {
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Notes the message when the condition does not hold.
    pub fn require(&mut self, holds: bool, field: &str, message: impl Into<String>) {
        if !holds {
            self.push(FieldError::new(field, message));
        }
    }

    /// The number of characters (Unicode scalar values) must be in the range.
    pub fn length(&mut self, field: &str, text: &str, range: &RangeInclusive<usize>) {
        let found = text.chars().count();
        let (least, most) = (range.start(), range.end());
        self.require(
            range.contains(&found),
            field,
            format!("must have {least} to {most} characters, found {found}"),
        );
    }

    /// The number must be in the range.
    pub fn range<T: PartialOrd + std::fmt::Display>(
        &mut self,
        field: &str,
        value: &T,
        range: &RangeInclusive<T>,
    ) {
        let (least, most) = (range.start(), range.end());
        self.require(
            range.contains(value),
            field,
            format!("must be {least} to {most}, found {value}"),
        );
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.0
    }

    /// All that was found, as one problem.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(&self.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_is_kept() {
        let mut violations = Violations::default();
        violations.length("name", "ab", &(3..=64));
        violations.range("days", &0, &(1..=10));
        violations.require(true, "fine", "never said");
        let problem = violations.finish().unwrap_err();
        let document: serde_json::Value =
            serde_json::from_slice(&problem.render("/", "r")).unwrap();
        assert_eq!(
            document["errors"][0]["message"],
            "must have 3 to 64 characters, found 2"
        );
        assert_eq!(document["errors"][1]["message"], "must be 1 to 10, found 0");
        assert_eq!(document["errors"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let mut violations = Violations::default();
        violations.length("name", "äöü", &(1..=3));
        assert!(violations.errors().is_empty());
        assert!(violations.finish().is_ok());
    }
}
