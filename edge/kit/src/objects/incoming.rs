//! What callers bring: streamed to the gateway as it comes, or by an address at the store, past both.

use std::sync::OnceLock;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;
use spin_sdk::http::{EmptyBody, send};

use super::gateway::{Gateway, answered, unreachable};
use crate::problem::Problem;

/// RFC 9530: what the content must be.
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// What the gateway says of what it does is short.
const ANSWER_BYTES: usize = 16 << 10;

/// Whether the store has addresses of its own does not change in the life of an instance.
static HAS_ADDRESSES: OnceLock<bool> = OnceLock::new();

/// What of a body has been stored.
#[derive(Debug, Deserialize)]
pub struct Stored {
    pub bytes: u64,
    /// 32 bytes.
    #[serde(deserialize_with = "hex")]
    pub sha256: Vec<u8>,
}

impl Gateway {
    /// Stores a new object of `bytes` bytes as they come: nothing of it is held here. A body that breaks off, or is not what
    /// `digest` says, leaves no object.
    pub async fn put_stream(
        &self,
        key: &str,
        bytes: u64,
        digest: Option<HeaderValue>,
        body: Body,
    ) -> Result<Stored, Problem> {
        let mut request = self
            .request(Method::PUT, &format!("/objects/{key}"))
            .header(header::CONTENT_LENGTH, bytes);
        if let Some(digest) = digest {
            request = request.header(CONTENT_DIGEST, digest);
        }
        let request = request.body(body).map_err(|error| unreachable(&error))?;
        let response = send(request).await.map_err(|error| unreachable(&error))?;
        match response.status() {
            StatusCode::CREATED => read(response.map(Body::new)).await,
            StatusCode::UNPROCESSABLE_ENTITY => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "digest_mismatch",
                "what came is not what `Content-Digest` says; send it again",
            )),
            status => Err(answered(status)),
        }
    }

    /// Whether callers can bring files to the store itself.
    pub async fn has_addresses(&self) -> Result<bool, Problem> {
        if let Some(known) = HAS_ADDRESSES.get() {
            return Ok(*known);
        }
        let has = self.upload_address("uploads/asked").await?.is_some();
        Ok(*HAS_ADDRESSES.get_or_init(|| has))
    }

    /// Where a caller can bring an object: `{"method", "url", "headers", "expires_in_s"}`.
    pub async fn upload_address(&self, key: &str) -> Result<Option<Value>, Problem> {
        let request = self
            .request(Method::POST, &format!("/addresses/{key}"))
            .body(EmptyBody::new())
            .map_err(|error| unreachable(&error))?;
        let response = send(request).await.map_err(|error| unreachable(&error))?;
        match response.status() {
            StatusCode::OK => read(response.map(Body::new)).await.map(Some),
            StatusCode::NO_CONTENT => Ok(None),
            status => Err(answered(status)),
        }
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let body = to_bytes(response.into_body(), ANSWER_BYTES).await;
    let body = body.map_err(|error| unreachable(&error))?;
    serde_json::from_slice(&body).map_err(|error| unreachable(&error))
}

fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.ok_or_else(|| D::Error::custom("not hex digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_read() {
        let stored: Stored = serde_json::from_str("{\"bytes\":3,\"sha256\":\"00ff10\"}").unwrap();
        assert_eq!((stored.bytes, stored.sha256), (3, vec![0, 255, 16]));
        assert!(serde_json::from_str::<Stored>("{\"bytes\":3,\"sha256\":\"0g\"}").is_err());
    }
}
