//! What lists of work are narrowed to, read from the query. The list of batches has two addresses, of two components.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_shared::{id::BatchId, state::BatchState};
use spin_sdk::pg::ParameterValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::IntoParams;

use crate::{Page, Problem, caller_sql, query::Fields};

/// Lists the batches of a [`BatchFilter`].
pub const FIND_BATCHES: &str = caller_sql!(
    "api.find_batches",
    "$5::int, $6::uuid, $7::text, to_timestamp($8::float8), to_timestamp($9::float8)"
);

/// The batches that are wanted.
#[derive(Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BatchFilter {
    #[param(ignore)]
    page: Page,
    /// Only batches that stand so.
    #[param(nullable = false, value_type = crate::batches::BatchState)]
    status: Option<BatchState>,
    /// Only batches whose `created_at` is later.
    #[param(nullable = false, value_type = String, format = DateTime)]
    created_after: Option<OffsetDateTime>,
    /// Only batches whose `created_at` is earlier.
    #[param(nullable = false, value_type = String, format = DateTime)]
    created_before: Option<OffsetDateTime>,
}

impl BatchFilter {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let filter = Self {
            page: fields.page(),
            status: fields.optional("status", state),
            created_after: fields.optional("created_after", time),
            created_before: fields.optional("created_before", time),
        };
        in_order(&mut fields, filter.created_after, filter.created_before);
        fields.finish()?;
        Ok(filter)
    }

    /// The parameters of the list function (`int`, `uuid`, `text`, and twice the seconds since 1970).
    pub fn parameters(self) -> Result<[ParameterValue; 5], Problem> {
        let [limit, before] = self.page.parameters_by_id::<BatchId>()?;
        Ok([
            limit,
            before,
            name(self.status.map(BatchState::as_str)),
            seconds(self.created_after),
            seconds(self.created_before),
        ])
    }
}

impl<S: Sync> FromRequestParts<S> for BatchFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

/// Notes times between which there is nothing.
pub fn in_order(
    fields: &mut Fields,
    after: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
) {
    if let (Some(after), Some(before)) = (after, before) {
        let message = "must be later than `created_after`";
        fields.require(before > after, "created_before", message);
    }
}

/// One of the names of an enumeration.
pub fn state<S: FromStr<Err: ToString>>(name: &str) -> Result<S, String> {
    name.parse().map_err(|error: S::Err| error.to_string())
}

/// A time after RFC 3339.
pub fn time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "must be a time after RFC 3339, such as `2026-11-20T22:10:03Z`".to_owned())
}

/// A name as a parameter of a statement.
pub fn name(state: Option<&'static str>) -> ParameterValue {
    state.map(str::to_owned).into()
}

/// A time as a parameter of a statement, in seconds since 1970.
pub fn seconds(time: Option<OffsetDateTime>) -> ParameterValue {
    time.map_or(ParameterValue::DbNull, |time| {
        ParameterValue::Floating64(time.unix_timestamp_nanos() as f64 / 1e9)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str) -> Result<BatchFilter, Problem> {
        let request = Request::get(format!("/list?{query}")).body(()).unwrap();
        BatchFilter::read(Fields::of(&request.into_parts().0))
    }

    #[test]
    fn batches_have_states_of_their_own_and_times() {
        let query = "status=completed_with_errors&created_after=2026-11-20T22:10:03Z";
        let filter = read(query).unwrap();
        assert_eq!(filter.status, Some(BatchState::CompletedWithErrors));
        assert!(filter.created_after.is_some());
        for query in [
            "status=running",
            "kind=speech",
            "created_before=yesterday",
            "created_after=2026-11-20T00:00:00Z&created_before=2026-11-20T00:00:00Z",
        ] {
            assert_eq!(read(query).unwrap_err().status(), 422, "{query}");
        }
    }
}
