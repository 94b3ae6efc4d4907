//! When each word of a job's audio is heard.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, Problem, WireId, caller_sql,
    database::call,
    objects::{self, Asked, Disposition, WithObject},
    openapi::{Protected, WithConflict, WithId},
    path::uuid_parameter,
};
use kiskadee_shared::id::JobId;

use crate::bodies::Timestamps;

const JOB_TIMESTAMPS: &str = caller_sql!("api.job_timestamps", "$5::uuid, $6::text");

/// Show when each word is heard
///
/// For jobs that were asked for `timestamps`, of engines that know them.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/timestamps", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The words with their times", body = Timestamps),
        (status = 206, description = "The part that `Range` asked for", content_type = "application/json", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_timestamps(
    caller: Caller,
    WireId(job): WireId<JobId>,
    asked: Asked,
) -> Result<Response, Problem> {
    deliver(&caller, job, "timestamps.json", &asked).await
}

/// Show a job's subtitles
///
/// As `WebVTT`, for players. The same words and times as `timestamps`, a sentence or a line at a time.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/subtitles", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The subtitles", content_type = "text/vtt", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "text/vtt", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_subtitles(
    caller: Caller,
    WireId(job): WireId<JobId>,
    asked: Asked,
) -> Result<Response, Problem> {
    deliver(&caller, job, "subtitles.vtt", &asked).await
}

async fn deliver(
    caller: &Caller,
    job: JobId,
    file: &str,
    asked: &Asked,
) -> Result<Response, Problem> {
    let arguments = [uuid_parameter(job), file.to_owned().into()];
    let answer = call(JOB_TIMESTAMPS, caller, Class::Read, arguments).await?;
    objects::deliver(answer, asked, Disposition::Inline).await
}
