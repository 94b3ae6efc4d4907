//! The listener of this process' own: its metrics, whether it lives, and whether it takes requests. It answers from the moment at which
//! the port is taken, before components are compiled, and until the process ends. Who asks need not name a host (HTTP/1.0): checks of
//! balancers do not.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;

use super::page;
use crate::{serve::Service, stage::Stage};

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

const ELSE: &str = "here are GET /metrics, /health and /ready\n";

/// Who answers requests, once somebody does.
pub(crate) type Serving = Arc<OnceLock<Arc<Service>>>;

type Answer = Response<Full<Bytes>>;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, serving: Serving) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection for metrics could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let serving = Arc::clone(&serving);
        tokio::spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let serving = Arc::clone(&serving);
                async move { Ok::<_, Infallible>(answer(&request, &serving).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), answer);
            // A scraper that goes away is no event.
            let _ = connection.await;
        });
    }
}

async fn answer(request: &Request<Incoming>, serving: &Serving) -> Answer {
    let service = serving.get().map(Arc::as_ref);
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let text = service.map(page::text).unwrap_or_default();
            body(StatusCode::OK, PROMETHEUS, text)
        }
        (&Method::GET | &Method::HEAD | &Method::OPTIONS, "/health") => document(
            StatusCode::OK,
            &json!({"status": "healthy", "state": state(service)}),
        ),
        // What HAProxy asks where nothing is said.
        (&Method::GET | &Method::HEAD | &Method::OPTIONS, "/ready")
        | (&Method::OPTIONS, "/" | "*") => ready(service).await,
        _ => body(StatusCode::NOT_FOUND, "text/plain", ELSE.to_owned()),
    }
}

fn state(service: Option<&Service>) -> &'static str {
    match service.map(|service| service.stages().now()) {
        None => "starting",
        Some(Stage::Serving) => "ready",
        Some(Stage::Draining) => "draining",
        Some(Stage::Closing) => "closing",
    }
}

/// Whether requests shall be sent here. The databases are told and decide nothing: all edges have the same, and one that answers for
/// them is better than none.
async fn ready(service: Option<&Service>) -> Answer {
    let mut components = Vec::new();
    let mut databases = serde_json::Map::new();
    if let Some(service) = service {
        components.extend(service.components().map(|one| one.name().to_string()));
        for server in service.servers() {
            let word = if server.is_reachable().await {
                "reachable"
            } else {
                "unreachable"
            };
            databases.insert(server.name.clone(), word.into());
        }
    }
    let state = state(service);
    let status = if state == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    document(
        status,
        &json!({"status": state, "components": components, "databases": databases}),
    )
}

fn document(status: StatusCode, document: &serde_json::Value) -> Answer {
    body(status, "application/json", document.to_string())
}

fn body(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
