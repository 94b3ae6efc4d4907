//! The page of the family. It brings no policy of its own: it has nothing that the one of every answer forbids.

use axum::response::Html;

const PAGE: &str = include_str!("page.html");

/// The page
#[utoipa::path(
    get, path = "/toy", tag = "Toy",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
pub(crate) async fn show_page() -> Html<&'static str> {
    Html(PAGE)
}
