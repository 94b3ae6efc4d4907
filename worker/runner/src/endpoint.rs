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
use kiskadee_shared::process;
use serde_json::{Map, json};
use tokio::net::TcpListener;

use crate::{RunnerError, pool::Pool, shared::Shared, turns::Age};

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
    let mut gauges = vec![
        ("slots", shared.slots() as f64),
        ("slots_busy", shared.busy_slots() as f64),
        ("jobs_in_flight", shared.in_flight.len() as f64),
        ("leads", f64::from(shared.leads.load(Ordering::Relaxed))),
        ("storage_ok", f64::from(shared.storage_is_ok())),
        ("registered", f64::from(shared.current_session().is_some())),
    ];
    if let Some(free) = shared.storage_free() {
        gauges.push(("storage_free_bytes", free as f64));
    }
    let mut page = shared.metrics.page(&gauges);
    for pool in &shared.pools {
        page.push_str(&pool_lines(pool));
    }
    page.push_str(concat!(
        "# TYPE kiskadee_worker_build_info gauge\nkiskadee_worker_build_info{version=\"",
        env!("CARGO_PKG_VERSION"),
        "\"} 1\n"
    ));
    page.push_str(&process::own_page());
    page.push_str("# TYPE kiskadee_worker_loop_age_seconds gauge\n");
    let ages = shared.config.turns.ages();
    page.extend(ages.iter().map(age_line));
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

fn age_line(Age { name, since, .. }: &Age) -> String {
    let seconds = since.as_secs_f64();
    format!("kiskadee_worker_loop_age_seconds{{loop=\"{name}\"}} {seconds}\n")
}

/// Fails when one of the loops stands still: then only a new process helps.
async fn health(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let ages = shared.config.turns.ages();
    let standing: Vec<&str> = ages
        .iter()
        .filter(|age| age.stands)
        .map(|age| age.name.as_str())
        .collect();
    let (status, word) = if standing.is_empty() {
        (StatusCode::OK, "healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
    };
    let seconds = |age: &Age| (age.name.clone(), json!(age.since.as_secs_f64()));
    let body = json!({
        "status": word,
        "version": env!("CARGO_PKG_VERSION"),
        "standing": standing,
        "loop_age_seconds": ages.iter().map(seconds).collect::<Map<_, _>>(),
    });
    json_answer(status, &body)
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
