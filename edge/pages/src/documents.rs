//! The API documents and the pages that show them.

use axum::{http::HeaderMap, response::Response};

use crate::assets;

/// This document
///
/// For tools that generate clients, tests or pages from it.
#[utoipa::path(
    get, path = "/openapi.json", tag = "Documents",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = serde_json::Value))
)]
pub(crate) async fn show_openapi(headers: HeaderMap) -> Response {
    assets::answer("/openapi.json", &headers)
}

/// A Postman collection
///
/// To import into Postman or Insomnia: one folder for each area, authenticated by the collection variable `api_key`.
#[utoipa::path(
    get, path = "/postman.json", tag = "Documents",
    responses((status = 200, description = "Collection format 2.1", content_type = "application/json", body = serde_json::Value))
)]
pub(crate) async fn show_postman(headers: HeaderMap) -> Response {
    assets::answer("/postman.json", &headers)
}

/// The API to read and to try
#[utoipa::path(
    get, path = "/docs", tag = "Documents",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
pub(crate) async fn show_swagger_ui(headers: HeaderMap) -> Response {
    assets::answer("/docs", &headers)
}

/// The API on one page, to read
#[utoipa::path(
    get, path = "/redoc", tag = "Documents",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
pub(crate) async fn show_redoc(headers: HeaderMap) -> Response {
    assets::answer("/redoc", &headers)
}
