//! What a list is narrowed to, read from the query: a parameter that is not known, stands twice or is ill-formed is refused,
//! for a misspelt filter must not list everything.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Page, Problem,
    filters::{in_order, name, seconds, state, time},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::{
    id::{BatchId, JobId},
    state::JobState,
};
use spin_sdk::pg::ParameterValue;
use time::OffsetDateTime;
use utoipa::IntoParams;

const KIND_CHARS: std::ops::RangeInclusive<usize> = 1..=32;

/// The jobs that are wanted.
#[derive(Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobFilter {
    #[param(ignore)]
    page: Page,
    /// Only jobs of this kind.
    #[param(
        nullable = false,
        example = "speech",
        pattern = "^[a-z][a-z0-9_-]{0,31}$"
    )]
    kind: Option<String>,
    /// Only jobs that stand so.
    #[param(nullable = false, value_type = crate::bodies::JobState)]
    status: Option<JobState>,
    /// Only jobs of this batch.
    #[param(nullable = false, value_type = String, pattern = "^batch_[0-9a-f]{32}$")]
    batch_id: Option<BatchId>,
    /// Only jobs whose `created_at` is later.
    #[param(nullable = false, value_type = String, format = DateTime)]
    created_after: Option<OffsetDateTime>,
    /// Only jobs whose `created_at` is earlier.
    #[param(nullable = false, value_type = String, format = DateTime)]
    created_before: Option<OffsetDateTime>,
}

impl JobFilter {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let filter = Self {
            page: fields.page(),
            kind: fields.optional("kind", kind),
            status: fields.optional("status", state),
            batch_id: fields.optional("batch_id", batch_id),
            created_after: fields.optional("created_after", time),
            created_before: fields.optional("created_before", time),
        };
        in_order(&mut fields, filter.created_after, filter.created_before);
        fields.finish()?;
        Ok(filter)
    }

    /// The parameters of the list function (`int`, `uuid`, `text`, `text`, `uuid`, and twice the seconds since 1970).
    pub(crate) fn parameters(self) -> Result<[ParameterValue; 7], Problem> {
        let [limit, before] = self.page.parameters_by_id::<JobId>()?;
        Ok([
            limit,
            before,
            self.kind.into(),
            name(self.status.map(JobState::as_str)),
            self.batch_id.map_or(ParameterValue::DbNull, uuid_parameter),
            seconds(self.created_after),
            seconds(self.created_before),
        ])
    }
}

impl<S: Sync> FromRequestParts<S> for JobFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

/// By its form: the families that may have jobs are not known here.
fn kind(name: &str) -> Result<String, String> {
    let is_kind = KIND_CHARS.contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
        });
    if is_kind {
        Ok(name.to_owned())
    } else {
        Err("must be a kind of jobs, such as `speech`: up to 32 lower-case letters, digits, `_` and `-`".to_owned())
    }
}

fn batch_id(text: &str) -> Result<BatchId, String> {
    text.parse()
        .map_err(|error| format!("must be the id of a batch: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn fields(query: &str) -> Fields {
        let request = Request::builder().uri(format!("/list?{query}")).body(());
        Fields::of(&request.unwrap().into_parts().0)
    }

    fn refused(query: &str) -> Vec<String> {
        let problem = JobFilter::read(fields(query)).unwrap_err();
        assert_eq!(problem.status(), 422);
        let document: serde_json::Value =
            serde_json::from_slice(&problem.render("/", "r")).unwrap();
        let errors = document["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                format!(
                    "{} {}",
                    error["field"].as_str().unwrap(),
                    error["message"].as_str().unwrap()
                )
            })
            .collect()
    }

    #[test]
    fn every_filter_is_read() {
        let query = "kind=speech&status=failed&batch_id=batch_0192f0c1a2b37000800000000000000a&limit=5\
            &created_after=2026-11-20T22:10:03.123Z&created_before=2026-11-21T00:00:00%2B01:00";
        let filter = JobFilter::read(fields(query)).unwrap();
        assert_eq!(
            (filter.kind.as_deref(), filter.page.limit),
            (Some("speech"), 5)
        );
        assert_eq!(filter.status, Some(JobState::Failed));
        assert!(filter.batch_id.is_some());
        let [.., after, before] = filter.parameters().unwrap();
        assert!(
            matches!(after, ParameterValue::Floating64(s) if (s - 1_795_212_603.123).abs() < 1e-5)
        );
        assert!(
            matches!(before, ParameterValue::Floating64(s) if (s - 1_795_215_600.0).abs() < 1e-5)
        );
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let query = "kind=Speech&status=done&batch_id=job_1&created_after=yesterday&created_before=2026-13-01T00:00:00Z\
            &limit=0&colour=red";
        assert_eq!(
            refused(query),
            [
                "limit must be a whole number from 1 to 100",
                "kind must be a kind of jobs, such as `speech`: up to 32 lower-case letters, digits, `_` and `-`",
                "status `done` is not one of queued, running, completed, failed, cancelled, expired",
                "batch_id must be the id of a batch: an id of this kind begins with `batch_`",
                "created_after must be a time after RFC 3339, such as `2026-11-20T22:10:03Z`",
                "created_before must be a time after RFC 3339, such as `2026-11-20T22:10:03Z`",
                "colour is not a parameter of this list",
            ]
        );
    }

    #[test]
    fn a_filter_stands_once_and_times_are_in_order() {
        assert_eq!(refused("kind=a&kind=b"), ["kind stands twice in the query"]);
        assert_eq!(
            refused("created_after=2026-11-20T00:00:00Z&created_before=2026-11-20T00:00:00Z"),
            ["created_before must be later than `created_after`"]
        );
    }
}
