//! Health, readiness, metrics and monitoring.

mod exposition;
mod fresh;
mod health;
mod metrics;
mod monitoring;
pub mod schema;
mod settings;

kiskadee_edge_kit::routes! {
    health::show_health,
    health::show_readiness,
    metrics::show_metrics,
    monitoring::show_system,
    monitoring::show_workers,
    monitoring::show_queue,
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
