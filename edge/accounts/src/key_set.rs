//! GET /.well-known/jwks.json

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use kiskadee_edge_kit::Context;

/// Long enough to spare requests, short enough for a rotation: the old key stays in the set meanwhile.
const CACHED: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");
const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");

/// The keys that verify tokens
///
/// A JWK set (RFC 7517) of Ed25519 keys. The first one signs now.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "accounts",
    responses((status = 200, description = "The public keys", body = Object, content_type = "application/json"))
)]
pub(crate) async fn show_key_set(context: Context) -> impl IntoResponse {
    ([JSON, CACHED], context.settings.tokens.public_jwks())
}
