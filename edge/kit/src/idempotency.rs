//! The `Idempotency-Key` header: the same key with the same request gives the same answer again.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, request::Parts},
};
use kiskadee_shared::limits::IDEMPOTENCY_KEY_BYTES;
use serde::Serialize;
use sha2::{Digest, Sha256};
use spin_sdk::pg::ParameterValue;

use crate::{log, problem::Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The caller's key, when it sent one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Self(None));
        };
        let bytes = value.as_bytes();
        if !IDEMPOTENCY_KEY_BYTES.contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic)
        {
            return Err(Problem::malformed(
                "`Idempotency-Key` must be 1 to 255 visible ASCII characters",
            ));
        }
        Ok(Self(value.to_str().ok().map(ToOwned::to_owned)))
    }
}

impl IdempotencyKey {
    /// The key and the hash of the request, as two parameters (`text`, `bytea`); nulls without a key.
    ///
    /// The request is hashed as it was understood, so neither white space nor the order of members makes another request of it.
    pub fn parameters(
        self,
        operation: &str,
        request: &impl Serialize,
    ) -> Result<[ParameterValue; 2], Problem> {
        if self.0.is_none() {
            return Ok([ParameterValue::DbNull, ParameterValue::DbNull]);
        }
        let bytes = serde_json::to_vec(request).map_err(|error| {
            log::error("a request cannot be hashed", &error);
            Problem::internal()
        })?;
        Ok(self.parameters_of_bytes(operation, &bytes))
    }

    /// The same for a body that is not JSON: the bytes themselves are hashed.
    pub fn parameters_of_bytes(self, operation: &str, body: &[u8]) -> [ParameterValue; 2] {
        match self.0 {
            Some(key) => [
                ParameterValue::Str(key),
                ParameterValue::Binary(hash(operation, body).to_vec()),
            ],
            None => [ParameterValue::DbNull, ParameterValue::DbNull],
        }
    }
}

fn hash(operation: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(operation)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn extracted(value: &[u8]) -> Result<IdempotencyKey, Problem> {
        let request = Request::builder()
            .header(IDEMPOTENCY_KEY, value)
            .body(())
            .unwrap();
        IdempotencyKey::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[tokio::test]
    async fn only_visible_ascii_is_a_key() {
        assert_eq!(
            extracted(b"order-7").await.unwrap(),
            IdempotencyKey(Some("order-7".into()))
        );
        for bad in [&b""[..], b"two words", b"\xc3\xa4", &[b'x'; 256]] {
            assert_eq!(extracted(bad).await.unwrap_err().status(), 400);
        }
    }

    #[test]
    fn the_hash_tells_operations_and_bodies_apart() {
        assert_eq!(hash("a", b"b"), hash("a", b"b"));
        assert_ne!(hash("a", b"b"), hash("a", b"c"));
        assert_ne!(hash("a", b"b"), hash("ab", b""));
    }

    #[test]
    fn without_a_key_nothing_is_hashed() {
        let parameters = IdempotencyKey(None).parameters("x", &1).unwrap();
        assert!(
            parameters
                .iter()
                .all(|parameter| matches!(parameter, ParameterValue::DbNull))
        );
    }
}
