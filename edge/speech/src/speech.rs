//! A single text as a job, and the engines that can speak it.

use kiskadee_edge_kit::{
    Caller, Class, IdempotencyKey, Json, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody},
    request::{
        Body,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::limits::SPEECH_BODY_BYTES;

use crate::{
    bodies::{ModelList, SpeechAnswer, SpeechBody},
    request::SpeechRequest,
    setup::setup,
};

const CREATE_SPEECH: &str = caller_sql!(
    "api.create_speech",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);
const MODELS: &str = caller_sql!("api.models");

/// Speak one text as a job
///
/// Goes before the texts of batches. Poll `status_url`, watch the job's events, or have an event sent to `webhook_url`.
#[utoipa::path(
    post, path = "/api/v1/speech", tag = "Speech",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = SpeechBody,
    responses((status = 202, description = "The job was taken in", body = SpeechAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn create_speech(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body, SPEECH_BODY_BYTES>,
) -> Reply {
    let (request, errors) = SpeechRequest::read(body, setup().await?.private_webhooks);
    let [key, hash] = key.parameters("speech", &request)?;
    let item = jsonb(&request.item())?;
    let arguments = [
        item,
        request.webhook_url.into(),
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(CREATE_SPEECH, &caller, Class::Create, arguments).await?,
    ))
}

/// List the engines that can be used now
///
/// In the shape of `OpenAI`'s list of models, with the languages of each.
#[utoipa::path(
    get, path = "/v1/models", tag = "Speech",
    responses((status = 200, description = "The engines that live workers serve", body = ModelList), Protected),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_models(caller: Caller) -> Reply {
    call(MODELS, &caller, Class::Read, []).await
}
