//! A single text as a job, and the engines that can speak it.

use kiskadee_edge_kit::{
    Caller, Class, IdempotencyKey, Json, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithId},
    request::{
        Body,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::limits::SPEECH_BODY_BYTES;

use crate::{
    bodies::{AudioVoiceList, Model, ModelList, SpeechAnswer, SpeechBody},
    live::known_model,
    request::SpeechRequest,
    setup::setup,
    voices::Name,
};

const CREATE_SPEECH: &str = caller_sql!(
    "api.create_speech",
    "$5::jsonb, $6::text, $7::text, $8::bytea, $9::text, $10::jsonb"
);
const MODELS: &str = caller_sql!("api.models");
const SHOW_MODEL: &str = caller_sql!("api.show_model", "$5::text, $6::bool");
const AUDIO_VOICES: &str = caller_sql!("api.audio_voices");

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

/// Show an engine that can be used now
///
/// One of the list, or a name of `OpenAI`'s, which stands for the preferred engine.
#[utoipa::path(
    get, path = "/v1/models/{model}", tag = "Speech",
    params(("model" = String, Path, description = "Id of the model", min_length = 1, max_length = 64)),
    responses((status = 200, description = "The engine", body = Model), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_model(caller: Caller, WireId(model): WireId<Name>) -> Reply {
    let is_foreign = known_model(model.as_str()).is_some();
    call(
        SHOW_MODEL,
        &caller,
        Class::Read,
        [model.into(), is_foreign.into()],
    )
    .await
}

/// List the voices for clients of `OpenAI`-like servers
///
/// Those that can speak now, the preferred engine's first, up to 1000. `GET /api/v1/voices` tells more of each, page by page.
#[utoipa::path(
    get, path = "/v1/audio/voices", tag = "Voices",
    responses((status = 200, description = "The voices", body = AudioVoiceList), Protected),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_audio_voices(caller: Caller) -> Reply {
    call(AUDIO_VOICES, &caller, Class::Read, []).await
}
