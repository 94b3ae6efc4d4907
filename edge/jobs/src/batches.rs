//! Batches of every family: list, status, cancel, and the archive of one that is over.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    filters::{BatchFilter, FIND_BATCHES},
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
};
use kiskadee_shared::id::BatchId;

use crate::bodies::{BatchList, BatchStatus};

const BATCH_STATUS: &str = caller_sql!("api.batch_status", "$5::uuid");
const BATCH_DOWNLOAD: &str = caller_sql!("api.batch_download", "$5::uuid");
const BATCH_CANCEL: &str = caller_sql!("api.batch_cancel", "$5::uuid");

/// List batches, the newest first
#[utoipa::path(
    get, path = "/api/v1/batches", tag = "Batches",
    params(Page, BatchFilter),
    responses((status = 200, description = "A page of the caller's batches", body = BatchList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_batches(caller: Caller, filter: BatchFilter) -> Reply {
    call(FIND_BATCHES, &caller, Class::Read, filter.parameters()?).await
}

/// Show the state of a batch
///
/// `completed` means that the archive can be downloaded at once.
#[utoipa::path(
    get, path = "/api/v1/advanced/batch-tts/{batch_id}/status", tag = "Batches",
    params(("batch_id" = String, Path, description = "Id of the batch", pattern = "^batch_[0-9a-f]{32}$")),
    responses((status = 200, description = "The batch and each of its items", body = BatchStatus), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn batch_status(caller: Caller, WireId(id): WireId<BatchId>) -> Reply {
    call(BATCH_STATUS, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Download the archive of a batch
///
/// A ZIP of `audio_001.wav`, `audio_002.wav`, … in the order of the request; items that failed are listed in `errors.json`.
/// Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/api/v1/advanced/batch-tts/{batch_id}/download", tag = "Batches",
    params(("batch_id" = String, Path, description = "Id of the batch", pattern = "^batch_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The archive", content_type = "application/zip", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "application/zip", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn download_batch(
    caller: Caller,
    WireId(id): WireId<BatchId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(BATCH_DOWNLOAD, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Attachment).await
}

/// Cancel a batch
///
/// Cancels what has not started; what runs is finished. Answers with the state after that.
#[utoipa::path(
    post, path = "/api/v1/advanced/batch-tts/{batch_id}/cancel", tag = "Batches",
    params(("batch_id" = String, Path, description = "Id of the batch", pattern = "^batch_[0-9a-f]{32}$")),
    responses((status = 200, description = "The batch and each of its items", body = BatchStatus), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn cancel_batch(caller: Caller, WireId(id): WireId<BatchId>) -> Reply {
    call(BATCH_CANCEL, &caller, Class::Create, [uuid_parameter(id)]).await
}
