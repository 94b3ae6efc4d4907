//! The storage gateway: objects over HTTP for the edge, whose components touch no storage themselves, and the relay
//! by which speech reaches a listener while it is made.
//!
//! `GET`, `HEAD` and `PUT /objects/{key}` with a bearer token. A local directory's objects are streamed, with single
//! byte ranges; a bucket answers with a signed address, so that its bytes never pass through here. `POST /addresses/{key}` asks
//! for an address to which a caller may bring a file, where there are such. `GET /health` says that the process lives, to anybody.

mod addresses;
mod incoming;
mod range;
pub mod relay;
mod respond;
mod tokens;

use std::{io, net::SocketAddr, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub use self::tokens::Tokens;
use crate::{Store, StoreError};

/// How long a signed address is good for.
const ADDRESS_LIFETIME: Duration = Duration::from_mins(15);
/// How long a shutdown waits for answers that are under way.
const GRACE: Duration = Duration::from_secs(10);

/// What a gateway needs.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
    pub store: Store,
    /// What callers must present; the edge has it as `storage_token`.
    pub token: Tokens,
    /// The others behind the same name.
    pub peers: relay::Peers,
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
    tokens: Tokens,
}

fn routes(config: GatewayConfig, stop: CancellationToken) -> Router {
    let shared = Shared {
        store: config.store,
        tokens: config.token,
    };
    let relay = relay::routes(shared.tokens.clone(), config.peers, stop);
    // `get` serves HEAD as well.
    Router::new()
        .route("/objects/{*key}", get(object).put(incoming::store))
        .route("/addresses/{*key}", post(addresses::sign))
        .route("/health", get(health))
        .with_state(shared)
        .merge(relay)
}

async fn object(
    State(shared): State<Shared>,
    method: Method,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !shared.tokens.allow(&headers) {
        return unauthorized();
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

fn unauthorized() -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}

/// Whether the process lives: for anybody, and of the storage nothing is said.
async fn health() -> impl IntoResponse {
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    (fresh, Json(json!({"status": "healthy"})))
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
