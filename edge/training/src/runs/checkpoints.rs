//! What runs leave on their way.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::id::{CheckpointId, RunId, SampleId};
use utoipa::IntoParams;

use super::watching::{parameter, run_id};
use crate::bodies::CheckpointList;

const LIST: &str = caller_sql!("api.list_checkpoints", "$5::int, $6::uuid, $7::uuid");
const EXPORT: &str = caller_sql!("api.export_checkpoint", "$5::uuid");
const DELETE: &str = caller_sql!("api.delete_checkpoint", "$5::uuid");
const SAMPLE: &str = caller_sql!("api.sample_audio", "$5::uuid");

/// The checkpoints that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckpointFilter {
    #[param(ignore)]
    page: Page,
    /// Only those of this run.
    #[param(nullable = false, value_type = String, pattern = "^run_[0-9a-f]{32}$")]
    run_id: Option<RunId>,
}

impl<S: Sync> FromRequestParts<S> for CheckpointFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let filter = Self {
            page: fields.page(),
            run_id: run_id(&mut fields),
        };
        fields.finish()?;
        Ok(filter)
    }
}

/// List checkpoints, the newest first
///
/// Of each run those that stay: the latest, the best, one of each tenth, and those that became voices.
#[utoipa::path(
    get, path = "/training/checkpoints", tag = "Training",
    params(Page, CheckpointFilter),
    responses((status = 200, description = "A page of checkpoints", body = CheckpointList), Protected, WithId, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_checkpoints(caller: Caller, filter: CheckpointFilter) -> Reply {
    let [limit, before] = filter.page.parameters_by_id::<CheckpointId>()?;
    call(
        LIST,
        &caller,
        Class::Read,
        [limit, before, parameter(filter.run_id)],
    )
    .await
}

/// Download the weights of a checkpoint's voice
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/training/checkpoints/{checkpoint_id}/export", tag = "Training",
    params(("checkpoint_id" = String, Path, description = "Id of the checkpoint", pattern = "^checkpoint_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The weights", content_type = "application/octet-stream", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "application/octet-stream", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn export_checkpoint(
    caller: Caller,
    WireId(id): WireId<CheckpointId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(EXPORT, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Attachment).await
}

/// Delete a checkpoint
///
/// Voices that were made of it stay.
#[utoipa::path(
    delete, path = "/training/checkpoints/{checkpoint_id}", tag = "Training",
    params(("checkpoint_id" = String, Path, description = "Id of the checkpoint", pattern = "^checkpoint_[0-9a-f]{32}$")),
    responses((status = 204, description = "The checkpoint is gone"), Protected, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_checkpoint(caller: Caller, WireId(id): WireId<CheckpointId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}

/// Hear what a run spoke on its way
///
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/training/samples/{sample_id}/audio", tag = "Training",
    params(("sample_id" = String, Path, description = "Id of the sample", pattern = "^sample_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The sample", content_type = "audio/wav", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "audio/wav", body = String),
        Protected, WithId, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn sample_audio(
    caller: Caller,
    WireId(id): WireId<SampleId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(SAMPLE, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Inline).await
}
