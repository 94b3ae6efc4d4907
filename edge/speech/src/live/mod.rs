//! Speech that is heard while it is made, in the shape of `OpenAI`'s API, so that its clients work unchanged.
//!
//! The text becomes a job; the audio comes from the worker through the relay and is passed on piece by piece. A caller
//! that goes away takes its place at the relay with it, and the worker stops.

mod events;
mod relay;
mod request;

use axum::response::{IntoResponse, Response};
use kiskadee_edge_kit::{
    Caller, Class, Json, Problem, Settings, caller_sql,
    context::Trace,
    database::{call, row},
    log,
    openapi::{Protected, WithBody},
    request::{
        Body,
        faults::{jsonb, malformed, renamed},
    },
};
use kiskadee_shared::limits::SPEECH_BODY_BYTES;

pub(crate) use self::request::known_model;
use self::{relay::Seat, request::LiveRequest};
use crate::{bodies::LiveSpeechBody, responses::WithAudio, setup::setup};

const CREATE_STREAM: &str = caller_sql!(
    "api.create_stream",
    "$5::jsonb, $6::jsonb, $7::text, $8::jsonb"
);
const RING: &str = "select api.ring()";
/// How the database calls what this route calls otherwise.
const NAMES: [(&str, &str); 3] = [
    ("text", "input"),
    ("voice_id", "voice"),
    ("tts_engine", "model"),
];

/// Speak to a listener
///
/// In the shape of `OpenAI`'s API; its clients work unchanged. The answer begins with the first audio and goes on as more is
/// made. `tts-1`, `tts-1-hd` and `gpt-4o-mini-tts` stand for the preferred engine here, and `OpenAI`'s voices for built-in
/// ones. Bare `pcm` has 24,000 samples a second. With `stream_format` `sse` the audio comes as server-sent events.
#[utoipa::path(
    post, path = "/v1/audio/speech", tag = "Speech",
    request_body = LiveSpeechBody,
    responses(WithAudio, Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn speak(
    caller: Caller,
    Trace(trace): Trace,
    Json(body): Json<Body, SPEECH_BODY_BYTES>,
) -> Result<Response, Problem> {
    let (request, errors) = LiveRequest::read(body);
    let seat = Seat::new(setup().await?);
    let arguments = [
        jsonb(&request.item())?,
        jsonb(&seat.target())?,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    let answer = call(CREATE_STREAM, &caller, Class::Create, arguments).await?;
    if !answer.is_success() {
        return Ok(renamed(answer, &NAMES).into_response());
    }
    let (audio, ()) = futures::join!(seat.listen(), ring());
    Ok(relay::deliver(answer, audio?, &request))
}

/// Without it a worker still finds the job, only a little later.
async fn ring() {
    let Ok(settings) = Settings::get().await else {
        return;
    };
    if row(settings.database_url.expose(), RING, Vec::new())
        .await
        .is_err()
    {
        log::error(
            "the doorbell cannot be rung",
            &"workers will look by themselves",
        );
    }
}
