//! Takes in many texts as one batch.

use kiskadee_edge_kit::{
    Caller, Class, IdempotencyKey, Json, Page, Reply,
    batches::BatchList,
    caller_sql,
    context::Trace,
    database::call,
    filters::{BatchFilter, FIND_BATCHES},
    openapi::{Protected, WithBody, WithQuery},
    request::{
        Body,
        faults::{in_list, jsonb, malformed},
    },
};
use kiskadee_shared::limits::BATCH_BODY_BYTES;

use crate::{
    bodies::{BatchAnswer, BatchBody},
    request::BatchRequest,
    setup::setup,
};

const CREATE_BATCH: &str = caller_sql!(
    "api.create_batch",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);

/// List batches, the newest first, where they are taken in
///
/// The same list as `GET /api/v1/batches`.
#[utoipa::path(
    get, path = "/api/v1/advanced/batch-tts", tag = "Batches",
    params(Page, BatchFilter),
    responses((status = 200, description = "A page of the caller's batches", body = BatchList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_speech_batches(caller: Caller, filter: BatchFilter) -> Reply {
    call(FIND_BATCHES, &caller, Class::Read, filter.parameters()?).await
}

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
    Ok(in_list(
        call(CREATE_BATCH, &caller, Class::Create, arguments).await?,
        "texts",
        "text",
    ))
}
