//! The web pages, the API documents, and the problem document for every path that no component serves.

use std::sync::LazyLock;

use axum::{Router, response::Redirect, routing::get};

mod assets;
mod documents;

/// The routes that the API document lists.
mod listed {
    use crate::documents;

    kiskadee_edge_kit::routes! {
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
    assets::ASSETS
        .iter()
        .fold(listed::router().clone(), |router, asset| {
            let router = match asset.page() {
                Some(path) => with_trailing_slash(router, path),
                None => router,
            };
            if LISTED_ASSETS.contains(&asset.path) {
                return router;
            }
            router.route(asset.path, get(assets::serve))
        })
});

/// A page is known by one address; the other leads there.
fn with_trailing_slash(router: Router, path: &'static str) -> Router {
    if path == "/" {
        return router;
    }
    let redirect = get(async || Redirect::permanent(path));
    router.route(&format!("{path}/"), redirect)
}

/// All routes of the component.
pub fn router() -> &'static Router {
    &ROUTER
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle_open(router(), request).await
}
