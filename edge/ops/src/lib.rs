//! Health, readiness, metrics, monitoring and the API documents; also the landing page, and the problem document for every
//! path that no component serves.

use std::sync::LazyLock;

use axum::{Router, response::Redirect, routing::get};

mod assets;
mod documents;
mod exposition;
mod health;
mod metrics;
mod monitoring;
pub mod schema;
mod settings;

#[cfg(not(target_family = "wasm"))]
pub mod reference;

/// The routes that the API document lists.
mod listed {
    use crate::{documents, health, metrics, monitoring};

    kiskadee_edge_kit::routes! {
        health::show_health,
        health::show_readiness,
        metrics::show_metrics,
        monitoring::show_system,
        monitoring::show_workers,
        monitoring::show_queue,
        documents::show_openapi,
        documents::show_postman,
        documents::show_swagger_ui,
        documents::show_redoc,
    }
}

#[cfg(not(target_family = "wasm"))]
pub use listed::openapi;

/// Handlers of [`documents`] serve these, so that the document lists them.
const LISTED_ASSETS: [&str; 4] = ["/openapi.json", "/postman.json", "/docs", "/redoc"];

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let router = listed::router()
        .clone()
        .route("/docs/", get(async || Redirect::permanent("/docs")))
        .route("/redoc/", get(async || Redirect::permanent("/redoc")));
    let others = assets::ASSETS
        .iter()
        .filter(|asset| !LISTED_ASSETS.contains(&asset.path));
    others.fold(router, |router, asset| {
        router.route(asset.path, get(assets::serve))
    })
});

/// All routes of the component.
pub fn router() -> &'static Router {
    &ROUTER
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
