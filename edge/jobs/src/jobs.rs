//! Jobs of every kind: list, show, cancel, and the audio of those that speak.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
};
use kiskadee_shared::id::JobId;

use crate::{
    bodies::{Job, JobList},
    filters::JobFilter,
};

const LIST_JOBS: &str = caller_sql!(
    "api.list_jobs",
    "$5::int, $6::uuid, $7::text, $8::text, $9::uuid, to_timestamp($10::float8), to_timestamp($11::float8)"
);
const GET_JOB: &str = caller_sql!("api.get_job", "$5::uuid");
const CANCEL_JOB: &str = caller_sql!("api.cancel_job", "$5::uuid");
const JOB_AUDIO: &str = caller_sql!("api.job_audio", "$5::uuid");

/// List jobs, the newest first
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "Jobs",
    params(Page, JobFilter),
    responses((status = 200, description = "A page of the caller's jobs", body = JobList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_jobs(caller: Caller, filter: JobFilter) -> Reply {
    call(LIST_JOBS, &caller, Class::Read, filter.parameters()?).await
}

/// Show a job
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The job", body = Job), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_job(caller: Caller, WireId(id): WireId<JobId>) -> Reply {
    call(GET_JOB, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Cancel a job
///
/// A job that waits ends at once; one that runs is asked to stop and ends soon after.
#[utoipa::path(
    post, path = "/api/v1/jobs/{job_id}/cancel", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The job as it is now", body = Job), Protected, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn cancel_job(caller: Caller, WireId(id): WireId<JobId>) -> Reply {
    call(CANCEL_JOB, &caller, Class::Create, [uuid_parameter(id)]).await
}

/// Download the audio of a job
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/audio", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The audio, in the format that was asked for", content_type = "audio/*", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "audio/*", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_audio(
    caller: Caller,
    WireId(id): WireId<JobId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(JOB_AUDIO, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Inline).await
}
