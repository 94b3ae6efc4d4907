//! Takes in what callers hand in: a recording, or a part of an upload. Results are the workers'.

use std::io;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::TryStreamExt;
use http_body_util::{BodyExt, Limited};
use kiskadee_shared::limits::{RECORDING_BODY_BYTES, UPLOAD_PART_BYTES};
use serde::Serialize;
use sha2::{Digest, Sha256, digest::Output};
use tokio_util::io::StreamReader;

use super::{Shared, unauthorized};
use crate::{Store, StoreError};

/// Where callers' own files lie, and how long one request for each may be.
const PLACES: [(&str, usize); 3] = [
    ("datasets/", RECORDING_BODY_BYTES),
    ("recordings/", RECORDING_BODY_BYTES),
    ("uploads/", UPLOAD_PART_BYTES),
];
/// RFC 9530: `sha-256=:` base64 `:`.
const CONTENT_DIGEST: &str = "content-digest";

/// What was stored.
#[derive(Debug, Serialize)]
struct Stored {
    bytes: u64,
    /// 64 hex digits.
    sha256: String,
}

/// `PUT /objects/{key}`: 201 with what was stored, or 422 where it is not what its `Content-Digest` says.
pub(super) async fn store(
    State(shared): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if !shared.tokens.allow(&headers) {
        return unauthorized();
    }
    let Some((_, limit)) = PLACES.iter().find(|(place, _)| key.starts_with(place)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match take_in(&shared.store, &key, body, *limit).await {
        Ok((bytes, digest)) if agrees(&headers, &digest) => {
            let sha256 = format!("{digest:x}");
            (StatusCode::CREATED, Json(Stored { bytes, sha256 })).into_response()
        }
        Ok(_) => refuse(&shared.store, &key).await.into_response(),
        Err(StoreError::Key(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(%error, key, "an object could not be stored");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

/// Streams a body into the storage and answers its size and its SHA-256.
async fn take_in(
    store: &Store,
    key: &str,
    body: Body,
    limit: usize,
) -> Result<(u64, Output<Sha256>), StoreError> {
    let (mut bytes, mut hash) = (0, Sha256::new());
    let content = Limited::new(body, limit).into_data_stream();
    let content = content.inspect_ok(|piece| {
        bytes += piece.len() as u64;
        hash.update(piece);
    });
    let mut content = StreamReader::new(content.map_err(io::Error::other));
    store
        .upload(key, "application/octet-stream", &mut content)
        .await?;
    drop(content);
    Ok((bytes, hash.finalize()))
}

/// Whether the body is what its sender says; one who says nothing agrees with everything.
fn agrees(headers: &HeaderMap, digest: &[u8]) -> bool {
    let said = headers.get(CONTENT_DIGEST);
    let Some(said) = said.and_then(|value| value.to_str().ok()) else {
        return true;
    };
    let ours = format!("sha-256=:{}:", STANDARD.encode(digest));
    let mut members = said.split(',').map(str::trim);
    // Other algorithms are not looked at.
    members.all(|member| !member.starts_with("sha-256=") || member == ours)
}

/// What dies before this is found by the sweep.
async fn refuse(store: &Store, key: &str) -> StatusCode {
    if let Err(error) = store.delete(key).await {
        tracing::warn!(%error, key, "a damaged object could not be deleted");
    }
    StatusCode::UNPROCESSABLE_ENTITY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_held_against_the_content() {
        let digest = Sha256::digest(b"abc");
        let right = format!("sha-256=:{}:", STANDARD.encode(digest));
        for (said, expected) in [
            (right.as_str(), true),
            ("sha-512=:AA==:", true),
            ("sha-256=:AA==:", false),
            (&format!("sha-512=:AA==:, {right}"), true),
        ] {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(CONTENT_DIGEST),
                said.parse().unwrap(),
            )]);
            assert_eq!(agrees(&headers, &digest), expected, "{said}");
        }
        assert!(agrees(&HeaderMap::new(), &digest));
    }
}
