//! Files of any size on their way in: announce one, bring its parts in any order or the whole to an address at the store, and
//! complete it. Whoever takes it from there is the family that it is meant for.
//!
//! A part passes through here as a stream and is never held; what it is worth is settled before its first byte is read.

pub mod bodies;

mod parts;
mod request;
mod uploads;

mod listed {
    use crate::{parts, uploads};

    kiskadee_edge_kit::routes! {
        uploads::begin_upload, uploads::list_uploads, uploads::show_upload, uploads::delete_upload,
        parts::store_part, uploads::complete_upload,
    }
}

pub use listed::router;

/// What this component contributes to the `OpenAPI` document: its routes, and what its jobs make.
#[cfg(not(target_family = "wasm"))]
pub fn openapi() -> kiskadee_edge_kit::utoipa::openapi::OpenApi {
    kiskadee_edge_kit::openapi::with_job_result::<bodies::UploadResult>(listed::openapi())
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
