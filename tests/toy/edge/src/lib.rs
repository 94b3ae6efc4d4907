//! The component of the toy family: takes in texts whose words are to be counted, shows them, and serves their page.

pub mod bodies;

mod page;
mod texts;

mod listed {
    use crate::{page, texts};

    kiskadee_edge_kit::routes! { texts::count_text, texts::show_text, page::show_page }
}

pub use listed::router;

/// What this component contributes to the `OpenAPI` document: its routes, and what jobs of its kind make.
#[cfg(not(target_family = "wasm"))]
pub fn openapi() -> kiskadee_edge_kit::utoipa::openapi::OpenApi {
    use kiskadee_edge_kit::openapi::with_job_result;
    with_job_result::<bodies::CountResult>(listed::openapi())
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
