//! Voice training: datasets of recordings and their words, runs that train voices on them, and what runs leave.

pub mod bodies;

mod datasets;

mod listed {
    use crate::datasets;

    kiskadee_edge_kit::routes! {
        datasets::list_datasets,
    }
}

pub use listed::router;

/// What this component contributes to the `OpenAPI` document: its routes, and what its jobs make.
#[cfg(not(target_family = "wasm"))]
pub fn openapi() -> kiskadee_edge_kit::utoipa::openapi::OpenApi {
    listed::openapi()
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
