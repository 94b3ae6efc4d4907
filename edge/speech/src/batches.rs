//! Batches: many texts in, their state, one archive out.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, IdempotencyKey, Json, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
};
use kiskadee_shared::{id::BatchId, limits::BATCH_BODY_BYTES};

use crate::{
    asked::Asked,
    bodies::{BatchAnswer, BatchBody, BatchStatus},
    body::Body,
    faults::{in_body, jsonb, malformed},
    request::BatchRequest,
    responses::WithObject,
    setup::setup,
    storage::{self, Disposition},
};

const CREATE_BATCH: &str = caller_sql!(
    "api.create_batch",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);
const BATCH_STATUS: &str = caller_sql!("api.batch_status", "$5::uuid");
const BATCH_DOWNLOAD: &str = caller_sql!("api.batch_download", "$5::uuid");
const BATCH_CANCEL: &str = caller_sql!("api.batch_cancel", "$5::uuid");

/// Speak many texts
///
/// Takes in all texts or none. Poll `status_url`, or have an event sent to `webhook_url`; then download the archive.
#[utoipa::path(
    post, path = "/api/v1/advanced/batch-tts", tag = "Batches",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = BatchBody,
    responses((status = 202, description = "The batch was taken in", body = BatchAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn create_batch(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body, BATCH_BODY_BYTES>,
) -> Reply {
    let (request, errors) = BatchRequest::read(body, setup().await?.private_webhooks);
    let [key, hash] = key.parameters("batch-tts", &request)?;
    let items = jsonb(&request.items())?;
    let arguments = [
        items,
        request.webhook_url.into(),
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(CREATE_BATCH, &caller, Class::Create, arguments).await?,
    ))
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
    storage::deliver(answer, &asked, Disposition::Attachment).await
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
