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

use crate::{RunnerError, pool::Pool, shared::Shared};

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, RunnerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| RunnerError::Listen { address, source })
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
        ("slots", shared.slots() as f64),
        ("slots_busy", shared.busy_slots() as f64),
        ("jobs_in_flight", shared.in_flight.len() as f64),
        ("leads", f64::from(shared.leads.load(Ordering::Relaxed))),
        ("storage_ok", f64::from(shared.storage_is_ok())),
        ("registered", f64::from(shared.current_session().is_some())),
    ];
    let mut page = shared.metrics.page(&gauges);
    for pool in &shared.pools {
        page.push_str(&pool_lines(pool));
    }
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        page,
    )
}

fn pool_lines(pool: &Pool) -> String {
    let (name, slots, busy) = (pool.name, pool.slots, pool.busy());
    format!(
        "kiskadee_worker_pool_slots{{pool=\"{name}\"}} {slots}\nkiskadee_worker_pool_slots_busy{{pool=\"{name}\"}} {busy}\n"
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
