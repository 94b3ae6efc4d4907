//! The process's own HTTP endpoint: `/metrics`, `/health` and `/ready`.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;

use super::shared::Shared;
use crate::WorkerError;

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, WorkerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| WorkerError::Listen { address, source })
}

/// Serves until the worker has finished, so that a drain can be watched.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let finished = shared.finished.clone();
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state(shared);
    let served = axum::serve(listener, router).with_graceful_shutdown(finished.cancelled_owned());
    if let Err(error) = served.await {
        tracing::warn!(%error, "the metrics endpoint has ended");
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let gauges = [
        ("slots", shared.config.slots as f64),
        ("slots_busy", shared.busy_slots() as f64),
        ("jobs_in_flight", shared.books.len() as f64),
        ("leads", f64::from(shared.leads.load(Ordering::Relaxed))),
        ("storage_ok", f64::from(shared.storage_is_ok())),
        ("registered", f64::from(shared.current_session().is_some())),
    ];
    let page = shared.metrics.page(&gauges);
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        page,
    )
}

async fn health() -> impl IntoResponse {
    json_answer(
        StatusCode::OK,
        &json!({"status": "healthy", "version": env!("CARGO_PKG_VERSION")}),
    )
}

/// Ready to take work: registered, with its storage, and not on its way out.
async fn ready(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let checks = [
        shared.current_session().is_some(),
        shared.storage_is_ok(),
        !shared.stop.is_cancelled(),
    ];
    let is_ready = checks.iter().all(|holds| *holds);
    let [registered, storage, accepting] = checks;
    let body = json!({
        "ready": is_ready,
        "checks": {"registered": registered, "storage": storage, "accepting": accepting},
    });
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json_answer(status, &body)
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> impl IntoResponse + use<> {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
}
