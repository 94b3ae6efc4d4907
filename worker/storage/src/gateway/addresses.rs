//! Addresses at the store itself, to which a caller brings a file without passing through here.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Shared, unauthorized};
use crate::{StoreError, UploadAddress};

/// As long as an upload lives that nobody touches.
const LIFETIME: Duration = Duration::from_hours(24);
/// What callers may bring so.
const PLACE: &str = "uploads/";

#[derive(Debug, Serialize)]
struct Address {
    method: &'static str,
    url: String,
    headers: BTreeMap<&'static str, &'static str>,
    expires_in_s: u64,
}

impl From<UploadAddress> for Address {
    fn from(address: UploadAddress) -> Self {
        Self {
            method: "PUT",
            url: address.url.into(),
            headers: address.headers.iter().copied().collect(),
            expires_in_s: LIFETIME.as_secs(),
        }
    }
}

/// `POST /addresses/{key}`: 200 with an address, or 204 where the storage has none.
pub(super) async fn sign(
    State(shared): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !shared.tokens.allow(&headers) {
        return unauthorized();
    }
    if !key.starts_with(PLACE) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match shared.store.upload_address(&key, LIFETIME).await {
        Ok(Some(address)) => Json(Address::from(address)).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(StoreError::Key(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(%error, key, "an address could not be signed");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}
