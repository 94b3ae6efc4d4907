//! The storage gateway: where it is, what is shown to it, and what is asked of it.

use std::sync::OnceLock;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Method, Request, StatusCode, header, request::Builder},
    response::Response,
};
use kiskadee_shared::secret::Secret;
use spin_sdk::http::{EmptyBody, FullBody, send};

use super::asked::Asked;
use crate::{log, problem::Problem, settings};

static GATEWAY: OnceLock<Gateway> = OnceLock::new();
const RETRY_S: u32 = 2;

/// The gateway of the variables `storage_url` and `storage_token`.
#[derive(Debug)]
pub struct Gateway {
    /// Without a slash at the end.
    url: String,
    token: Secret,
}

impl Gateway {
    /// That of this instance.
    pub async fn get() -> Result<&'static Self, Problem> {
        if let Some(gateway) = GATEWAY.get() {
            return Ok(gateway);
        }
        let url = settings::required("storage_url").await?;
        let tokens = settings::required("storage_token").await?;
        let gateway = Self {
            url: url.trim_end_matches('/').to_owned(),
            token: shown(&tokens).to_owned().into(),
        };
        Ok(GATEWAY.get_or_init(|| gateway))
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request for a path of its own, such as `/objects/…`.
    pub fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", self.token.expose()),
            )
    }

    /// Stores a new object.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), Problem> {
        let request = self
            .request(Method::PUT, &format!("/objects/{key}"))
            .body(FullBody::new(content))
            .map_err(|error| unreachable(&error))?;
        let status = send(request)
            .await
            .map_err(|error| unreachable(&error))?
            .status();
        if status.is_success() {
            return Ok(());
        }
        Err(answered(status))
    }

    /// Asks for what of an object is wanted.
    pub(super) async fn fetch(
        &self,
        key: &str,
        asked: &Asked,
        tag: &HeaderValue,
    ) -> Result<Response, Problem> {
        let mut request = self.request(asked.method.clone(), &format!("/objects/{key}"));
        if let Some(range) = asked.range(tag) {
            request = request.header(header::RANGE, range);
        }
        let request = request
            .body(EmptyBody::new())
            .map_err(|error| unreachable(&error))?;
        let response = send(request).await.map_err(|error| unreachable(&error))?;
        Ok(response.map(Body::new))
    }
}

/// Of several tokens, one in each line, the first is shown; the others are there for the gateway, which accepts all.
fn shown(tokens: &str) -> &str {
    tokens.lines().next().unwrap_or_default().trim()
}

/// A gateway that answers something else than was asked for.
pub(super) fn answered(status: StatusCode) -> Problem {
    unreachable(&format!("the gateway answered {status}"))
}

pub(super) fn unreachable(cause: &dyn std::fmt::Display) -> Problem {
    log::error("the storage gateway does not do what it is asked", cause);
    Problem::unavailable("the storage cannot be reached now; try again", RETRY_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_token_is_shown() {
        assert_eq!(shown("one"), "one");
        assert_eq!(shown("one\r\ntwo\n"), "one");
    }
}
