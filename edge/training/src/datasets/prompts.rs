//! Sentences that can be read aloud for a dataset. They lie in the component.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, Problem, Reply, caller_sql,
    database::call,
    log,
    openapi::{Protected, WithQuery},
    query::Fields,
};
use kiskadee_text::{Language, prompts};
use utoipa::IntoParams;

use crate::bodies::PromptList;

const ENTER: &str = caller_sql!("api.enter_to_read");
const MOST: u32 = 200;
const DEFAULT: u32 = 20;

/// List sentences to be read aloud
///
/// The first twenty have all sounds of the language; whoever records more has more of them in more places. A recording is sent with its
/// sentence as `text` (`dataset/upload`).
#[utoipa::path(
    get, path = "/training/dataset/prompts", tag = "Training",
    params(Wanted),
    responses((status = 200, description = "Sentences, the most useful first", body = PromptList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_prompts(caller: Caller, wanted: Wanted) -> Reply {
    let answer = call(ENTER, &caller, Class::Read, []).await?;
    if !answer.is_success() {
        return Ok(answer);
    }
    let items = prompts(wanted.known).take(wanted.count as usize);
    let list = PromptList {
        language: wanted.known.tag().to_owned(),
        items: items.map(str::to_owned).collect(),
    };
    let body = serde_json::to_string(&list).map_err(|error| {
        log::error("sentences cannot be written as JSON", &error);
        Problem::internal()
    })?;
    Ok(Answer {
        body: Some(body),
        ..answer
    })
}

/// What sentences are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `en` or `pt`, also as `pt-BR`.
    #[param(rename = "language", value_type = String, min_length = 2, max_length = 16)]
    known: Language,
    #[param(minimum = 1, maximum = 200, default = 20)]
    count: u32,
}

impl Wanted {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let known = fields.optional("language", |tag| {
            let known = Language::from_tag(tag);
            known.ok_or_else(|| format!("there are no sentences in `{tag}`, but in `en` and `pt`"))
        });
        let count = fields.optional("count", |text| {
            let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
            count.ok_or_else(|| format!("must be a whole number from 1 to {MOST}"))
        });
        fields.finish()?;
        let required = || Problem::validation(&[FieldError::new("language", "is required")]);
        Ok(Self {
            known: known.ok_or_else(required)?,
            count: count.unwrap_or(DEFAULT),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str) -> Result<Wanted, u16> {
        let request = Request::get(format!("/prompts?{query}")).body(()).unwrap();
        let read = Wanted::read(Fields::of(&request.into_parts().0));
        read.map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_language_with_sentences_is_asked_for() {
        let wanted = read("language=pt-BR&count=200").unwrap();
        assert_eq!((wanted.known, wanted.count), (Language::Portuguese, 200));
        assert_eq!(read("language=en").unwrap().count, 20);
        for bad in [
            "",
            "count=3",
            "language=de",
            "language=en&count=0",
            "language=en&most=1",
        ] {
            assert_eq!(read(bad).unwrap_err(), 422, "{bad}");
        }
    }

    #[test]
    fn there_are_as_many_as_can_be_asked_for() {
        for language in [Language::English, Language::Portuguese] {
            assert!(prompts(language).count() >= DEFAULT as usize);
        }
    }
}
