//! Ids in paths. What cannot be an id cannot be found, so it is a 404 and never reaches the database.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::problem::Problem;

/// The one id in a path, such as `WireId<JobId>`.
#[derive(Debug, Clone, Copy)]
pub struct WireId<I>(pub I);

impl<S: Send + Sync, I: FromStr> FromRequestParts<S> for WireId<I> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("nothing of yours has this id");
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

/// A uuid as a parameter of a statement.
pub fn uuid_parameter(id: impl Into<Uuid>) -> ParameterValue {
    ParameterValue::Uuid(id.into().to_string())
}
