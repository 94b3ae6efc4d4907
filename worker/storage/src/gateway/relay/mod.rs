//! The relay: audio on its way from the worker that makes it to the edge whose client listens.
//!
//! Workers have no inbound port and components hold no open sockets, so the two meet here: the edge waits with
//! `GET /streams/{stream}`, the worker brings the audio with `PUT`. What a listener has not taken yet waits here, so one
//! that is slow holds up nobody; one that is gone ends the work. What breaks off breaks the answer: only the proper end of what
//! is brought is passed on as one. Of several gateways behind one name each stream has one as its home ([`Peers`]).

mod disk;
mod meeting;
mod peers;
mod spool;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, BodyDataStream},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use self::peers::{Peers, PeersError};
use self::{
    disk::Disk,
    meeting::{Meetings, Offer},
    peers::{Road, at_home},
    spool::{Limits, Reader, SpoolError, Writer, spool},
};
use super::Tokens;

/// The header with the secret of a stream.
pub const STREAM_SECRET: &str = "stream-secret";
/// What describes the audio to the listener; passed through.
pub const DESCRIPTION: [&str; 3] = ["content-type", "kiskadee-engine", "kiskadee-voice"];

/// How long a listener waits for its job to begin: less than the edge host waits for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// What waits for a listener: more than the longest text gives as bare samples lies nowhere.
const LIMITS: Limits = Limits {
    memory: 512 * 1024,
    file: 256 * 1024 * 1024,
    stall: Duration::from_mins(30),
};

/// What waits for all listeners together.
const DISK_BYTES: u64 = 8 << 30;

/// Why there will be no audio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamFailure {
    /// The request itself is to blame.
    pub rejected: bool,
    /// For the listener.
    pub message: String,
}

#[derive(Clone)]
struct Shared {
    meetings: Arc<Meetings>,
    disk: Arc<Disk>,
    tokens: Tokens,
    stop: CancellationToken,
}

/// `tokens` are what listeners must present; those who bring audio show the secret of its stream.
pub(super) fn routes(tokens: Tokens, peers: Peers, stop: CancellationToken) -> Router {
    let meetings = Arc::default();
    Router::new()
        .route("/streams/{stream}", get(listen).put(bring))
        .route("/streams/{stream}/listener", get(listener))
        .route("/streams/{stream}/failure", post(fail))
        .with_state(Shared {
            meetings,
            disk: Disk::new(DISK_BYTES),
            tokens,
            stop,
        })
        .layer(from_fn_with_state(Road::new(peers), at_home))
}

async fn listen(
    State(shared): State<Shared>,
    Path(stream): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !shared.tokens.allow(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(seat) = shared.meetings.wait(stream, secret(&headers)) else {
        return StatusCode::CONFLICT.into_response();
    };
    let offer = tokio::select! {
        offer = timeout(LONGEST_WAIT, seat.offer()) => offer,
        () = shared.stop.cancelled() => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    match offer {
        Ok(Some(Offer::Audio { description, audio })) => (description, body(audio)).into_response(),
        Ok(Some(Offer::Failure(failure))) => {
            (StatusCode::BAD_GATEWAY, Json(failure)).into_response()
        }
        Ok(None) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

fn body(audio: Reader) -> Body {
    Body::from_stream(futures::stream::unfold(audio, async |audio| {
        audio.next().await.map(|piece| (piece, audio))
    }))
}

/// Whether somebody still waits: speaking to nobody is not worth beginning.
async fn listener(
    State(shared): State<Shared>,
    Path(stream): Path<String>,
    headers: HeaderMap,
) -> StatusCode {
    let is_awaited = shared.meetings.is_awaited(&stream, &secret(&headers)).await;
    if is_awaited {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::GONE
    }
}

async fn bring(
    State(shared): State<Shared>,
    Path(stream): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let Some(listener) = shared.meetings.meet(&stream, &secret(&headers)).await else {
        return StatusCode::GONE;
    };
    let (writer, audio) = spool(LIMITS, &shared.disk);
    let description = description(&headers);
    if listener.send(Offer::Audio { description, audio }).is_err() {
        return StatusCode::GONE;
    }
    carry(body.into_data_stream(), writer).await
}

/// The bringer is done when all is here. Every other way out of here leaves the listener a broken answer.
async fn carry(mut body: BodyDataStream, listener: Writer) -> StatusCode {
    loop {
        let piece = tokio::select! {
            piece = body.next() => piece,
            () = listener.closed() => return StatusCode::GONE,
        };
        let pushed = match piece {
            None => {
                listener.finish();
                return StatusCode::NO_CONTENT;
            }
            Some(Err(_)) => return StatusCode::BAD_REQUEST,
            Some(Ok(piece)) => listener.push(piece).await,
        };
        if let Err(error) = pushed {
            return refusal(&error);
        }
    }
}

fn refusal(error: &SpoolError) -> StatusCode {
    match error {
        SpoolError::Gone => StatusCode::GONE,
        SpoolError::Stalled => StatusCode::REQUEST_TIMEOUT,
        SpoolError::File(_) => {
            tracing::error!(%error, "a stream broke off");
            StatusCode::INSUFFICIENT_STORAGE
        }
    }
}

async fn fail(
    State(shared): State<Shared>,
    Path(stream): Path<String>,
    headers: HeaderMap,
    Json(failure): Json<StreamFailure>,
) -> StatusCode {
    let listener = shared.meetings.meet(&stream, &secret(&headers)).await;
    let told = listener.is_some_and(|listener| listener.send(Offer::Failure(failure)).is_ok());
    if told {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::GONE
    }
}

fn secret(headers: &HeaderMap) -> String {
    let secret = headers.get(STREAM_SECRET);
    secret
        .and_then(|secret| secret.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn description(headers: &HeaderMap) -> HeaderMap {
    let mut description: HeaderMap = DESCRIPTION
        .iter()
        .filter_map(|name| Some((name.parse().ok()?, headers.get(*name)?.clone())))
        .collect();
    description.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    description
}
