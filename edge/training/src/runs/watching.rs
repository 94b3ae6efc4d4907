//! Runs as they are: their state, their list, and their end.

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::id::RunId;
use spin_sdk::pg::ParameterValue;
use utoipa::IntoParams;

use super::checks;
use crate::bodies::{RunBody, RunList, RunState};

const STATUS: &str = caller_sql!("api.training_status", "$5::uuid");
const LIST: &str = caller_sql!("api.list_runs", "$5::int, $6::uuid, $7::text, $8::text");
const DELETE: &str = caller_sql!("api.delete_run", "$5::uuid");

/// The run that is meant.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Meant {
    /// Without it the caller's latest run.
    #[param(nullable = false, value_type = String, pattern = "^run_[0-9a-f]{32}$")]
    pub(super) run_id: Option<RunId>,
}

impl<S: Sync> FromRequestParts<S> for Meant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let run_id = run_id(&mut fields);
        fields.finish()?;
        Ok(Self { run_id })
    }
}

pub(super) fn run_id(fields: &mut Fields) -> Option<RunId> {
    fields.optional("run_id", |text| {
        text.parse::<RunId>().map_err(|error| error.to_string())
    })
}

pub(super) fn parameter(run: Option<RunId>) -> ParameterValue {
    run.map_or(ParameterValue::DbNull, uuid_parameter)
}

/// The runs that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunFilter {
    #[param(ignore)]
    page: Page,
    /// Only runs that stand so.
    #[param(nullable = false, value_type = RunState)]
    state: Option<String>,
    /// Only runs of this dataset, by id or name.
    #[param(nullable = false)]
    dataset: Option<String>,
}

const STATES: [&str; 6] = [
    "queued",
    "running",
    "stopping",
    "stopped",
    "completed",
    "failed",
];

fn state(text: &str) -> Result<String, String> {
    if STATES.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not one of {}", STATES.join(", ")))
    }
}

impl<S: Sync> FromRequestParts<S> for RunFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let filter = Self {
            page: fields.page(),
            state: fields.optional("state", state),
            dataset: fields.optional("dataset", |text| {
                checks::dataset(text).map(|()| text.to_owned())
            }),
        };
        fields.finish()?;
        Ok(filter)
    }
}

/// Show what a run is at
#[utoipa::path(
    get, path = "/training/status", tag = "Training",
    params(Meant),
    responses((status = 200, description = "The run", body = RunBody), Protected, WithId, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn training_status(caller: Caller, meant: Meant) -> Reply {
    call(STATUS, &caller, Class::Read, [parameter(meant.run_id)]).await
}

/// List runs, the newest first
#[utoipa::path(
    get, path = "/training/runs", tag = "Training",
    params(Page, RunFilter),
    responses((status = 200, description = "A page of the caller's runs", body = RunList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_runs(caller: Caller, filter: RunFilter) -> Reply {
    let [limit, before] = filter.page.parameters_by_id::<RunId>()?;
    let arguments = [limit, before, filter.state.into(), filter.dataset.into()];
    call(LIST, &caller, Class::Read, arguments).await
}

/// Show a run
#[utoipa::path(
    get, path = "/training/runs/{run_id}", tag = "Training",
    params(("run_id" = String, Path, description = "Id of the run", pattern = "^run_[0-9a-f]{32}$")),
    responses((status = 200, description = "The run", body = RunBody), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_run(caller: Caller, WireId(run): WireId<RunId>) -> Reply {
    call(STATUS, &caller, Class::Read, [uuid_parameter(run)]).await
}

/// Delete a run with its checkpoints
///
/// One that has ended. Voices that were made of it stay.
#[utoipa::path(
    delete, path = "/training/runs/{run_id}", tag = "Training",
    params(("run_id" = String, Path, description = "Id of the run", pattern = "^run_[0-9a-f]{32}$")),
    responses((status = 204, description = "The run is gone"), Protected, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_run(caller: Caller, WireId(run): WireId<RunId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(run)]).await
}
