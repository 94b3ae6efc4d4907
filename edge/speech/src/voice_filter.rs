//! Which voices are looked for, read from the query. What is no filter is refused: a misspelt one must not list everything.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{Page, Problem, query::Fields};
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;

use crate::{
    bodies::VoiceKind,
    checks::{self, Check},
};

/// The voices that are wanted.
#[derive(Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VoiceFilter {
    #[param(ignore)]
    page: Page,
    /// Only voices that speak this language.
    #[param(
        nullable = false,
        example = "pt-BR",
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        min_length = 2,
        max_length = 16
    )]
    language: Option<String>,
    /// Only voices of this engine.
    #[param(
        nullable = false,
        example = "kiskadee",
        min_length = 1,
        max_length = 64
    )]
    engine: Option<String>,
    /// Only voices that came about so.
    #[param(nullable = false, value_type = VoiceKind)]
    kind: Option<String>,
    /// Only voices with this in their name or id, whatever the case and the accents.
    #[param(nullable = false, min_length = 1, max_length = 64)]
    q: Option<String>,
}

impl VoiceFilter {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let filter = Self {
            page: fields.page(),
            language: fields.optional("language", checked(checks::language)),
            engine: fields.optional("engine", checked(checks::name)),
            kind: fields.optional("kind", checked(kind)),
            q: fields.optional("q", checked(checks::name)),
        };
        fields.finish()?;
        Ok(filter)
    }

    /// The parameters of the list function (`int`, and `text` five times).
    pub(crate) fn parameters(self) -> [ParameterValue; 6] {
        let [limit, cursor] = self.page.parameters();
        [
            limit,
            cursor,
            self.language.into(),
            self.engine.into(),
            self.kind.into(),
            self.q.into(),
        ]
    }
}

impl<S: Sync> FromRequestParts<S> for VoiceFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

fn checked(check: impl Fn(&str) -> Check) -> impl Fn(&str) -> Result<String, String> {
    move |text| check(text).map(|()| text.to_owned())
}

fn kind(name: &str) -> Check {
    match name {
        "builtin" | "cloned" | "morphed" | "trained" => Ok(()),
        _ => Err(format!(
            "`{name}` is not one of builtin, cloned, morphed, trained"
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str) -> Result<VoiceFilter, Problem> {
        let request = Request::get(format!("/api/v1/voices?{query}"))
            .body(())
            .unwrap();
        VoiceFilter::read(Fields::of(&request.into_parts().0))
    }

    #[test]
    fn every_filter_is_read() {
        let filter = read("language=pt-BR&engine=kokoro&kind=cloned&q=Jo%C3%A3o").unwrap();
        assert_eq!(filter.language.as_deref(), Some("pt-BR"));
        assert_eq!(filter.engine.as_deref(), Some("kokoro"));
        assert_eq!(filter.kind.as_deref(), Some("cloned"));
        assert_eq!(filter.q.as_deref(), Some("João"));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for (query, told) in [
            ("lang=pt", "`lang`: is not a parameter of this list"),
            ("kind=clone", "`kind`: `clone` is not one of"),
            (
                "language=portuguese+of+brazil",
                "`language`: must be a language tag",
            ),
            ("q=", "`q`: must have 1 to 64"),
            ("q=a&q=b", "`q`: stands twice"),
        ] {
            let problem = read(query).unwrap_err();
            assert_eq!(problem.status(), 422);
            assert!(problem.detail().starts_with(told), "{}", problem.detail());
        }
    }
}
