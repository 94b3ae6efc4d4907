//! Waits at the relay for the audio of one job, and passes it on.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiskadee_edge_kit::{Answer, FieldError, Problem, log, objects::Gateway};
use kiskadee_shared::{format::StreamFormat, relay::RelayTarget};
use serde::Deserialize;
use serde_json::value::to_raw_value;
use spin_sdk::http::{EmptyBody, send};
use uuid::Uuid;

use super::{events, request::LiveRequest};
use crate::setup::Setup;

/// What the caller should know of the text, by code.
const WARNINGS: HeaderName = HeaderName::from_static("kiskadee-warnings");
const STREAM_SECRET: &str = "stream-secret";
const BUSY_S: u32 = 5;
const AWAY_S: u32 = 2;
const FAILURE_BYTES: usize = 16 * 1024;
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
/// What of the relay's answer is passed on.
const PASSED_ON: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CACHE_CONTROL,
    HeaderName::from_static("kiskadee-engine"),
    HeaderName::from_static("kiskadee-voice"),
];

/// A place at the relay.
pub(super) struct Seat {
    setup: &'static Setup,
    stream: String,
    secret: String,
}

/// Why no audio came, in the relay's words.
#[derive(Deserialize)]
struct Failure {
    rejected: bool,
    message: String,
}

impl Seat {
    pub(super) fn new(setup: &'static Setup) -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            setup,
            stream: random(),
            secret: random() + &random(),
        }
    }

    /// What the worker must know to find this place.
    pub(super) fn target(&self) -> RelayTarget {
        RelayTarget {
            url: self.setup.relay_url.clone(),
            stream: self.stream.clone(),
            secret: self.secret.clone(),
        }
    }

    /// Waits for the first audio.
    pub(super) async fn listen(&self) -> Result<Response, Problem> {
        let request = Gateway::get()
            .await?
            .request(Method::GET, &format!("/streams/{}", self.stream))
            .header(STREAM_SECRET, &self.secret)
            .body(EmptyBody::new())
            .map_err(|error| away(&error))?;
        let response = send(request).await.map_err(|error| away(&error))?;
        match response.status() {
            StatusCode::OK => Ok(response.map(Body::new)),
            StatusCode::BAD_GATEWAY => Err(failure(response.map(Body::new)).await),
            StatusCode::GATEWAY_TIMEOUT => Err(busy()),
            status => Err(away(&format!("the relay answered {status}"))),
        }
    }
}

/// Turns the audio into the answer, which keeps what the database's says of the caller's rate.
pub(super) fn deliver(answer: Answer, audio: Response, request: &LiveRequest) -> Response {
    let mut response = answer.into_response();
    let (head, body) = audio.into_parts();
    for name in PASSED_ON {
        if let Some(value) = head.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(warnings) = request.warnings()
        && let Ok(warnings) = HeaderValue::from_str(&warnings)
    {
        response.headers_mut().insert(WARNINGS, warnings);
    }
    *response.body_mut() = match request.stream_format {
        StreamFormat::Audio => body,
        StreamFormat::Sse => {
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, EVENT_STREAM);
            events::wrap(body, request.characters())
        }
    };
    response
}

async fn failure(response: Response) -> Problem {
    let body = to_bytes(response.into_body(), FAILURE_BYTES)
        .await
        .unwrap_or_default();
    match serde_json::from_slice::<Failure>(&body) {
        Ok(Failure {
            rejected: true,
            message,
        }) => unspeakable(&message),
        Ok(Failure { message, .. }) => {
            Problem::unavailable(format!("the engine failed: {message}; try again"), AWAY_S)
        }
        Err(error) => away(&error),
    }
}

fn unspeakable(message: &str) -> Problem {
    let errors = [FieldError::new("input", message)];
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unspeakable", message);
    match to_raw_value(&errors) {
        Ok(errors) => problem.with_errors(errors),
        Err(_) => problem,
    }
}

fn busy() -> Problem {
    let detail =
        "no worker was free in time; try again, or queue the text by `POST /api/v1/speech`";
    Problem::unavailable(detail, BUSY_S)
}

fn away(cause: &dyn std::fmt::Display) -> Problem {
    log::error("the relay cannot be reached", cause);
    Problem::unavailable("the audio cannot be passed on now; try again", AWAY_S)
}
