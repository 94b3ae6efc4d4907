//! The storage gateway: objects over HTTP for the edge, whose components touch no storage themselves, and the relay
//! by which speech reaches a listener while it is made.
//!
//! `GET`, `HEAD` and `PUT /objects/{key}` with a bearer token. A local directory's objects are streamed, with single
//! byte ranges; a bucket answers with a signed address, so that its bytes never pass through here.

mod range;
pub mod relay;
mod respond;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::TryStreamExt;
use http_body_util::{BodyExt, Limited};
use kiskadee_shared::limits::RECORDING_BODY_BYTES;
use subtle::ConstantTimeEq;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::{io::StreamReader, sync::CancellationToken};

use crate::{Store, StoreError};

/// How long a signed address is good for.
const ADDRESS_LIFETIME: Duration = Duration::from_mins(15);
/// Where callers' own files lie.
const UPLOADS: &str = "recordings/";
/// How long a shutdown waits for answers that are under way.
const GRACE: Duration = Duration::from_secs(10);

/// What a gateway needs.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
    pub store: Store,
    /// What callers must present; the edge has it as `storage_token`.
    pub token: String,
}

/// A running gateway. Dropping it leaves it running; call [`Gateway::shutdown`].
#[derive(Debug)]
pub struct Gateway {
    local_addr: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

impl Gateway {
    pub async fn start(config: GatewayConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let stop = CancellationToken::new();
        let server = axum::serve(listener, routes(config, stop.clone()))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        Ok(Self {
            local_addr,
            stop,
            server: tokio::spawn(server.into_future()),
        })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Takes no more requests and waits a while for those under way.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

#[derive(Clone)]
struct Shared {
    store: Store,
    token: Arc<str>,
}

fn routes(config: GatewayConfig, stop: CancellationToken) -> Router {
    let shared = Shared {
        store: config.store,
        token: config.token.into(),
    };
    let relay = relay::routes(Arc::clone(&shared.token), stop);
    // `get` serves HEAD as well.
    Router::new()
        .route("/objects/{*key}", get(object).put(store))
        .with_state(shared)
        .merge(relay)
}

async fn object(
    State(shared): State<Shared>,
    method: Method,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_allowed(&headers, &shared.token) {
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Bearer")],
        )
            .into_response();
    }
    match find(&shared.store, method, &key, &headers).await {
        Ok(response) => response,
        // A key that no object can have is a key without an object.
        Err(StoreError::Missing(_) | StoreError::Key(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(%error, key, "an object could not be read");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

/// Only what callers hand in is put here; results are the workers'.
async fn store(
    State(shared): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    if !is_allowed(&headers, &shared.token) {
        return StatusCode::UNAUTHORIZED;
    }
    if !key.starts_with(UPLOADS) {
        return StatusCode::FORBIDDEN;
    }
    let content = Limited::new(body, RECORDING_BODY_BYTES).into_data_stream();
    let mut content = StreamReader::new(content.map_err(io::Error::other));
    match shared
        .store
        .upload(&key, "application/octet-stream", &mut content)
        .await
    {
        Ok(()) => StatusCode::CREATED,
        Err(StoreError::Key(_)) => StatusCode::NOT_FOUND,
        Err(error) => {
            tracing::warn!(%error, key, "an object could not be stored");
            StatusCode::BAD_GATEWAY
        }
    }
}

fn is_allowed(headers: &HeaderMap, token: &str) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    // An empty token would let everyone in who says so.
    given.is_some_and(|given| !token.is_empty() && bool::from(given.ct_eq(token.as_bytes())))
}

async fn find(
    store: &Store,
    method: Method,
    key: &str,
    headers: &HeaderMap,
) -> Result<Response, StoreError> {
    match store
        .signed_address(method.clone(), key, ADDRESS_LIFETIME)
        .await?
    {
        Some(address) => {
            // A signed address of a missing object would move the 404 to a place where the edge cannot word it.
            store.info(key).await?;
            Ok((
                StatusCode::TEMPORARY_REDIRECT,
                [(header::LOCATION, address.to_string())],
            )
                .into_response())
        }
        None => respond::stream(store, &method, key, headers).await,
    }
}
