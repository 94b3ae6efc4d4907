//! Query parameters, and the page of a list.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_shared::limits::{PAGE_ITEMS, PAGE_ITEMS_DEFAULT};
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    path::uuid_parameter,
    problem::{FieldError, Problem},
    validate::Violations,
};

const CURSOR_BYTES: std::ops::RangeInclusive<usize> = 1..=200;

/// The parameters of a query while they are read: what is wrong with one is noted, and one that is never read is, too.
#[derive(Debug)]
pub struct Fields {
    pairs: Vec<(String, String)>,
    violations: Violations,
}

impl Fields {
    pub fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self {
            pairs: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            violations: Violations::default(),
        }
    }

    /// A parameter that may be missing. An error is the sentence for the caller.
    pub fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let read = read(&self.take(name)?);
        read.map_err(|message| self.violations.push(FieldError::new(name, message)))
            .ok()
    }

    /// The part of a list that is wanted.
    pub fn page(&mut self) -> Page {
        let limit = self.take("limit");
        let cursor = self.take("cursor");
        Page {
            limit: limit.map_or(PAGE_ITEMS_DEFAULT, |text| {
                self::limit(&text, &mut self.violations)
            }),
            cursor: cursor.and_then(|text| self::cursor(text, &mut self.violations)),
        }
    }

    /// Notes the message when the condition does not hold.
    pub fn require(&mut self, holds: bool, name: &str, message: &str) {
        self.violations.require(holds, name, message);
    }

    /// All that was found wrong, as one problem.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in self.pairs {
            let name: String = name.chars().take(64).collect();
            self.violations
                .push(FieldError::new(name, "is not a parameter of this list"));
        }
        self.violations.finish()
    }

    /// Takes the value of a name, which must not stand a second time.
    fn take(&mut self, name: &str) -> Option<String> {
        let mut values: Vec<String> = self
            .pairs
            .extract_if(.., |(found, _)| found == name)
            .map(|(_, value)| value)
            .collect();
        self.violations
            .require(values.len() <= 1, name, "stands twice in the query");
        (!values.is_empty()).then(|| values.swap_remove(0))
    }
}

/// The part of a list that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many items to give.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

impl Page {
    fn of(parts: &Parts) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let page = fields.page();
        fields.finish()?;
        Ok(page)
    }

    /// The two parameters of a list function (`int`, `text`).
    pub fn parameters(self) -> [ParameterValue; 2] {
        [
            ParameterValue::Int32(self.limit.cast_signed()),
            self.cursor.into(),
        ]
    }

    /// The same for a list whose cursor is an id (`int`, `uuid`).
    pub fn parameters_by_id<I: FromStr + Into<Uuid>>(self) -> Result<[ParameterValue; 2], Problem> {
        let before = self.cursor.map(|cursor| cursor.parse::<I>()).transpose();
        let before = before.map_err(|_| {
            let message = "must be the `next_cursor` of an earlier page";
            Problem::validation(&[FieldError::new("cursor", message)])
        })?;
        let before = before.map_or(ParameterValue::DbNull, uuid_parameter);
        Ok([ParameterValue::Int32(self.limit.cast_signed()), before])
    }
}

fn limit(value: &str, violations: &mut Violations) -> u32 {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| PAGE_ITEMS.contains(limit));
    let (least, most) = (PAGE_ITEMS.start(), PAGE_ITEMS.end());
    violations.require(
        limit.is_some(),
        "limit",
        format!("must be a whole number from {least} to {most}"),
    );
    limit.unwrap_or(PAGE_ITEMS_DEFAULT)
}

fn cursor(value: String, violations: &mut Violations) -> Option<String> {
    let fits =
        CURSOR_BYTES.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
    violations.require(
        fits,
        "cursor",
        "must be the `next_cursor` of an earlier page",
    );
    fits.then_some(value)
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(query: &str) -> Parts {
        Request::builder()
            .uri(format!("/list?{query}"))
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    #[test]
    fn a_page_has_defaults() {
        assert_eq!(
            Page::of(&parts("")).unwrap(),
            Page {
                limit: 20,
                cursor: None
            }
        );
        let page = Page::of(&parts("limit=100&cursor=abc")).unwrap();
        assert_eq!(
            page,
            Page {
                limit: 100,
                cursor: Some("abc".into())
            }
        );
    }

    #[test]
    fn everything_wrong_with_a_page_is_named() {
        for query in [
            "limit=0",
            "limit=101",
            "limit=ten",
            "limit=",
            "cursor=",
            "other=1",
            "limit=1&limit=2",
        ] {
            assert_eq!(
                Page::of(&parts(query)).unwrap_err().status(),
                422,
                "{query}"
            );
        }
        let problem = Page::of(&parts("limit=0&cursor=a%00b")).unwrap_err();
        assert!(
            problem.detail().starts_with("2 values"),
            "{}",
            problem.detail()
        );
    }

    #[test]
    fn a_query_is_decoded() {
        let mut fields = Fields::of(&parts("status=a%20b"));
        let status = fields.optional("status", |text| Ok(text.to_owned()));
        assert_eq!(status.as_deref(), Some("a b"));
        assert!(fields.finish().is_ok());
    }
}
